"""What a refused caller gets: people are shown a page, programs are told."""

from __future__ import annotations

import math
import time
from http import HTTPStatus
from typing import Literal, TypeVar
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.core.exceptions import DisallowedRedirect, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render, resolve_url
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from .conf import conf
from .core.cookies import AmbiguousCookie, choose
from .core.machines import OAUTH, TokenType
from .core.policies import Answer, Decision
from .core.redirects import sign_in_redirect
from .core.reverification import Reverification, read_requirement
from .core.urls import is_absolute, with_parameter
from .identify import identify
from .wiring import get_instance

_R = TypeVar("_R")

Page = Literal["sign-in", "sign-up"]

#: Seconds after which asking again can help when Clerk's keys cannot be had.
RETRY_AFTER = 10

#: Schemes of the Authorization header that browsers send by themselves, and "" for no header.
_BROWSERS_OWN = ("", "basic", "digest", "negotiate", "ntlm")


def respond(request: HttpRequest, decision: Decision, *, page: bool | None = None) -> HttpResponse:
    """
    Return the response for a decision that is not ALLOW, as a ``page`` or not, or as the request looks.

    Raises PermissionDenied for a page without CLERK_UNAUTHORIZED_URL, so that the project's own 403 page is shown.
    """
    if not (is_page(request) if page is None else page):
        return respond_to_program(decision)
    if decision.answer is Answer.UNAVAILABLE:
        return unavailable(page=True)
    # Whom Clerk has signed in and Django shuts out, the sign-in page would send back at once, and so on for ever.
    if decision.answer is Answer.SIGN_IN and not identify(request).is_signed_in:
        return redirect_to_sign_in(request)
    if decision.answer is Answer.REVERIFY and decision.reverification is not None:
        return reverification_page(request, decision.reverification)
    if (url := conf.CLERK_UNAUTHORIZED_URL) and urlsplit(page_for_them := resolve_url(url)).path != request.path:
        return HttpResponseRedirect(page_for_them)
    raise PermissionDenied


def respond_to_program(decision: Decision) -> HttpResponse:
    """Return the response to a program for a decision that is not ALLOW."""
    if decision.answer is Answer.UNAVAILABLE:
        return unavailable(page=False)
    if decision.answer is Answer.SIGN_IN:
        return unauthenticated()
    if decision.answer is Answer.REVERIFY and decision.reverification is not None:
        return JsonResponse(reverification_error(decision.reverification), status=HTTPStatus.FORBIDDEN)
    return JsonResponse({"detail": _("You do not have permission to do this.")}, status=HTTPStatus.FORBIDDEN)


def respond_hiding(request: HttpRequest, decision: Decision) -> HttpResponse:
    """Do what respond() does, and raise Http404 for what is forbidden: to this caller it does not exist."""
    if decision.answer is Answer.FORBID:
        raise Http404("There is no such object that belongs to the caller.")
    return respond(request, decision)


def is_page(request: HttpRequest) -> bool:
    """
    Tell whether a browser is loading a page, as opposed to a program calling an API.

    Browsers say so in Sec-Fetch-Dest, where the site has TLS or is local. Without it, a request is a page unless it
    shows that it is not: XHR, htmx, a token in the header, JSON, or an Accept header that prefers something to HTML.
    """
    meta = request.META
    if meta.get("HTTP_HX_REQUEST") or meta.get("HTTP_X_REQUESTED_WITH") == "XMLHttpRequest":
        return False
    if destination := meta.get("HTTP_SEC_FETCH_DEST"):
        return destination in ("document", "iframe")
    scheme = meta.get("HTTP_AUTHORIZATION", "").partition(" ")[0].lower()
    if scheme not in _BROWSERS_OWN or (request.content_type or "").endswith("json"):
        return False
    accept = meta.get("HTTP_ACCEPT")
    if not accept:
        return True
    html, json = accept.find("text/html"), accept.find("application/json")
    return html >= 0 and not 0 <= json < html


def mark_private(response: _R) -> _R:
    """Keep a response that depends on who asked out of shared caches, and out of Django's own around the view."""
    if isinstance(response, HttpResponseBase):
        patch_vary_headers(response, ("Authorization", "Cookie"))
        patch_cache_control(response, private=True)
    return response


def redirect_to_sign_in(request: HttpRequest) -> HttpResponse:
    """Redirect to CLERK_SIGN_IN_URL or Clerk's hosted page, with the way back in ``redirect_url``."""
    back = _way_back(request)
    try:
        response = HttpResponseRedirect(_page_url(request, back))
    except DisallowedRedirect:  # longer than Django lets one be: the query is what is long
        response = HttpResponseRedirect(_page_url(request, back.partition("?")[0]))
    response.headers["Cache-Control"] = "no-store"
    return response


def sign_in_url() -> str:
    """Return where people sign in: CLERK_SIGN_IN_URL, else the instance's hosted page, else LOGIN_URL."""
    if url := conf.CLERK_SIGN_IN_URL:
        return resolve_url(url)
    instance = get_instance()
    return f"{instance.account_portal}/sign-in" if instance is not None else resolve_url(settings.LOGIN_URL)


