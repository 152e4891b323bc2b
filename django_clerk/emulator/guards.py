"""
Where the local Clerk refuses to run.

It accepts anyone as anyone. Each of these rules alone keeps it out of production: it must be switched on, DEBUG must be
on (or a test must say otherwise), no real key may be about, and it answers this machine only, directly.
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port
from django.utils.http import url_has_allowed_host_and_scheme

from django_clerk.core.instance import Instance
from django_clerk.public import clerk_public

from .credentials import HOST

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
_LIVE_KEYS = ("pk_live_", "sk_live_", "live_")
#: What headers begin with that proxies and tunnels add, and browsers never send.
_PROXY_HEADERS = (
    "HTTP_CDN_LOOP",
    "HTTP_CF_",
    "HTTP_CLIENT_IP",
    "HTTP_FASTLY_",
    "HTTP_FLY_",
    "HTTP_FORWARDED",
    "HTTP_TRUE_CLIENT_IP",
    "HTTP_VIA",
    "HTTP_X_CLIENT_IP",
    "HTTP_X_CLUSTER_CLIENT_IP",
    "HTTP_X_FORWARDED",
    "HTTP_X_ORIGINAL_",
    "HTTP_X_REAL_IP",
)
#: An absolute URL that browsers and libraries read in the same way: nothing but host and port before the path.
_PLAIN_URL = re.compile(
    r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:]+\])(?::[0-9]{1,5})?(?:[/?#][^\x00-\x20\x7f\\]*)?", re.IGNORECASE
)

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


@dataclass(frozen=True)
class Objection:
    """A reason not to run with these settings."""

    id: str
    message: str
    hint: str


def objections() -> Iterator[Objection]:
    """Yield what speaks against running with the settings as they are now."""
    if getattr(settings, "CLERK_EMULATOR", None) is not True:
        yield Objection(
            "clerk_emulator.E001",
            "The local Clerk is not switched on: CLERK_EMULATOR is not True.",
            "Set it in the settings of development and tests only; emulator_settings() does.",
        )
    if not settings.DEBUG and not _tests_may_run():
        yield Objection(
            "clerk_emulator.E002",
            "The local Clerk lets anyone in as anyone, and DEBUG is False.",
            "Test runners switch DEBUG off too: there, set CLERK_EMULATOR_ALLOW_WITHOUT_DEBUG = True. Nowhere else.",
        )
    live = sorted(_settings_with_live_keys())
    if live:
        yield Objection(
            "clerk_emulator.E003",
            f"The local Clerk does not run beside a live key of Clerk's: {', '.join(live)}.",
            "Remove the key, or the emulator.",
        )
    if not _has_own_publishable_key():
        yield Objection(
            "clerk_emulator.E004",
            "CLERK_PUBLISHABLE_KEY is not that of the local Clerk.",
            f"Take it from emulator_settings(); its host is {HOST}.",
        )


def require_permission() -> None:
    """Raise ImproperlyConfigured where the local Clerk must not run. Asked at import of its URLs and at every call."""
    for objection in objections():
        raise ImproperlyConfigured(f"{objection.message} {objection.hint}")


def refuse_real_keys() -> None:
    """Raise ImproperlyConfigured when the local Clerk is switched on beside keys of a real instance: at start-up."""
    if getattr(settings, "CLERK_EMULATOR", None) is True:
        for objection in objections():
            if objection.id in ("clerk_emulator.E003", "clerk_emulator.E004"):
                raise ImproperlyConfigured(f"{objection.message} {objection.hint}")


def refusal(request: HttpRequest) -> str | None:
    """
    Return why a request is not from this machine, or None when it is. Stops DNS rebinding, and tunnels and proxies that
    leave a header of theirs; others cannot be told from a browser.
    """
    if not _is_loopback_address(request.META.get("REMOTE_ADDR", "")):
        return "The local Clerk answers this machine only."
    if any(name.startswith(_PROXY_HEADERS) for name in request.META):
        return "The local Clerk does not answer through a proxy or a tunnel."
    host = split_domain_port(request.META.get("HTTP_HOST") or request.META.get("SERVER_NAME", ""))[0]
    if host.strip("[]") not in LOOPBACK_HOSTS and not (host == "testserver" and _tests_may_run()):
        return "The local Clerk answers to localhost, 127.0.0.1 and [::1] only."
    return None


def local_only(view: View[P]) -> View[P]:
    """
    Let only this machine in, and see to what every view of the local Clerk needs besides.

    Nothing is cached unless the view says so. The project's login requirement and route policy do not apply, for this
    is where people log in. ATOMIC_REQUESTS does not either: the webhooks that a request sets off must find their own
    transaction. No session token is asked for, so ClerkMiddleware sends no browser from here to Clerk: it is there.
    """

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        require_permission()
        why_not = refusal(request)
        if why_not is None:
            response = view(request, *args, **kwargs)
        else:
            response = HttpResponse(why_not, status=403, content_type="text/plain; charset=utf-8")
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    marked: Any = transaction.non_atomic_requests(clerk_public(guarded))
    marked.clerk_accepts = ()
    return marked  # type: ignore[no-any-return]


def safe_target(request: HttpRequest, url: str | None, *, default: str) -> str:
    """Return ``url`` when it leads to this site or to another port of this machine, else ``default``."""
    url = (url or "").strip()
    hosts = {request.get_host()}
    try:
        parts = urlsplit(url)
        if parts.hostname in LOOPBACK_HOSTS and "@" not in parts.netloc:
            hosts.add(parts.netloc)
    except ValueError:
        return default
    return url if url and url_has_allowed_host_and_scheme(url, hosts, require_https=request.is_secure()) else default


def safe_return(request: HttpRequest, url: str | None) -> str | None:
    """Return ``url`` when it is an absolute one that leads to this site or to another port of this machine, or None."""
    return safe_target(request, url, default="") or None if url and _PLAIN_URL.fullmatch(url) else None


def origin_of(url: str) -> str | None:
    """Return the origin of an absolute URL, or None."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return f"{parts.scheme}://{parts.netloc}".lower() if parts.scheme and parts.netloc else None


def _tests_may_run() -> bool:
    return getattr(settings, "CLERK_EMULATOR_ALLOW_WITHOUT_DEBUG", None) is True


def _settings_with_live_keys() -> Iterator[str]:
    """Look in every CLERK_ setting and environment variable: a live key is near, whether or not it is in use."""
    named: list[tuple[str, object]] = [(name, getattr(settings, name)) for name in dir(settings) if "CLERK_" in name]
    named += [(name, value) for name, value in os.environ.items() if "CLERK_" in name]
    for name, value in named:
        values = value if isinstance(value, (list, tuple, set, frozenset)) else (value,)
        if any(isinstance(item, str) and item.strip().startswith(_LIVE_KEYS) for item in values):
            yield name


def _has_own_publishable_key() -> bool:
    key = getattr(settings, "CLERK_PUBLISHABLE_KEY", None) or os.environ.get("CLERK_PUBLISHABLE_KEY")
    if not key:
        return True
    try:
        return Instance.from_publishable_key(key).frontend_api == HOST
    except ValueError:
        return False


def _is_loopback_address(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:  # empty behind a Unix socket, which is what a front-end server uses
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback
