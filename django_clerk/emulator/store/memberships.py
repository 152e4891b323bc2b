"""Who belongs to which organization. A membership is read together with both."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable

from django_clerk.emulator.documents import Document

from .database import Database
from .selection import Selection, Taken

#: A membership with its organization and its user, as documents.
Joined = tuple[Document, Document, Document]

_JOINED = """
SELECT m.document, o.document, u.document FROM memberships AS m
JOIN organizations AS o ON o.id = m.organization_id JOIN users AS u ON u.id = m.user_id
"""
_ONE = " WHERE m.organization_id = ? AND m.user_id = ?"


class MembershipTable:
    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, document: Document, *, organization_id: str, user_id: str) -> None:
        """Raises Taken when the user is a member already."""
        try:
            self._database.execute(
                "INSERT INTO memberships VALUES (?, ?, ?, ?, ?, ?)",
                [
                    document["id"],
                    organization_id,
                    user_id,
                    document["role"],
                    document["created_at"],
                    json.dumps(document),
                ],
            )
        except sqlite3.IntegrityError as error:
            raise Taken("user_id") from error

    def change(self, organization_id: str, user_id: str, change: Callable[[Document], Document]) -> Joined | None:
        """Put ``change(membership)`` in its place and return it; None when the user is no member."""
        with self._database.transaction():
            found = self.get(organization_id, user_id)
            if found is None:
                return None
            changed = change(found[0])
            self._database.execute(
                "UPDATE memberships SET role = ?, document = ? WHERE id = ?",
                [changed["role"], json.dumps(changed), changed["id"]],
            )
            return changed, found[1], found[2]

    def remove(self, organization_id: str, user_id: str) -> Joined | None:
        """Remove a membership. Returns what it was, or None."""
        with self._database.transaction():
            found = self.get(organization_id, user_id)
            self._database.execute(
                "DELETE FROM memberships WHERE organization_id = ? AND user_id = ?", [organization_id, user_id]
            )
            return found

    def get(self, organization_id: str, user_id: str) -> Joined | None:
        row = self._database.row(_JOINED + _ONE, [organization_id, user_id])
        return None if row is None else _joined(row)

    def select(self, selection: Selection, *, order: str, limit: int = -1, offset: int = 0) -> list[Joined]:
        """
        Return the selected ones. Conditions and ``order`` name columns of m, the membership, o and u.

        A limit below zero stands for all.
        """
        sql = _JOINED + selection.where + " ORDER BY " + order + " LIMIT ? OFFSET ?"
        return [_joined(row) for row in self._database.rows(sql, [*selection.arguments, limit, offset])]

    def count(self, selection: Selection) -> int:
        sql = "SELECT COUNT(*) FROM memberships AS m" + selection.where  # noqa: S608 - the listing's own text
        [(total,)] = self._database.rows(sql, selection.arguments)
        return int(total)


def _joined(row: tuple[str, ...]) -> Joined:
    membership, organization, user = map(json.loads, row)
    return membership, organization, user
