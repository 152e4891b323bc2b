"""Organizations."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from typing import Any

from django_clerk.emulator.documents import Document

from .database import Database
from .selection import Selection, Taken

_COUNTED = """
SELECT document,
    (SELECT COUNT(*) FROM memberships WHERE organization_id = organizations.id) AS members_count,
    (SELECT COUNT(*) FROM invitations WHERE organization_id = organizations.id AND status = 'pending')
FROM organizations
"""


class OrganizationTable:
    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, document: Document) -> None:
        """Raises Taken when the slug is in use. So does ``change``."""
        try:
            self._database.execute("INSERT INTO organizations VALUES (?, ?, ?, ?, ?)", _row(document))
        except sqlite3.IntegrityError as error:
            raise Taken("slug") from error

    def change(self, organization_id: str, change: Callable[[Document], Document]) -> Document | None:
        """Put ``change(organization)`` in its place and return it; None when there is none of that id."""
        with self._database.transaction():
            document = self.get(organization_id)
            if document is None:
                return None
            changed = change(document)
            try:
                self._database.execute(
                    "UPDATE organizations SET slug = ?, name = ?, created_at = ?, document = ? WHERE id = ?",
                    [*_row(changed)[1:], organization_id],
                )
            except sqlite3.IntegrityError as error:
                raise Taken("slug") from error
            return changed

    def remove(self, organization_id: str) -> Document | None:
        """Remove the organization with its memberships and invitations. Returns what it was, or None."""
        with self._database.transaction():
            document = self.get(organization_id)
            self._database.execute("DELETE FROM memberships WHERE organization_id = ?", [organization_id])
            self._database.execute("DELETE FROM invitations WHERE organization_id = ?", [organization_id])
            self._database.execute("DELETE FROM organizations WHERE id = ?", [organization_id])
            return document

    def get(self, organization_id: str) -> Document | None:
        return self._one("SELECT document FROM organizations WHERE id = ?", organization_id)

    def by_slug(self, slug: str) -> Document | None:
        return self._one("SELECT document FROM organizations WHERE slug = ?", slug)

    def select(self, selection: Selection, *, order: str, limit: int = -1, offset: int = 0) -> list[Document]:
        """Return the selected ones with their counts. ``order`` is an ORDER BY list; a limit below zero means all."""
        sql = _COUNTED + selection.where + " ORDER BY " + order + " LIMIT ? OFFSET ?"
        rows = self._database.rows(sql, [*selection.arguments, limit, offset])
        return [
            {**json.loads(document), "members_count": members, "pending_invitations_count": pending}
            for document, members, pending in rows
        ]

    def count(self, selection: Selection) -> int:
        sql = "SELECT COUNT(*) FROM organizations" + selection.where  # noqa: S608 - the listing's own text
        [(total,)] = self._database.rows(sql, selection.arguments)
        return int(total)

    def _one(self, sql: str, value: str) -> Document | None:
        row = self._database.row(sql, [value])
        return None if row is None else json.loads(row[0])


def _row(document: Document) -> list[Any]:
    return [document["id"], document["slug"], document["name"], document["created_at"], json.dumps(document)]
