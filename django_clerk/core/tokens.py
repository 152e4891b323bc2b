"""A session token, verified: first what it is, then its signature, then its claims, in Clerk's order."""

from __future__ import annotations

import hashlib
import logging
import re
import time
from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from django_clerk.exceptions import InvalidToken

from . import base64url, strictjson
from .claims import SessionClaims, read_claims
from .jws import LONGEST_TOKEN, UnverifiedToken, parse
from .keys import SigningKeys
from .rules import (
    check_audience,
    check_header,
    check_purpose,
    check_signature,
    check_times,
    failed,
    is_session_id,
    shortened,
)

logger = logging.getLogger("django_clerk")

_USER_ID = re.compile(r"user_[A-Za-z0-9_-]{1,200}")
_MOST_REMEMBERED = 2048
_REPORT_CLOCK_EVERY = 600  #: seconds


class _Remembered(NamedTuple):
    claims: SessionClaims
    begins_at: float  #: seconds; with the clock's skew taken off, and put on below
    ends_at: float
    kid: object
    key: RSAPublicKey


class TokenVerifier:
    """
    Verifies session tokens of one instance.

    A token that was verified once is remembered by its digest until it expires or its key is withdrawn. The order of
    checks and the reasons are those of ``@clerk/backend``; where this is stricter, docs/security.rst says so.
    """

    def __init__(
        self,
        keys: SigningKeys,
        *,
        authorized_parties: Collection[str] = (),
        issuers: Collection[str] = (),
        audience: Collection[str] = (),
        clock_skew: float = 5,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._keys = keys
        self._authorized_parties = frozenset(authorized_parties)
        self._issuers = frozenset(issuers)
        self._audience = frozenset(audience)
        self._clock_skew = clock_skew  #: seconds
        self._clock = clock
        self._remembered: dict[bytes, _Remembered] = {}
        self._clock_reported_at = -float("inf")

    @property
    def offline(self) -> bool:
        """True when verifying never leaves the process."""
        return self._keys.offline

    def verify(
        self, token: str, *, parsed: UnverifiedToken | None = None, wait: bool = True, skew: float = 0
    ) -> SessionClaims:
        """
        Return what a session token says. Raises InvalidToken, or KeysUnavailable when nobody can tell.

        Without ``wait`` nothing is fetched: the keys that are here have to do, as they had to a moment ago. ``skew`` is
        added to the clock's, in seconds. ``parsed`` is the token taken apart, where the caller has done so.
        """
        known = self.recall(token, wait=wait)
        if known is not None:
            return known
        parsed = parsed or parse(token)
        check_purpose(parsed)
        key = self._check_signature(parsed, wait=wait)
        self._check_claims(parsed.payload, self._clock_skew + skew)
        claims = read_claims(parsed.payload)
        begins_at = max(parsed.payload["iat"], parsed.payload.get("nbf", 0)) - self._clock_skew
        ends_at = parsed.payload["exp"] + self._clock_skew
        self._remember(_digest(token), _Remembered(claims, begins_at, ends_at, parsed.header.get("kid"), key))
        return claims

    def recall(self, token: str, *, wait: bool = True) -> SessionClaims | None:
        """Return what a token says that was verified before and still holds; None for any other."""
        digest = _digest(token)
        known = self._remembered.get(digest)
        if known is None:
            return None
        if known.begins_at <= self._clock() < known.ends_at and self._keys.get(known.kid, wait=wait) is known.key:
            return known.claims
        self._remembered.pop(digest, None)
        return None

    def verify_handshake(self, token: str, *, wait: bool = True) -> list[str]:
        """
        Return the cookies that a handshake token brings, as ``Set-Cookie`` lines. Raises as verify() does.

        It has no times and no subject. Whoever could choose a claim of a token of another purpose could set cookies:
        the category is checked, and the key is the instance's.
        """
        parsed = parse(token)
        check_purpose(parsed)
        if "sid" in parsed.payload:  # of the same category, and it may hold claims of the application's own
            raise InvalidToken("token-type-mismatch", "The token is a session token, and not a handshake's.")
        self._check_signature(parsed, wait=wait)
        directives = parsed.payload.get("handshake")
        return [one for one in directives if isinstance(one, str)] if isinstance(directives, list) else []

    def may_wait(self, token: str) -> bool:
        """Tell whether verifying this token could wait for the network, as an event loop must not."""
        if len(token) > LONGEST_TOKEN:
            return False
        try:
            header = strictjson.loads(base64url.decode(token.partition(".")[0]))
        except ValueError:
            return False
        return isinstance(header, dict) and self._keys.may_wait(header.get("kid"))

    def _check_signature(self, token: UnverifiedToken, *, wait: bool) -> RSAPublicKey:
        check_header(token.header)
        key = self._keys.get(token.header.get("kid"), wait=wait)
        check_signature(token, key)
        return key

    def _remember(self, digest: bytes, entry: _Remembered) -> None:
        # Each step is atomic: a lock could be inherited by a forked child, and nobody would ever release it there.
        if len(self._remembered) >= _MOST_REMEMBERED:
            for oldest in list(self._remembered)[: _MOST_REMEMBERED // 2]:
                self._remembered.pop(oldest, None)
        self._remembered[digest] = entry

    def _check_claims(self, payload: Mapping[str, Any], skew: float) -> None:
        subject = payload.get("sub")
        if not isinstance(subject, str) or not subject:
            raise failed("Subject claim (sub) is required and must be a string.")
        if not _USER_ID.fullmatch(subject):
            raise InvalidToken("token-type-mismatch", "The subject (sub) is not a Clerk user.")
        check_audience(payload.get("aud"), self._audience)
        party = payload.get("azp")
        if self._authorized_parties and not (isinstance(party, str) and party in self._authorized_parties):
            raise InvalidToken(
                "token-invalid-authorized-parties",
                f"Invalid JWT Authorized party claim (azp) {shortened(party)}. It is not in CLERK_AUTHORIZED_PARTIES.",
            )
        issuer = payload.get("iss")
        if self._issuers and not (isinstance(issuer, str) and issuer in self._issuers):
            raise InvalidToken(
                "token-invalid-issuer",
                f'Invalid JWT issuer claim (iss) {shortened(issuer)}. Expected "{",".join(sorted(self._issuers))}".',
            )
        self._check_times(payload, skew)
        if not is_session_id(payload.get("sid")):
            # A token made from a JWT template has none, and outlives the session it was made in.
            raise InvalidToken(
                "token-type-mismatch", "The token has no session id (sid), so it is not a session token."
            )

    def _check_times(self, payload: Mapping[str, Any], skew: float) -> None:
        now = self._clock()
        try:
            check_times(payload, now=now, clock_skew=skew)
        except InvalidToken as error:
            ahead = {"token-not-active-yet": "nbf", "token-iat-in-the-future": "iat"}.get(error.reason)
            if ahead is not None:
                self._report_clock(payload[ahead] - now)
            raise

    def _report_clock(self, seconds: float) -> None:
        """Say at times that this machine's clock is slow: Clerk signed the token, so it was made already."""
        now = self._clock()
        if abs(now - self._clock_reported_at) >= _REPORT_CLOCK_EVERY:
            self._clock_reported_at = now
            logger.warning(
                "A session token of Clerk's is %d seconds ahead of this machine, whose clock is slow. It is refused.",
                seconds,
            )


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
