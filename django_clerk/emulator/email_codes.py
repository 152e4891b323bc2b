"""One-time codes. Nothing is sent: the inbox page shows what a mail would say."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from hmac import compare_digest

from .documents import Document
from .exchange import Problem
from .store import Code, Codes

TEST_CODE = "424242"  # Clerk's, for its test addresses
_TEST_MARK = "+clerk_test"
_LIFETIME = 10 * 60_000  # milliseconds
_TRIES = 5


class EmailCodes:
    """``clock`` gives milliseconds since the epoch."""

    def __init__(self, table: Codes, *, clock: Callable[[], int]) -> None:
        self._table = table
        self._clock = clock

    def send(self, subject: str, address: str, *, purpose: str) -> None:
        """Make a code for ``subject``, in place of an earlier one. Test addresses, ``…+clerk_test@…``, get 424242."""
        now = self._clock()
        is_test = _TEST_MARK in address.partition("@")[0]
        code = TEST_CODE if is_test else f"{secrets.randbelow(1_000_000):06}"
        self._table.add(subject, address=address, purpose=purpose, code=code, now=now, expire_at=now + _LIFETIME)

    def check(self, subject: str, given: str) -> None:
        """Take a code. Raises Problem with Clerk's error when it is wrong, too late, or one of too many guesses."""
        code = self._table.current(subject)
        if code is None:
            raise Problem.of(400, "verification_not_sent", "not sent", "You need to send a verification code first.")
        if code.status != "unverified":
            raise Problem.of(
                400, "verification_already_verified", "already verified", "This verification has already been used."
            )
        if code.expire_at <= self._clock():
            raise Problem.of(
                400, "verification_expired", "expired", "This verification has expired. Ask for a new code."
            )
        if code.attempts >= _TRIES:
            raise Problem.of(400, "verification_failed", "failed", "Too many failed attempts. Ask for a new code.")
        is_right = compare_digest(code.code.encode(), given.encode("utf-8", "surrogatepass"))
        self._table.record(code, status="verified" if is_right else "unverified")
        if not is_right:
            raise Problem.of(422, "form_code_incorrect", "is incorrect", "Incorrect code", param="code")

    def verification(self, subject: str, *, strategy: str = "email_code") -> Document | None:
        """Return what became of a subject's code, in Clerk's shape; None when none was sent."""
        code = self._table.current(subject)
        if code is None:
            return None
        is_over = code.status == "unverified" and code.expire_at <= self._clock()
        return {
            "object": "verification_otp",
            "status": "expired" if is_over else code.status,
            "strategy": strategy,
            "attempts": code.attempts,
            "expire_at": code.expire_at,
        }

    def latest(self, limit: int) -> list[Code]:
        """Return what was sent, the newest first."""
        return self._table.latest(limit)
