"""
Machine credentials, verified: JWTs by their signature, opaque ones by asking Clerk, as seldom as that can be.

Whoever has no credential can send any number of invented ones, and each would cost a call of the Backend API, whose
rate limit the whole instance shares. So an invented one is remembered for a moment, and only so many of them are asked
about at a time; credentials that were good before are always asked about.
"""

from __future__ import annotations

import hashlib
import time
from collections import deque
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any, Final, NamedTuple, NoReturn

from django_clerk.exceptions import APIError, APINotFound, InvalidToken

from . import machines
from .jws import parse
from .keys import SigningKeys
from .machines import Machine, TokenType
from .rules import OAUTH_TYPES, check_audience, check_header, check_signature, check_times

#: Seconds for which Clerk's word that a credential is good is taken. One that is revoked works for so long at most.
REMEMBER_FOR: Final = 60.0
#: Seconds for which its word that there is no such credential is taken.
REFUSE_FOR: Final = 10.0
#: Unknown credentials that a process asks about in REFUSE_FOR seconds and finds to be none. The next ones have to wait.
MOST_REFUSED: Final = 20
#: Seconds without questions after Clerk could not answer one, unless it named a time itself (429).
QUIET_FOR: Final = 1.0
_LONGEST_QUIET: Final = 60.0
_MOST_REMEMBERED: Final = 2048
_M2M_CATEGORY: Final = "cl_B7d4PD333AAA"


class _Good(NamedTuple):
    machine: Machine
    until: float  #: on the monotonic clock


class _Refused(NamedTuple):
    reason: str
    message: str
    until: float  #: on the monotonic clock


