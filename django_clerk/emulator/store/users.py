"""Users, what must be unique about them, and their passwords."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django_clerk.emulator.documents import Document
from django_clerk.emulator.users import identifiers, primary_email, primary_phone

from .database import Database
from .selection import Selection, Taken

Password = tuple[str, str]  # hasher, digest

_to_json = json.JSONEncoder(separators=(",", ":")).encode
_UPSERT = """
INSERT OR REPLACE INTO users (
    id, created_at, updated_at, last_active_at, last_sign_in_at, email_address, phone_number, username, first_name,
    last_name, banned, document
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


class UserTable:
    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, documents: Sequence[Document], passwords: Iterable[tuple[str, Password]] = ()) -> None:
        """Add all of the users, or none. Raises Taken when an identifier is in use, among them or before."""
        with self._database.transaction():
            self._claim(
                [(kind, value, document["id"]) for document in documents for kind, value in identifiers(document)]
            )
            self._database.execute_many(_UPSERT, map(_row, documents))
            for user_id, password in passwords:
                self._set_password(user_id, password)

    def change(
        self, user_id: str, change: Callable[[Document], Document], *, password: Password | None = None
    ) -> Document | None:
        """Put ``change(user)`` in the user's place and return it; None when there is no such user. May raise Taken."""
        with self._database.transaction():
            document = self.get(user_id)
            if document is None:
                return None
            changed = change(document)
            self._database.execute("DELETE FROM identifiers WHERE user_id = ?", [user_id])
            self._claim([(kind, value, user_id) for kind, value in identifiers(changed)])
            self._database.execute(_UPSERT, _row(changed))
            if password is not None:
                self._set_password(user_id, password)
            return changed

    def remove(self, user_id: str) -> Document | None:
        """Remove the user with everything that hangs on them. Returns who it was, or None."""
        with self._database.transaction():
            document = self.get(user_id)
            self._database.execute("DELETE FROM users WHERE id = ?", [user_id])
            self._database.execute("DELETE FROM identifiers WHERE user_id = ?", [user_id])
            self._database.execute("DELETE FROM passwords WHERE user_id = ?", [user_id])
            self._database.execute("DELETE FROM sessions WHERE user_id = ?", [user_id])
            self._database.execute("DELETE FROM memberships WHERE user_id = ?", [user_id])
            self._database.execute("DELETE FROM sign_in_tokens WHERE user_id = ?", [user_id])
            return document

    def get(self, user_id: str) -> Document | None:
        row = self._database.row("SELECT document FROM users WHERE id = ?", [user_id])
        return None if row is None else json.loads(row[0])

    def owner(self, kind: str, value: str) -> str | None:
        """Return the id of the user with this identifier, or None."""
        row = self._database.row("SELECT user_id FROM identifiers WHERE kind = ? AND value = ?", [kind, value])
        return None if row is None else row[0]

    def select(self, selection: Selection, *, order: str, limit: int = -1, offset: int = 0) -> list[Document]:
        """Return the selected users. ``order`` is an ORDER BY list; a limit below zero stands for all."""
        documents: list[Document] = json.loads(self.select_json(selection, order=order, limit=limit, offset=offset))
        return documents

    def select_json(self, selection: Selection, *, order: str, limit: int, offset: int) -> str:
        """Return the same as a JSON list, put together as stored, for parsing a page of 500 takes a while."""
        # The conditions are bapi.listing's own text; what a caller sent is among the arguments.
        sql = "SELECT document FROM users" + selection.where + " ORDER BY " + order + " LIMIT ? OFFSET ?"  # noqa: S608
        rows = self._database.rows(sql, [*selection.arguments, limit, offset])
        return f"[{','.join(row[0] for row in rows)}]"

    def count(self, selection: Selection) -> int:
        sql = "SELECT COUNT(*) FROM users" + selection.where  # noqa: S608 - see select()
        [(total,)] = self._database.rows(sql, selection.arguments)
        return int(total)

    def created_at(self, user_id: str) -> int | None:
        row = self._database.row("SELECT created_at FROM users WHERE id = ?", [user_id])
        return None if row is None else row[0]

    def _set_password(self, user_id: str, password: Password) -> None:
        self._database.execute("INSERT OR REPLACE INTO passwords VALUES (?, ?, ?)", [user_id, *password])

    def _claim(self, rows: Sequence[tuple[str, str, str]]) -> None:
        try:
            self._database.execute_many("INSERT INTO identifiers VALUES (?, ?, ?)", rows)
        except sqlite3.IntegrityError as error:
            raise Taken(self._kind_in_use(rows)) from error

    def _kind_in_use(self, rows: Sequence[tuple[str, str, str]]) -> str:
        seen: set[tuple[str, str]] = set()
        for kind, value, user_id in rows:
            if (kind, value) in seen or self.owner(kind, value) not in (None, user_id):
                return kind
            seen.add((kind, value))
        raise AssertionError("the constraint failed, so some identifier is in use")


def _row(document: Document) -> tuple[Any, ...]:
    return (
        document["id"],
        document["created_at"],
        document["updated_at"],
        document["last_active_at"],
        document["last_sign_in_at"],
        primary_email(document),
        primary_phone(document),
        document["username"],
        document["first_name"],
        document["last_name"],
        document["banned"],
        _to_json(document),
    )
