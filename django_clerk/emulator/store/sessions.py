"""Sessions of users."""

from __future__ import annotations

import json

from django_clerk.emulator.documents import Document

from .database import Database
from .selection import Selection

_NEWEST_FIRST = " ORDER BY created_at DESC, id DESC LIMIT ? OFFSET ?"


class Sessions:
    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, document: Document) -> None:
        self._database.execute(
            "INSERT INTO sessions VALUES (?, ?, ?, ?, ?)",
            [document["id"], document["user_id"], document["status"], document["created_at"], json.dumps(document)],
        )

    def get(self, session_id: str) -> Document | None:
        row = self._database.row("SELECT document FROM sessions WHERE id = ?", [session_id])
        return None if row is None else json.loads(row[0])

    def active(self, user_id: str) -> list[Document]:
        rows = self._database.rows(
            "SELECT document FROM sessions WHERE user_id = ? AND status = 'active' ORDER BY created_at, id", [user_id]
        )
        return [json.loads(row[0]) for row in rows]

    def select(self, selection: Selection, *, limit: int, offset: int) -> list[Document]:
        """Return the selected ones, the newest first."""
        sql = "SELECT document FROM sessions" + selection.where + _NEWEST_FIRST  # noqa: S608 - the listing's own text
        rows = self._database.rows(sql, [*selection.arguments, limit, offset])
        return [json.loads(row[0]) for row in rows]

    def count(self, selection: Selection) -> int:
        sql = "SELECT COUNT(*) FROM sessions" + selection.where  # noqa: S608 - see select()
        [(total,)] = self._database.rows(sql, selection.arguments)
        return int(total)

    def end(self, session_id: str, *, status: str, now: int) -> Document | None:
        """Give an active session a final status, such as "removed". Returns it, or None when it was not active."""
        with self._database.transaction():
            document = self.get(session_id)
            if document is None or document["status"] != "active":
                return None
            document = {**document, "status": status, "updated_at": now}
            self._database.execute(
                "UPDATE sessions SET status = ?, document = ? WHERE id = ?", [status, json.dumps(document), session_id]
            )
            return document
