"""Clients: what Clerk calls a browser, with whoever is signed in in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .database import Database

Attempt = dict[str, Any]

_COLUMNS = (
    "id, dev_browser, token, session_id, strategy, changed_at, created_at, sign_in, sign_up"  # as in Client, in order
)
_ATTEMPTS = ("sign_in", "sign_up")


@dataclass(frozen=True)
class Client:
    id: str  #: public, part of every session's document; the next two are what a browser proves itself with
    dev_browser: str = field(repr=False)  #: value of ``__clerk_db_jwt``, which the site sees as well
    token: str = field(repr=False)  #: value of ``__client``, which only the local Clerk sees
    session_id: str | None = None  #: the session that was active here last; it may have ended since
    strategy: str | None = None  #: by which somebody signed in last
    changed_at: int = 0  #: milliseconds; when somebody signed in or out last
    created_at: int = 0  #: milliseconds
    sign_in: Attempt | None = field(default=None, repr=False)  #: under way, or the last one
    sign_up: Attempt | None = field(default=None, repr=False)


class ClientTable:
    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, client: Client) -> None:
        self._database.execute(
            f"INSERT INTO clients ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - our own names
            [
                client.id,
                client.dev_browser,
                client.token,
                client.session_id,
                client.strategy,
                client.changed_at,
                client.created_at,
                _text(client.sign_in),
                _text(client.sign_up),
            ],
        )

    def change(self, client_id: str, **facts: Any) -> Client:
        """
        Change some facts of a client and return it as it is then. Raises KeyError when there is none.

        Each fact by itself: a browser's calls come several at a time, and none may undo what another has done.
        """
        columns = ", ".join(f"{name} = ?" for name in facts)
        values = [_text(value) if name in _ATTEMPTS else value for name, value in facts.items()]
        with self._database.transaction():
            self._database.execute(f"UPDATE clients SET {columns} WHERE id = ?", [*values, client_id])  # noqa: S608 - names of Client
            client = self.get(client_id)
        if client is None:
            raise KeyError(client_id)
        return client

    def get(self, client_id: str) -> Client | None:
        return self._one("id", client_id)

    def by_dev_browser(self, dev_browser: str) -> Client | None:
        return self._one("dev_browser", dev_browser)

    def by_token(self, token: str) -> Client | None:
        return self._one("token", token)

    def _one(self, column: str, value: str) -> Client | None:
        row = self._database.row(f"SELECT {_COLUMNS} FROM clients WHERE {column} = ?", [value])  # noqa: S608 - as above
        if row is None:
            return None
        client_id, dev_browser, token, session_id, strategy, changed_at, created_at, sign_in, sign_up = row
        return Client(
            client_id,
            dev_browser,
            token,
            session_id,
            strategy,
            changed_at,
            created_at,
            _attempt(sign_in),
            _attempt(sign_up),
        )


def _text(attempt: Mapping[str, Any] | None) -> str | None:
    return None if attempt is None else json.dumps(attempt)


def _attempt(text: str | None) -> Attempt | None:
    return None if text is None else json.loads(text)
