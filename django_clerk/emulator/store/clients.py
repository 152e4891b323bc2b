"""Clients: what Clerk calls a browser, with whoever is signed in in it."""

from __future__ import annotations

from dataclasses import astuple, dataclass, field

from .database import Database

_SELECT = "SELECT id, dev_browser, token, session_id, refresh_token, changed_at FROM clients"


@dataclass(frozen=True)
class Client:
    id: str  #: public, part of every session's document; the next two are what a browser proves itself with
    dev_browser: str = field(repr=False)  #: value of ``__clerk_db_jwt``, which the site sees as well
    token: str = field(repr=False)  #: value of ``__client``, which only the local Clerk sees
    session_id: str | None = None  #: the last session that began here; it may have ended since
    refresh_token: str | None = field(default=None, repr=False)  #: of that session
    changed_at: int = 0  #: milliseconds; when somebody signed in or out last


class ClientTable:
    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, client: Client) -> None:
        self._database.execute("INSERT OR REPLACE INTO clients VALUES (?, ?, ?, ?, ?, ?)", astuple(client))

    def get(self, client_id: str) -> Client | None:
        return self._one(" WHERE id = ?", client_id)

    def by_dev_browser(self, dev_browser: str) -> Client | None:
        return self._one(" WHERE dev_browser = ?", dev_browser)

    def by_token(self, token: str) -> Client | None:
        return self._one(" WHERE token = ?", token)

    def _one(self, condition: str, value: str) -> Client | None:
        row = self._database.row(_SELECT + condition, [value])
        return None if row is None else Client(*row)
