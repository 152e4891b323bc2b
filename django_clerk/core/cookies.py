"""Which cookie counts. Source: Clerk's ``authenticateContext.ts``, section "usesSuffixedCookies"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from . import base64url, strictjson
from .instance import (
    CLIENT_UAT,
    DEV_BROWSER,
    HANDSHAKE,
    HANDSHAKE_NONCE,
    PLAIN,
    REDIRECT_COUNT,
    REFRESH,
    SESSION,
    Instance,
)

_SCHEME = re.compile(r"^https?://")
_LONGEST_COUNT = 20
_SPACE = " \t"  # all that RFC 6265 strips; to Python's strip() other names would be ours as well
_LEADING_INTEGER = re.compile(r"\s*([+-]?[0-9]{1,15})")


class AmbiguousCookie(ValueError):
    """A cookie was sent twice with different values: somebody else may have set one of them."""


def read_cookies(header: str, names: frozenset[str]) -> dict[str, str]:
    """
    Return the cookies of these names from a raw ``Cookie`` header, without empty ones.

    Django keeps the last of two cookies of one name, and unquotes differently; a subdomain could toss one in. Split
    first, decode then: an encoded semicolon ends nothing. Raises AmbiguousCookie.
    """
    found: dict[str, str] = {}
    for pair in header.split(";"):
        name, _, value = pair.partition("=")
        name = name.strip(_SPACE)
        if name not in names:
            continue
        value = _decode(value.strip(_SPACE))
        if found.setdefault(name, value) != value:
            if name != REDIRECT_COUNT:
                raise AmbiguousCookie(name)
            # Ours, without a path: a browser keeps one for each folder of pages. The highest counts.
            found[name] = max(found[name], value, key=_read_count)
    return {name: value for name, value in found.items() if value}


@dataclass(frozen=True, slots=True)
class ClerkCookies:
    """The cookies that speak for this instance."""

    session: str | None = None
    #: seconds; when the browser's sign-in state last changed, 0 when signed out or unknown
    client_uat: int = 0
    dev_browser: str | None = None
    refresh: str | None = None
    handshake: str | None = None
    handshake_nonce: str | None = None
    redirect_count: float = 0  #: how often in a row this browser has been sent to Clerk
    are_suffixed: bool = False


def choose(header: str, instance: Instance | None, *, now: float) -> ClerkCookies:
    """Return the cookies of this instance, suffixed or not. ``now`` is in seconds. Raises AmbiguousCookie."""
    if not header:
        return ClerkCookies()
    cookies = read_cookies(header, instance.cookie_names if instance is not None else PLAIN)
    suffixed = instance is not None and uses_suffixed_cookies(cookies, instance, now=now)

    def get(name: str) -> str | None:
        return cookies.get(instance.suffixed(name) if suffixed and instance is not None else name)

    return ClerkCookies(
        session=get(SESSION),
        client_uat=_read_uat(get(CLIENT_UAT)),
        dev_browser=get(DEV_BROWSER),
        refresh=cookies.get(instance.suffixed(REFRESH)) if instance is not None else None,
        handshake=cookies.get(HANDSHAKE),
        handshake_nonce=cookies.get(HANDSHAKE_NONCE),
        redirect_count=_read_count(cookies.get(REDIRECT_COUNT)),
        are_suffixed=suffixed,
    )


def uses_suffixed_cookies(cookies: Mapping[str, str], instance: Instance, *, now: float) -> bool:
    """Decide which family counts, in Clerk's eight steps. The claims read on the way are proof of nothing else."""
    session, uat = cookies.get(SESSION), cookies.get(CLIENT_UAT)
    suffixed_session = cookies.get(instance.suffixed(SESSION))
    suffixed_uat = cookies.get(instance.suffixed(CLIENT_UAT))
    if session is None and suffixed_session is None and suffixed_uat is None:
        return False
    claims = _peek(session)
    if session is not None:
        issuer = claims.get("iss")
        if not issuer:
            return False
        if not isinstance(issuer, str) or _SCHEME.sub("", issuer) != instance.original_frontend_api:
            return True
    if suffixed_uat is None and suffixed_session is None:
        return False
    suffixed_claims = _peek(suffixed_session)
    if suffixed_uat != "0" and uat != "0" and _number(claims, "iat") > _number(suffixed_claims, "iat"):
        return False
    if suffixed_uat == "0" and uat != "0":
        return False
    if not instance.is_production and suffixed_uat != "0" and uat == "0":
        expires_at = _number(suffixed_claims, "exp")
        if suffixed_session is not None and 0 < expires_at <= int(now):
            return False
    return not (suffixed_uat is None and suffixed_session is not None)


def _decode(value: str) -> str:
    try:
        return unquote(value, errors="strict") if "%" in value else value
    except UnicodeDecodeError:
        return value


def _peek(token: str | None) -> Mapping[str, Any]:
    parts = token.split(".") if token else []
    try:
        claims = strictjson.loads(base64url.decode(parts[1])) if len(parts) == 3 else {}
    except ValueError:
        return {}
    return claims if isinstance(claims, dict) else {}


def _number(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else 0


def _read_uat(value: str | None) -> int:
    match = _LEADING_INTEGER.match(value) if value is not None else None
    return int(match[1]) if match else 0


def _read_count(value: str | None) -> float:
    """Read a number as JavaScript's ``Number()`` does, hexadecimal ones included; what counts nothing is 0."""
    text = (value or "").strip()[:_LONGEST_COUNT]
    try:
        count = float(int(text, 16)) if text[:2].lower() == "0x" else float(text)
    except ValueError:
        return 0
    return count if count > 0 else 0  # nan is not above 0 either, and a negative one would grow for ever
