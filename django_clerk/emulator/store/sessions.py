"""Sessions of users."""

from __future__ import annotations

import json
from collections.abc import Callable

from django_clerk.emulator.documents import Document

from .database import Database
from .selection import Selection

_NEWEST_FIRST = " ORDER BY created_at DESC, id DESC LIMIT ? OFFSET ?"

#: What a session is until it ends: with or without a task that its user has still to do.
LIVE = ("active", "pending")


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
        """Return the live sessions of a user, the oldest first."""
        return self._live("user_id = ?", user_id)

    def of_client(self, client_id: str) -> list[Document]:
        """Return the live sessions in a browser, the oldest first."""
        return self._live("json_extract(document, '$.client_id') = ?", client_id)

    def select(self, selection: Selection, *, limit: int, offset: int) -> list[Document]:
        """Return the selected ones, the newest first."""
        sql = "SELECT document FROM sessions" + selection.where + _NEWEST_FIRST  # noqa: S608 - the listing's own text
        rows = self._database.rows(sql, [*selection.arguments, limit, offset])
        return [json.loads(row[0]) for row in rows]

    def count(self, selection: Selection) -> int:
        sql = "SELECT COUNT(*) FROM sessions" + selection.where  # noqa: S608 - see select()
        [(total,)] = self._database.rows(sql, selection.arguments)
        return int(total)

    def change(self, session_id: str, change: Callable[[Document], Document]) -> Document | None:
        """Put ``change(session)`` in a live session's place and return it; None when there is no live one."""
        with self._database.transaction():
            document = self.get(session_id)
            if document is None or document["status"] not in LIVE:
                return None
            document = change(document)
            self._database.execute(
                "UPDATE sessions SET status = ?, document = ? WHERE id = ?",
                [document["status"], json.dumps(document), session_id],
            )
            return document

    def end(self, session_id: str, *, status: str, now: int) -> Document | None:
        """Give a live session a final status, such as "removed". Returns it, or None when it was not live."""
        return self.change(session_id, lambda session: {**session, "status": status, "updated_at": now})

    def _live(self, condition: str, value: str) -> list[Document]:
        sql = f"SELECT document FROM sessions WHERE {condition} AND status IN (?, ?) ORDER BY created_at, rowid"  # noqa: S608 - the conditions above
        return [json.loads(row[0]) for row in self._database.rows(sql, [value, *LIVE])]
