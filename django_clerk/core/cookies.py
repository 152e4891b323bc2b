"""Which cookie counts. Source: Clerk's ``authenticateContext.ts``, section "usesSuffixedCookies"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from . import base64url, strictjson
from .instance import Instance

SESSION, CLIENT_UAT = "__session", "__client_uat"
_SCHEME = re.compile(r"^https?://")
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
            raise AmbiguousCookie(name)
    return {name: value for name, value in found.items() if value}


@dataclass(frozen=True, slots=True)
class SessionCookies:
    """The cookies that speak for this instance."""

    session: str | None
    #: seconds; when the browser's sign-in state last changed, 0 when signed out, None if unknown
    client_uat: int | None


def choose(header: str, instance: Instance | None, *, now: float) -> SessionCookies:
    """Return the session cookie of this instance, suffixed or not. ``now`` is in seconds. Raises AmbiguousCookie."""
    if instance is None:
        plain = read_cookies(header, _PLAIN)
        return SessionCookies(plain.get(SESSION), _read_uat(plain.get(CLIENT_UAT)))
    suffixed_session, suffixed_uat = instance.suffixed(SESSION), instance.suffixed(CLIENT_UAT)
    cookies = read_cookies(header, _PLAIN | {suffixed_session, suffixed_uat})
    if uses_suffixed_cookies(cookies, instance, now=now):
        return SessionCookies(cookies.get(suffixed_session), _read_uat(cookies.get(suffixed_uat)))
    return SessionCookies(cookies.get(SESSION), _read_uat(cookies.get(CLIENT_UAT)))


def uses_suffixed_cookies(cookies: Mapping[str, str], instance: Instance, *, now: float) -> bool:
    """Decide which family counts, in Clerk's eight steps. The claims read on the way are proof of nothing else."""
    session, uat = cookies.get(SESSION), cookies.get(CLIENT_UAT)
    suffixed_session = cookies.get(instance.suffixed(SESSION))
    suffixed_uat = cookies.get(instance.suffixed(CLIENT_UAT))
    claims = _peek(session)
    if session is not None:
        issuer = claims.get("iss")
        if not issuer:
            return False
        if not isinstance(issuer, str) or _SCHEME.sub("", issuer) != instance.frontend_api:
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


_PLAIN = frozenset({SESSION, CLIENT_UAT})


def _decode(value: str) -> str:
    try:
        return unquote(value, errors="strict")
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


def _read_uat(value: str | None) -> int | None:
    if value is None:
        return None
    match = _LEADING_INTEGER.match(value)
    return int(match[1]) if match else 0
