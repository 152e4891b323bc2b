"""What the pages' forms have in common: a POST from this very site, and the way back."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse
from django.views.decorators.clickjacking import xframe_options_deny
from django.views.decorators.csrf import csrf_protect

from django_clerk.emulator.guards import local_only

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def page(view: View[P]) -> View[P]:
    """
    Guard a page and its forms.

    Django's CSRF check is asked for here, so that it does not hang on the project's middleware. What a browser sends
    must besides come from this origin, CSRF_TRUSTED_ORIGINS or not: no other site signs anyone in.
    """

    @wraps(view)
    def from_here(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        origin = request.META.get("HTTP_ORIGIN")
        if request.method == "POST" and origin not in (None, own_origin(request)):
            return HttpResponse("This form was sent from another site.", status=403, content_type="text/plain")
        return view(request, *args, **kwargs)

    return local_only(xframe_options_deny(csrf_protect(from_here)))


def own_origin(request: HttpRequest) -> str:
    return f"{request.scheme}://{request.get_host()}"
