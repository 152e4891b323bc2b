"""An admin that people enter by Clerk, and by a Django password when Clerk cannot help."""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin

from django.contrib.admin import AdminSite
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from django_clerk.answers import link_to
from django_clerk.audit import denied
from django_clerk.core.auth import Auth
from django_clerk.core.policies import Answer, Decision
from django_clerk.identify import identify
from django_clerk.sign_out import end_session, forget_session


class ClerkAdminSite(AdminSite):
    """
    Offers "Sign in with Clerk" beside the password form, and ends the Clerk session when somebody logs out.

    Who is signed in by Clerk, and ``is_staff`` in Django, is simply in. Derive a site of your own from it.
    """

    login_template = "django_clerk/admin/login.html"
    logout_template = "django_clerk/admin/logged_out.html"

    def has_permission(self, request: HttpRequest) -> bool:
        """Tell whether the caller may enter. A password does not get around a ban, or a lock, in Clerk."""
        return super().has_permission(request) and not _is_shut_out(request.user)

    @method_decorator(never_cache)
    @login_not_required
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """
        Show both ways in. Whoever is signed in by Clerk already is let in, or told that they are not staff.

        A password would change nothing for them: two identities never mix, and Clerk's counts.
        """
        if not identify(request).is_signed_in:
            ways = {"clerk_sign_in_url": self._sign_in_url(request), **(extra_context or {})}
            return super().login(request, ways)
        if self.has_permission(request):
            return HttpResponseRedirect(self._index())
        denied(request, Decision(Answer.FORBID, "admin"))
        context = {**self.each_context(request), "title": _("No access"), **(extra_context or {})}
        return TemplateResponse(request, "django_clerk/admin/no_access.html", context, status=403)

    # The stubs know of no redirect, which it is with LOGOUT_REDIRECT_URL.
    def logout(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """End the Clerk session as well, and say so where that was not possible: it would let them in again."""
        if request.method != "POST" or not identify(request).is_signed_in:
            return super().logout(request, extra_context)
        goes_on = {"clerk_session_goes_on": not end_session(request)}
        response = super().logout(request, {**goes_on, **(extra_context or {})})
        forget_session(response)
        return response

    def _sign_in_url(self, request: HttpRequest) -> str:
        wanted = request.POST.get(REDIRECT_FIELD_NAME, request.GET.get(REDIRECT_FIELD_NAME))
        is_safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
        root = f"{request.scheme}://{request.get_host()}/"
        return link_to(request, "sign-in", urljoin(root, wanted if wanted and is_safe else self._index()))

    def _index(self) -> str:
        return reverse("admin:index", current_app=self.name)


def _is_shut_out(user: Any) -> bool:
    """Tell whether somebody who came by password has a row of Clerk's that says no. By Clerk, nobody else comes in."""
    if isinstance(getattr(user, "clerk_auth", None), Auth):
        return False
    row = getattr(user, "clerk", None)
    return row is not None and not row.may_sign_in