def sign_up_url() -> str:
    """Return where people sign up: CLERK_SIGN_UP_URL, else the sign-in page's own part for it, else the hosted page."""
    if url := conf.CLERK_SIGN_UP_URL:
        return resolve_url(url)
    if url := conf.CLERK_SIGN_IN_URL:
        page = urlsplit(resolve_url(url))
        return urlunsplit(page._replace(path=f"{page.path.rstrip('/')}/create"))  # Django's own pages end with a slash
    instance = get_instance()
    return f"{instance.account_portal}/sign-up" if instance is not None else sign_in_url()


def link_to(request: HttpRequest, page: Page, back: str | None = None) -> str:
    """Return where a visitor signs in or up, to come back to ``back``: this page unless given, nowhere if empty."""
    return _page_url(request, _way_back(request) if back is None else back, page)


def unauthenticated() -> HttpResponse:
    """One text for every reason: which check a token failed is nobody's business but the log's."""
    detail = _("Sign in, and send a valid session token.")
    return JsonResponse({"detail": detail}, status=HTTPStatus.UNAUTHORIZED, headers={"WWW-Authenticate": "Bearer"})


def refuse_credential(decision: Decision, types: tuple[TokenType, ...], scopes: tuple[str, ...] = ()) -> HttpResponse:
    """Return the response to a program whose credential is not accepted, in the words of RFC 6750."""
    if decision.answer is Answer.UNAVAILABLE:
        return unavailable(page=False)
    if decision.answer is Answer.SIGN_IN:
        body, status, told = {"detail": _("Send a valid credential.")}, HTTPStatus.UNAUTHORIZED, challenge(types)
    else:
        body, status = {"detail": _("You do not have permission to do this.")}, HTTPStatus.FORBIDDEN
        told = f'Bearer error="insufficient_scope", scope="{" ".join(scopes)}"' if scopes else "Bearer"
    return JsonResponse(body, status=status, headers={"WWW-Authenticate": told})


def challenge(types: tuple[TokenType, ...]) -> str:
    """Return the value of WWW-Authenticate. Where OAuth tokens are accepted, it says where a client may get one."""
    instance = get_instance() if OAUTH in types else None
    if instance is None:
        return "Bearer"
    return f'Bearer resource_metadata="https://{instance.frontend_api}/.well-known/oauth-protected-resource"'


def unavailable(page: bool) -> HttpResponse:
    """The session may well be valid; nobody can tell just now."""
    detail = _("Sign-in cannot be checked at the moment. Please try again.")
    response: HttpResponse = HttpResponse(detail, content_type="text/plain; charset=utf-8")
    if not page:
        response = JsonResponse({"detail": detail})
    response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
    response.headers["Retry-After"] = str(RETRY_AFTER)
    return response


def reverification_page(request: HttpRequest, requirement: Reverification) -> HttpResponse:
    """Name what is asked for, to people."""
    level, minutes = read_requirement(requirement) or ("", 0)
    context = {"reverification": requirement, "level": level, "minutes": math.ceil(minutes), "instance": get_instance()}
    return render(request, "django_clerk/reverification_required.html", context, status=HTTPStatus.FORBIDDEN)


def reverification_error(requirement: Reverification) -> dict[str, object]:
    """Return the body that ``useReverification`` of Clerk's front-end SDKs understands."""
    metadata = {"reverification": requirement if isinstance(requirement, str) else dict(requirement)}
    return {"clerk_error": {"type": "forbidden", "reason": "reverification-error", "metadata": metadata}}


def _page_url(request: HttpRequest, back: str, page: Page = "sign-in") -> str:
    target, instance = sign_in_url() if page == "sign-in" else sign_up_url(), get_instance()
    if instance is None or not is_absolute(target):
        return with_parameter(target, "redirect_url", back) if back else target
    try:
        dev_browser = choose(request.META.get("HTTP_COOKIE", ""), instance, now=time.time()).dev_browser
    except AmbiguousCookie:
        dev_browser = None
    # Clerk's hosted page has one for the tasks of a session; a project's own decides what to show by itself.
    is_hosted = page == "sign-in" and conf.CLERK_SIGN_IN_URL is None
    return sign_in_redirect(
        page,
        back or f"{request.scheme}://{request.get_host()}/",
        instance=instance,
        sign_in_url=target,
        sign_up_url=target,
        return_url=back or None,
        dev_browser=dev_browser,
        is_pending=is_hosted and identify(request).session_status == "pending",
    )


def _way_back(request: HttpRequest) -> str:
    """Return this page's URL; for a form that was posted, the page it was on: posting it again is not for us to do."""
    # Not build_absolute_uri(): a path under a prefix without a slash could name another host.
    here = f"{request.scheme}://{request.get_host()}/{request.get_full_path().removeprefix('/')}"
    if request.method in ("GET", "HEAD"):
        return here
    referer = request.META.get("HTTP_REFERER", "")
    on_this_site = url_has_allowed_host_and_scheme(referer, {request.get_host()}, require_https=request.is_secure())
    return referer if on_this_site and urlsplit(referer).netloc else here  # a path would be one of the sign-in site
