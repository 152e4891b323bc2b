"""Tokens that sign somebody in once. The tokens themselves are not kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from django_clerk.emulator.documents import Document

from .database import Database
from .machines import digest

_SELECT = "SELECT document, organization_id, expires_at, session_seconds FROM sign_in_tokens WHERE "


@dataclass(frozen=True)
class SignInToken:
    document: Document
    organization_id: str | None  #: the one that is active after the sign-in
    expires_at: int  #: milliseconds
    session_seconds: int | None = None  #: how long the session lasts; None for as long as any


class SignInTokenTable:
    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, token: SignInToken, *, secret: str) -> None:
        document = token.document
        self._database.execute(
            "INSERT INTO sign_in_tokens VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                document["id"],
                digest(secret),
                document["user_id"],
                token.organization_id,
                token.expires_at,
                token.session_seconds,
                json.dumps(document),
            ],
        )

    def by_secret(self, secret: str) -> SignInToken | None:
        return self._one("digest = ?", digest(secret))

    def change(self, token_id: str, change: Callable[[SignInToken], Document]) -> Document | None:
        """Put ``change(token)`` in the place of its document and return it; None when there is none of that id."""
        with self._database.transaction():
            token = self._one("id = ?", token_id)
            if token is None:
                return None
            changed = change(token)
            self._database.execute(
                "UPDATE sign_in_tokens SET document = ? WHERE id = ?", [json.dumps(changed), token_id]
            )
            return changed

    def _one(self, condition: str, value: str) -> SignInToken | None:
        row = self._database.row(_SELECT + condition, [value])
        return None if row is None else SignInToken(json.loads(row[0]), *row[1:])
