"""One-time codes that were sent by e-mail, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass, field

from .database import Database

KEPT = 1000

_SELECT = "SELECT number, subject, address, purpose, code, status, attempts, created_at, expire_at FROM codes"


@dataclass(frozen=True)
class Code:
    number: int
    subject: str  #: id of what it verifies: a sign-in, a sign-up, a session, an e-mail address
    address: str
    purpose: str  #: what the mail would say
    code: str = field(repr=False)
    status: str  #: "unverified", "verified" or "failed"
    attempts: int  #: how often it was tried
    created_at: int  #: milliseconds, as the next one
    expire_at: int


class Codes:
    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, subject: str, *, address: str, purpose: str, code: str, now: int, expire_at: int) -> None:
        """Keep a code; it takes the place of an earlier one for the same subject."""
        with self._database.transaction():
            self._database.execute(
                "INSERT INTO codes (subject, address, purpose, code, status, attempts, created_at, expire_at)"
                " VALUES (?, ?, ?, ?, 'unverified', 0, ?, ?)",
                [subject, address, purpose, code, now, expire_at],
            )
            self._database.execute("DELETE FROM codes WHERE number <= (SELECT MAX(number) FROM codes) - ?", [KEPT])

    def current(self, subject: str) -> Code | None:
        """Return the code that was sent last for a subject, or None."""
        row = self._database.row(_SELECT + " WHERE subject = ? ORDER BY number DESC LIMIT 1", [subject])
        return None if row is None else Code(*row)

    def record(self, code: Code, *, status: str) -> None:
        """Note that a code was tried, and what it is now."""
        self._database.execute(
            "UPDATE codes SET status = ?, attempts = attempts + 1 WHERE number = ?", [status, code.number]
        )

    def latest(self, limit: int) -> list[Code]:
        """Return the newest first."""
        return [Code(*row) for row in self._database.rows(_SELECT + " ORDER BY number DESC LIMIT ?", [limit])]