class MachineTokenVerifier:
    """
    Verifies the machine credentials of one instance.

    ``fetch`` gets the type and the text of an opaque credential and returns Clerk's document about it, or raises an
    APIError. It is called on the path of a request, and bounds its own duration.
    """

    def __init__(
        self,
        keys: SigningKeys,
        fetch: Callable[[TokenType, str], Mapping[str, Any]],
        *,
        audience: Collection[str] = (),
        clock_skew: float = 5,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._keys = keys
        self._fetch = fetch
        self._audience = frozenset(audience)
        self._clock_skew = clock_skew  #: seconds
        self._clock = clock
        self._monotonic = monotonic
        self._good: dict[bytes, _Good] = {}
        self._refused: dict[bytes, _Refused] = {}
        self._refused_at: deque[float] = deque(maxlen=MOST_REFUSED)
        self._asking: dict[bytes, float] = {}  #: unknown ones that Clerk is being asked about, and since when
        self._quiet: _Refused | None = None  #: for all of them

    def verify(self, token: str, token_type: TokenType) -> Machine:
        """
        Return what Clerk says of a credential of this type, as ``machines.classify()`` tells it.

        Raises InvalidToken with "token-invalid" (none, revoked or expired), "token-verification-failed" (a JWT that is
        not good), "secret-key-invalid" or "unexpected-error" (Clerk cannot be asked); and KeysUnavailable when nobody
        can tell whether a JWT is good.
        """
        if token_type == machines.SESSION or machines.classify(token) != token_type:
            raise InvalidToken("token-type-mismatch", "The credential is of another type.")
        return self._ask(token, token_type) if machines.is_opaque(token) else self._verify_jwt(token, token_type)

    def _verify_jwt(self, token: str, token_type: TokenType) -> Machine:
        parsed = parse(token)
        is_oauth = token_type == machines.OAUTH
        if not is_oauth and parsed.header.get("cat", _M2M_CATEGORY) != _M2M_CATEGORY:
            raise InvalidToken("token-invalid", "Invalid M2M JWT category.")
        try:
            check_header(parsed.header, OAUTH_TYPES if is_oauth else ("JWT",))
            check_signature(parsed, self._keys.get(parsed.header.get("kid")))
            check_times(parsed.payload, now=self._clock(), clock_skew=self._clock_skew)
            if is_oauth:
                self._check_oauth_audience(parsed.payload.get("aud"))
                return machines.read_oauth_claims(parsed.payload)
            check_audience(parsed.payload.get("aud"), self._audience)
            return machines.read_m2m_claims(parsed.payload)
        except InvalidToken as error:
            raise InvalidToken("token-verification-failed", str(error)) from error

    def _check_oauth_audience(self, audience: object) -> None:
        """An OAuth token is given to another party's application: without an audience, it is for anybody's API."""
        if not self._audience:
            return
        offered = audience if isinstance(audience, list) else [audience]
        if not offered or not all(isinstance(one, str) and one for one in offered):
            raise InvalidToken(
                "token-verification-failed",
                "Invalid OAuth audience claim (aud). Expected a non-empty string or a non-empty array of non-empty "
                "strings.",
            )
        check_audience(offered, self._audience)

    def _ask(self, token: str, token_type: TokenType) -> Machine:
        digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        now = self._monotonic()
        known = self._good.get(digest)
        if known is not None and now < known.until and not self._has_expired(known.machine):
            return _private(known.machine)
        refused = self._refused.get(digest)
        if refused is not None and now < refused.until:
            raise InvalidToken(refused.reason, refused.message)
        self._check_patience(is_known=known is not None)
        if known is None:
            self._asking[digest] = now
        try:
            document = self._fetch(token_type, token)
            machine = machines.READERS[token_type](document, now=self._clock())
            if token_type == machines.OAUTH:
                self._check_oauth_audience(document.get("aud"))
        except APIError as error:
            self._give_up(digest, error, is_known=known is not None)
        except InvalidToken as error:
            self._refuse(digest, error, REFUSE_FOR)
        finally:
            self._asking.pop(digest, None)
        self._remember(digest, _Good(machine, self._monotonic() + REMEMBER_FOR))
        return _private(machine)

    def _has_expired(self, machine: Machine) -> bool:
        return machine.expires_at is not None and machine.expires_at <= self._clock()

    def _check_patience(self, *, is_known: bool) -> None:
        """Raise InvalidToken when Clerk is not to be asked just now."""
        now = self._monotonic()
        quiet = self._quiet
        if quiet is not None and now < quiet.until:
            raise InvalidToken(quiet.reason, quiet.message)
        if is_known:
            return
        # What is being asked about counts as well, or a burst would be asked about as a whole; by its time, because a
        # forked child inherits questions that nobody there will ever see answered.
        lately = [*list(self._refused_at), *list(self._asking.values())]
        if sum(now - at < REFUSE_FOR for at in lately) >= MOST_REFUSED:
            raise InvalidToken("unexpected-error", "Too many unknown credentials; Clerk is not asked about this one.")

    def _give_up(self, digest: bytes, error: APIError, *, is_known: bool) -> NoReturn:
        """
        Raise what comes of an answer that is none.

        Where the answer could not be about the credential, nobody asks again for a moment: each would wait for it.
        Where it could, whoever sent the credential must not keep the others from being asked about.
        """
        if error.status == 404:
            text = "" if isinstance(error, APINotFound) else " Is CLERK_API_URL that of Clerk's Backend API?"
            self._refuse(digest, InvalidToken("token-invalid", f"Clerk knows no such credential.{text}"), REFUSE_FOR)
        reason = "secret-key-invalid" if error.status == 401 else "unexpected-error"
        if error.status in (None, 429):  # no answer, or too many questions
            seconds = min(max(error.retry_after or 0, QUIET_FOR), _LONGEST_QUIET)
            self._quiet = _Refused(reason, str(error), self._monotonic() + seconds)
            raise InvalidToken(reason, str(error)) from error
        self._refuse(digest, InvalidToken(reason, str(error)), QUIET_FOR, is_known=is_known)

    def _refuse(self, digest: bytes, error: InvalidToken, seconds: float, *, is_known: bool = False) -> NoReturn:
        now = self._monotonic()
        if not is_known:
            self._refused_at.append(now)
            self._good.pop(digest, None)
        if len(self._refused) >= _MOST_REMEMBERED:
            self._refused.clear()
        self._refused[digest] = _Refused(error.reason, str(error), now + seconds)
        raise error

    def _remember(self, digest: bytes, entry: _Good) -> None:
        # Each step is atomic: a lock could be inherited by a forked child, and nobody would ever release it there.
        if len(self._good) >= _MOST_REMEMBERED:
            for oldest in list(self._good)[: _MOST_REMEMBERED // 2]:
                self._good.pop(oldest, None)
        self._good[digest] = entry


def _private(machine: Machine) -> Machine:
    """Return a machine whose claims are this request's own, whatever a view does with them."""
    return machine if machine.claims is None else replace(machine, claims=machines.copied(machine.claims))
