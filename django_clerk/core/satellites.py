"""
Applications on several domains with one sign-in.

Source: Clerk's ``request.ts``, the parts on satellites and on cross-origin requests.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from .cookies import ClerkCookies
from .handshake import RETURN_URL, SYNCED
from .instance import DEV_BROWSER, Instance
from .request import ClerkRequest
from .site import Site
from .urls import read_url, with_parameter

_END_OF_AUTHORITY = re.compile(r"[/\\?#]")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_DEV_PORTALS = (".accounts.dev", ".accountsstage.dev", ".accounts.lclclerk.com")
_OLD_DEV_PORTALS = (".lcl.dev", ".lclstage.dev", ".lclclerk.com")


def sign_in_url(request: ClerkRequest, site: Site) -> str | None:
    """Return where a satellite in development gets its session; None in production, where a handshake does."""
    if site.instance is None or site.instance.is_production or request.url is None:
        return None
    return with_parameter(site.sign_in_url, RETURN_URL, str(request.url))


def return_url(request: ClerkRequest, site: Site, dev_browser: str | None) -> str | None:
    """
    Return where a primary domain in development sends a browser that a satellite has sent; None if none has.

    Only to the satellites that the project names: whoever writes a link could name another address, and would be sent
    the token of the development browser.
    """
    named = request.query(RETURN_URL)
    if not named or not site.satellite_origins:
        return None
    try:
        target = read_url(named)
    except ValueError:
        return None
    if target.origin not in site.satellite_origins:
        return None
    if dev_browser:
        target = target.having(DEV_BROWSER, dev_browser)
    return str(target.having(SYNCED, "true"))


def comes_from_elsewhere(request: ClerkRequest, site: Site, cookies: ClerkCookies) -> bool:
    """Tell whether a page of another domain leads here, which may know of a newer session than this one's cookies."""
    instance, referer = site.instance, request.meta.get("HTTP_REFERER")
    if instance is None or instance.is_satellite or not referer or not request.is_document or cookies.redirect_count:
        return False
    origin = _origin_of(referer)
    if origin is None or request.url is None or origin == request.url.origin:
        return False
    return not _is_clerks(origin, instance, request.url.origin)


def _origin_of(referer: str) -> str | None:
    scheme, slashes, rest = referer.strip().partition("://")
    authority = _END_OF_AUTHORITY.split(rest, maxsplit=1)[0]
    try:
        return read_url(f"{scheme}{slashes}{authority.rpartition('@')[2]}").origin
    except ValueError:
        return "null" if _SCHEME.match(referer) and not referer.lower().startswith("http") else None


def _is_clerks(origin: str, instance: Instance, own_origin: str) -> bool:
    host = urlsplit(origin).hostname or ""
    if host == urlsplit(instance.effective_frontend_api(own_origin)).hostname or (
        origin == instance.account_portal and not instance.proxy_url
    ):
        return True
    if instance.is_production:
        return False
    is_current = any(host.endswith(end) and not host.endswith(f".clerk{end}") for end in _DEV_PORTALS)
    return is_current or (host.startswith("accounts.") and host.endswith(_OLD_DEV_PORTALS))
