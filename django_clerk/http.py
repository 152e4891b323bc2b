"""The part of a Django request that the core looks at."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest

from .core.request import ClerkRequest
from .core.urls import Url, make_url


def clerk_request(request: HttpRequest) -> ClerkRequest:
    """Return a request as the core sees it."""
    made: ClerkRequest | None = request.__dict__.get("_clerk_request")
    if made is None:
        made = ClerkRequest(request.method or "", request.META, partial(public_url, request))
        request.__dict__["_clerk_request"] = made
    return made


def public_url(request: HttpRequest) -> Url | None:
    """
    Return the URL that the browser asked for, as far as Django trusts what says so; None where it refuses the host.

    SECURE_PROXY_SSL_HEADER, USE_X_FORWARDED_HOST and ALLOWED_HOSTS decide, as everywhere in Django. The path is the one
    on the wire where the server passes it on: Django's own is decoded, and "%2F" in it a slash.
    """
    try:
        host = request.get_host()
    except DisallowedHost:
        return None
    query = request.META.get("QUERY_STRING", "")
    return make_url(request.scheme or "http", host, _raw_path(request), _as_text(query))


def _raw_path(request: HttpRequest) -> str:
    scope: dict[str, Any] = getattr(request, "scope", {})
    raw = scope.get("raw_path") or request.META.get("RAW_URI") or request.META.get("REQUEST_URI")
    text = raw.decode("latin-1") if isinstance(raw, bytes) else raw
    return _as_text(text.partition("?")[0]) if text and text.startswith("/") else request.path


def _as_text(wire: str) -> str:
    """Read bytes that a server has passed on as Latin-1, which PEP 3333 asks for."""
    try:
        return wire.encode("latin-1").decode("utf-8", "replace")
    except UnicodeEncodeError:  # ASGI has read them already
        return wire
