"""Invitations, to the application and to organizations. The secrets in their links are not kept."""

from __future__ import annotations

import json
from collections.abc import Callable

from django_clerk.emulator.documents import Document

from .database import Database
from .machines import digest
from .selection import Selection


class InvitationTable:
    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, document: Document, *, secret: str) -> None:
        self._database.execute(
            "INSERT INTO invitations VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                document["id"],
                digest(secret),
                document.get("organization_id"),
                document["email_address"].lower(),
                document["status"],
                document["created_at"],
                json.dumps(document),
            ],
        )

    def get(self, invitation_id: str) -> Document | None:
        return self._one("SELECT document FROM invitations WHERE id = ?", invitation_id)

    def by_secret(self, secret: str) -> Document | None:
        return self._one("SELECT document FROM invitations WHERE digest = ?", digest(secret))

    def change(self, invitation_id: str, change: Callable[[Document], Document]) -> Document | None:
        """Put ``change(invitation)`` in its place and return it; None when there is none of that id."""
        with self._database.transaction():
            document = self.get(invitation_id)
            if document is None:
                return None
            changed = change(document)
            self._database.execute(
                "UPDATE invitations SET status = ?, document = ? WHERE id = ?",
                [changed["status"], json.dumps(changed), invitation_id],
            )
            return changed

    def select(self, selection: Selection, *, order: str, limit: int = -1, offset: int = 0) -> list[Document]:
        """Return the selected ones. ``order`` is an ORDER BY list; a limit below zero stands for all."""
        sql = "SELECT document FROM invitations" + selection.where + " ORDER BY " + order + " LIMIT ? OFFSET ?"  # noqa: S608
        rows = self._database.rows(sql, [*selection.arguments, limit, offset])
        return [json.loads(row[0]) for row in rows]

    def count(self, selection: Selection) -> int:
        sql = "SELECT COUNT(*) FROM invitations" + selection.where  # noqa: S608 - the listing's own text
        [(total,)] = self._database.rows(sql, selection.arguments)
        return int(total)

    def _one(self, sql: str, value: str) -> Document | None:
        row = self._database.row(sql, [value])
        return None if row is None else json.loads(row[0])
