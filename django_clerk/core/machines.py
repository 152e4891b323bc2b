"""Credentials of machines: API keys, OAuth access tokens and machine-to-machine tokens, and whom each speaks for."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Literal

from django_clerk.exceptions import InvalidToken

from .jws import LONGEST_TOKEN, UnverifiedToken, parse
from .rules import OAUTH_TYPES

TokenType = Literal["session_token", "api_key", "m2m_token", "oauth_token"]
SESSION: Final = "session_token"
API_KEY: Final = "api_key"
M2M: Final = "m2m_token"
OAUTH: Final = "oauth_token"

SESSIONS_ONLY: Final[tuple[TokenType, ...]] = (SESSION,)

_PREFIXES: Final[Mapping[str, TokenType]] = {"ak_": API_KEY, "mt_": M2M, "oat_": OAUTH}
#: Whom a credential of each type may speak for: a user, an organization, a machine.
_SUBJECTS: Final[Mapping[TokenType, re.Pattern[str]]] = {
    API_KEY: re.compile(r"user_[A-Za-z0-9_-]{1,200}|org_[A-Za-z0-9_-]{1,200}|mch_[A-Za-z0-9_-]{0,200}"),
    M2M: re.compile(r"mch_[A-Za-z0-9_-]{0,200}"),
    OAUTH: re.compile(r"user_[A-Za-z0-9_-]{1,200}"),
}
_LATEST: Final = 10**15  #: whether seconds or milliseconds
#: Claims of a machine-to-machine JWT that are about the token itself, and not for the application.
_REGISTERED: Final = frozenset({"iss", "sub", "exp", "nbf", "iat", "jti"})


@dataclass(frozen=True, slots=True)
class Machine:
    """What Clerk says of a machine credential that is good. It has no session, no role and no factor."""

    token_type: TokenType
    id: str  #: Clerk's id of the credential, empty where the token does not tell
    subject: str  #: whom it speaks for: "user_…", "org_…" or "mch_…"
    scopes: tuple[str, ...] = ()
    claims: Mapping[str, Any] | None = field(default=None, repr=False, hash=False)  #: the application's own
    name: str | None = field(default=None, repr=False)  #: of an API key
    client_id: str | None = None  #: of the OAuth application
    expires_at: float | None = None  #: seconds since the epoch; None: never

    @property
    def user_id(self) -> str | None:
        """The user it acts for, if any."""
        return self.subject if self.token_type != M2M and self.subject.startswith("user_") else None

    @property
    def org_id(self) -> str | None:
        """The organization that owns it, if any."""
        return self.subject if self.token_type == API_KEY and self.subject.startswith("org_") else None

    @property
    def machine_id(self) -> str | None:
        """The machine that sent it, if it is a machine-to-machine token."""
        return self.subject if self.token_type == M2M else None

    def has_scopes(self, scopes: tuple[str, ...]) -> bool:
        """Tell whether it has all of the scopes; False when none is asked for."""
        return bool(scopes) and set(scopes).issubset(self.scopes)


def classify(token: str) -> TokenType:
    """Tell what a token claims to be. Nothing in it is proof of anything; what has no other form is a session token."""
    if len(token) > LONGEST_TOKEN:
        return SESSION
    for prefix, token_type in _PREFIXES.items():
        if token.startswith(prefix):
            return token_type
    try:
        return classify_jwt(parse(token))
    except InvalidToken:
        return SESSION


def classify_jwt(token: UnverifiedToken) -> TokenType:
    """Do what classify() does, for a token that is taken apart already."""
    subject = token.payload.get("sub")
    if isinstance(subject, str) and subject.startswith("mch_"):
        return M2M
    return OAUTH if token.header.get("typ") in OAUTH_TYPES else SESSION


def is_opaque(token: str) -> bool:
    """Tell whether only Clerk can say what a machine credential is worth."""
    return token.startswith(tuple(_PREFIXES))


def read_api_key(document: Mapping[str, Any], *, now: float) -> Machine:
    """Read Clerk's answer about an API key. Raises InvalidToken for one that is revoked, expired, or nobody's."""
    return Machine(
        **_common(API_KEY, document, now, in_milliseconds=True),
        claims=copied(document.get("claims")),
        name=_text(document.get("name")),
    )


def read_m2m_token(document: Mapping[str, Any], *, now: float) -> Machine:
    """Do what read_api_key() does, for a machine-to-machine token."""
    return Machine(**_common(M2M, document, now, in_milliseconds=True), claims=copied(document.get("claims")))


def read_oauth_token(document: Mapping[str, Any], *, now: float) -> Machine:
    """Do what read_api_key() does, for an OAuth access token. Its times alone are in seconds."""
    return Machine(**_common(OAUTH, document, now, in_milliseconds=False), client_id=_text(document.get("client_id")))


#: What to make of Clerk's answer about an opaque credential, by its type.
READERS: Final[Mapping[TokenType, Callable[..., Machine]]] = {
    API_KEY: read_api_key,
    M2M: read_m2m_token,
    OAUTH: read_oauth_token,
}


def read_m2m_claims(payload: Mapping[str, Any]) -> Machine:
    """Read the verified claims of a machine-to-machine JWT. Raises InvalidToken unless they are a machine's."""
    scopes = payload["scopes"] if payload.get("scopes") is not None else payload.get("aud")
    own = {name: value for name, value in payload.items() if name not in _REGISTERED}
    return Machine(
        token_type=M2M,
        id=_text(payload.get("jti")) or "",
        subject=_subject(M2M, payload.get("sub")),
        scopes=_scopes(scopes),
        claims=copied(own or None),
        expires_at=payload["exp"],
    )


