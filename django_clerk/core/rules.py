"""What a token of Clerk's must be to be believed: the checks that every kind of token shares, and what a session is."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import datetime, timezone
from typing import Any, TypeGuard

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import RSAAlgorithm

from django_clerk.exceptions import InvalidToken

from .jws import UnverifiedToken

_RS256 = RSAAlgorithm(RSAAlgorithm.SHA256)
#: ``cat`` of the tokens that may be a session, unless they have none: Clerk's session class and "no information" class.
#: JWT templates, machine tokens and OAuth tokens are signed with the same key and are not sessions.
_SESSION_CATEGORIES = ("cl_B7d4PD111AAA", "cl_I7d4PD111III")
#: ``typ`` of an OAuth access token that is a JWT (RFC 9068).
OAUTH_TYPES = ("at+jwt", "application/at+jwt")
_SESSION_ID = re.compile(r"sess_[A-Za-z0-9_-]{1,200}")
_LATEST_TIME = 10**11  #: seconds; what is later was meant as milliseconds


def check_purpose(token: UnverifiedToken) -> None:
    """Refuse what Clerk signs for another purpose. All of it is signed with the key of the instance."""
    header, subject = token.header, token.payload.get("sub")
    if (
        header.get("typ") in OAUTH_TYPES
        or ("cat" in header and header["cat"] not in _SESSION_CATEGORIES)
        or (isinstance(subject, str) and subject.startswith("mch_"))
    ):
        raise InvalidToken("token-type-mismatch", "The token is not a session token.")


def check_header(header: Mapping[str, Any], types: tuple[str, ...] = ("JWT",)) -> None:
    """Raise InvalidToken unless a header has one of the types, or none, and asks for RS256 and nothing else."""
    if header.get("typ", types[0]) not in types:
        raise InvalidToken("token-invalid", f'Invalid JWT type {shortened(header.get("typ"))}. Expected "{types[0]}".')
    if header.get("alg") != "RS256":
        raise InvalidToken(
            "token-invalid-algorithm", f"Invalid JWT algorithm {shortened(header.get('alg'))}. Supported: RS256."
        )
    if not header.keys().isdisjoint(("crit", "b64", "zip")):
        raise InvalidToken("token-invalid", "The token asks for an extension of JWS that is not supported.")


def check_signature(token: UnverifiedToken, key: RSAPublicKey) -> None:
    """Raise InvalidToken unless the key signed the token."""
    if not _RS256.verify(token.signing_input, key, token.signature):
        raise InvalidToken("token-invalid-signature", "JWT signature is invalid.")


def check_audience(audience: object, accepted: Collection[str]) -> None:
    """Raise InvalidToken when a token is for others. One that is for nobody in particular is for us as well."""
    if not accepted or audience in (None, "", []):
        return
    offered = audience if isinstance(audience, list) else [audience]
    if not any(isinstance(one, str) and one in accepted for one in offered):
        raise failed("Invalid JWT audience claim (aud). It is not in CLERK_AUDIENCE.")


def check_times(payload: Mapping[str, Any], *, now: float, clock_skew: float) -> None:
    """Raise InvalidToken unless a token is valid now: ``exp`` and ``iat`` are required, ``nbf`` is not."""
    expires_at = _time(payload, "exp")
    if expires_at <= now - clock_skew:
        raise InvalidToken("token-expired", f"JWT is expired. {_dates('Expiry', expires_at, now)}")
    if "nbf" in payload and (not_before := _time(payload, "nbf")) > now + clock_skew:
        raise InvalidToken(
            "token-not-active-yet",
            "JWT cannot be used prior to not before date claim (nbf). " + _dates("Not before", not_before, now),
        )
    if (issued_at := _time(payload, "iat")) > now + clock_skew:
        raise InvalidToken(
            "token-iat-in-the-future",
            "JWT issued at date claim (iat) is in the future. " + _dates("Issued at", issued_at, now),
        )


def _time(payload: Mapping[str, Any], claim: str) -> int:
    value = payload.get(claim)
    if type(value) is not int or not 0 <= value < _LATEST_TIME:  # True is an int to Python
        raise failed(
            f"Invalid JWT date claim ({claim}) {shortened(value)}. Expected seconds since 1970, as an integer."
        )
    return value


def is_session_id(value: object) -> TypeGuard[str]:
    """Tell whether this is a session's id."""
    return isinstance(value, str) and _SESSION_ID.fullmatch(value) is not None


def failed(message: str) -> InvalidToken:
    """Return the error for a token that is signed and says something wrong."""
    return InvalidToken("token-verification-failed", message)


def shortened(value: object) -> str:
    """Return a claim as an error may show it."""
    return ascii(value)[:100]


def _dates(name: str, moment: float, now: float) -> str:
    def text(seconds: float) -> str:
        return datetime.fromtimestamp(seconds, timezone.utc).strftime("%a, %d %b %Y %H:%M:%S GMT")

    return f"{name} date: {text(moment)}, Current date: {text(now)}."
