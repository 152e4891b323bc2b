"""API keys and tokens of machines. The secrets themselves are not kept."""

from __future__ import annotations

import hashlib
import json

from django_clerk.emulator.documents import Document

from .database import Database


class MachineCredentialTable:
    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, document: Document, *, secret: str) -> None:
        self._database.execute(
            "INSERT INTO machine_credentials VALUES (?, ?, ?)", [document["id"], digest(secret), json.dumps(document)]
        )

    def by_secret(self, secret: str) -> Document | None:
        return self._one("SELECT document FROM machine_credentials WHERE digest = ?", digest(secret))

    def change(self, credential_id: str, changes: Document) -> Document | None:
        """Put ``changes`` into a credential and return it; None when there is none of that id."""
        with self._database.transaction():
            document = self._one("SELECT document FROM machine_credentials WHERE id = ?", credential_id)
            if document is None:
                return None
            document |= changes
            self._database.execute(
                "UPDATE machine_credentials SET document = ? WHERE id = ?", [json.dumps(document), credential_id]
            )
            return document

    def _one(self, sql: str, value: str) -> Document | None:
        row = self._database.row(sql, [value])
        return None if row is None else json.loads(row[0])


def digest(secret: str) -> str:
    """Return what a secret is known by here."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
