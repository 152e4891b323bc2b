"""Cookies that wait for a back end to fetch them by a nonce."""

from __future__ import annotations

import json
from collections.abc import Sequence

from .database import Database


class Payloads:
    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, nonce: str, directives: Sequence[str], *, now: int, expires_at: int) -> None:
        """Keep ``directives`` until they are taken or ``expires_at`` has come, and throw away what nobody came for."""
        with self._database.transaction():
            self._database.execute("DELETE FROM payloads WHERE expires_at <= ?", [now])
            self._database.execute("INSERT INTO payloads VALUES (?, ?, ?)", [nonce, json.dumps(directives), expires_at])

    def take(self, nonce: str, *, now: int) -> list[str] | None:
        """Return the directives behind a nonce, which is used up by that; None when there are none (left)."""
        with self._database.transaction():
            row = self._database.row("SELECT directives, expires_at FROM payloads WHERE nonce = ?", [nonce])
            self._database.execute("DELETE FROM payloads WHERE nonce = ?", [nonce])
        return None if row is None or row[1] <= now else json.loads(row[0])
