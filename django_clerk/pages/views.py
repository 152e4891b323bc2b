"""Ready-made sign-in and sign-up pages. A project gives them its own looks by overriding their templates."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_deny
from django.views.decorators.http import require_safe

from django_clerk.public import clerk_public

from .returns import without_strangers


@clerk_public
@never_cache
@xframe_options_deny
@require_safe
def sign_in(request: HttpRequest, step: str = "") -> HttpResponse:
    """Show ``django_clerk/sign_in.html``. ``step`` is a part of the page that only Clerk's component looks at."""
    return _page(request, "django_clerk/sign_in.html", "clerk_sign_in")


@clerk_public
@never_cache
@xframe_options_deny
@require_safe
def sign_up(request: HttpRequest, step: str = "") -> HttpResponse:
    """Show ``django_clerk/sign_up.html``."""
    return _page(request, "django_clerk/sign_up.html", "clerk_sign_up")


def _page(request: HttpRequest, template: str, url_name: str) -> HttpResponse:
    if (cleaned := without_strangers(request)) is not None:
        return HttpResponseRedirect(cleaned)
    # The place of the component, which keeps its steps below it; without the slash, as Clerk writes it.
    return render(request, template, {"path": reverse(url_name).rstrip("/")})
