"""The way back from a sign-in page: to this site, or to a satellite that it signs people in for."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

from django_clerk.answers import Page, link_to, sign_in_url, sign_up_url
from django_clerk.conf import conf
from django_clerk.core.urls import write_query

#: What Clerk's components read in a page's query. Source: Clerk's ``packages/clerk-js/src/utils/redirectUrls.ts``.
RETURNS: Final = frozenset(
    {
        "redirect_url",
        "sign_in_force_redirect_url",
        "sign_in_fallback_redirect_url",
        "sign_up_force_redirect_url",
        "sign_up_fallback_redirect_url",
        "after_sign_in_url",
        "after_sign_up_url",
    }
)


def is_return(request: HttpRequest, url: str) -> bool:
    """Tell whether a URL leads to this site, or to one of CLERK_SATELLITE_ORIGINS."""
    hosts = {request.get_host(), *(urlsplit(origin).netloc for origin in conf.CLERK_SATELLITE_ORIGINS)}
    return url_has_allowed_host_and_scheme(url, hosts, require_https=request.is_secure())


def without_strangers(request: HttpRequest) -> str | None:
    """Return this page's URL without the ways back that lead elsewhere, or None when there is none of them."""
    pairs = [(name, value) for name, values in request.GET.lists() for value in values]
    kept = [(name, value) for name, value in pairs if name not in RETURNS or is_return(request, value)]
    if kept == pairs:
        return None
    return f"{request.path}?{write_query(kept)}" if kept else request.path


def sign_in_link(request: HttpRequest, page: Page = "sign-in") -> str:
    """Return a link to the sign-in or sign-up page. Between those two, the way back stays what it was."""
    if not is_sign_in_page(request):
        return link_to(request, page)
    back = request.GET.get("redirect_url", "")
    return link_to(request, page, request.build_absolute_uri(back) if back and is_return(request, back) else "")


def is_sign_in_page(request: HttpRequest) -> bool:
    """Tell whether people sign in or up on this very page, or on a part of it."""
    for url in (sign_in_url(), sign_up_url()):
        parts = urlsplit(url)
        if parts.netloc in ("", request.get_host()) and f"{request.path.rstrip('/')}/".startswith(
            f"{parts.path.rstrip('/')}/"
        ):
            return True
    return False
