"""Signing keys that took the place of the instance's first one, and which of all are withdrawn."""

from __future__ import annotations

from dataclasses import dataclass, field

from .database import Database


@dataclass(frozen=True)
class StoredKey:
    id: str  #: the ``kid`` of its tokens
    pem: str | None = field(repr=False)  #: None for the first one, which is kept in a file of its own
    is_withdrawn: bool = False


class SigningKeyTable:
    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[StoredKey]:
        """Return them in the order in which they came."""
        rows = self._database.rows("SELECT id, pem, withdrawn FROM signing_keys ORDER BY number")
        return [StoredKey(key_id, pem, bool(withdrawn)) for key_id, pem, withdrawn in rows]

    def add(self, key: StoredKey) -> None:
        self._database.execute("INSERT INTO signing_keys (id, pem, withdrawn) VALUES (?, ?, 0)", [key.id, key.pem])

    def withdraw(self, key_id: str) -> None:
        self._database.execute("UPDATE signing_keys SET withdrawn = 1 WHERE id = ?", [key_id])