def read_oauth_claims(payload: Mapping[str, Any]) -> Machine:
    """Read the verified claims of an OAuth access token (RFC 9068). Raises InvalidToken unless they are a user's."""
    return Machine(
        token_type=OAUTH,
        id=_text(payload.get("jti")) or "",
        subject=_subject(OAUTH, payload.get("sub")),
        scopes=_scopes(payload["scp"] if payload.get("scp") is not None else payload.get("scope")),
        client_id=_text(payload.get("client_id")) or "",
        expires_at=payload["exp"],
    )


def copied(claims: object) -> Mapping[str, Any] | None:
    """Return a copy that nothing else holds, or None for what are no claims: remembered ones serve many requests."""
    return MappingProxyType(copy.deepcopy(dict(claims))) if isinstance(claims, Mapping) else None


def _common(token_type: TokenType, document: Mapping[str, Any], now: float, *, in_milliseconds: bool) -> dict[str, Any]:
    """Return what every document has. Clerk's own SDK looks at no flag, and lets a revoked key in."""
    if document.get("active", True) is not True:
        raise InvalidToken("token-invalid", "The credential is not active.")
    for flag in ("revoked", "expired"):
        if document.get(flag) not in (None, False):
            raise InvalidToken("token-invalid", f"The credential is {flag}.")
    expiration = document.get("expiration")
    if expiration is not None and not (type(expiration) in (int, float) and 0 <= expiration < _LATEST):
        raise InvalidToken("token-invalid", "The credential's expiration is not a time.")
    expires_at = expiration / 1000 if expiration is not None and in_milliseconds else expiration
    if expires_at is not None and expires_at <= now:
        raise InvalidToken("token-invalid", "The credential is expired.")
    return {
        "token_type": token_type,
        "id": _text(document.get("id")) or "",
        "subject": _subject(token_type, document.get("subject")),
        "scopes": _scopes(document.get("scopes")),
        "expires_at": expires_at,
    }


def _subject(token_type: TokenType, subject: object) -> str:
    if not isinstance(subject, str) or not _SUBJECTS[token_type].fullmatch(subject):
        raise InvalidToken("token-invalid", "The credential has no subject, or one of another kind.")
    return subject


def _scopes(value: object) -> tuple[str, ...]:
    """Return the scopes of a list, or of a text with spaces between them. What is malformed grants nothing."""
    listed = value.split(" ") if isinstance(value, str) else value
    return tuple(listed) if isinstance(listed, list) and all(isinstance(scope, str) for scope in listed) else ()


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
