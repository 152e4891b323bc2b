"""What a session's document does not say: how it is renewed, and when its user was last proven."""

from __future__ import annotations

from dataclasses import astuple, dataclass, field

from .database import Database


@dataclass(frozen=True)
class SessionFacts:
    session_id: str
    refresh_token: str = field(repr=False)
    first_factor_at: int  #: milliseconds; when a password, a code or a ticket was given last
    second_factor_at: int | None = None  #: the same of a second factor, None without one


class SessionFactsTable:
    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, facts: SessionFacts) -> None:
        self._database.execute("INSERT OR REPLACE INTO session_facts VALUES (?, ?, ?, ?)", astuple(facts))

    def get(self, session_id: str) -> SessionFacts | None:
        row = self._database.row("SELECT * FROM session_facts WHERE session_id = ?", [session_id])
        return None if row is None else SessionFacts(*row)

    def verified(self, session_id: str, *, first_factor_at: int, second_factor_at: int | None) -> None:
        """Say when the factors of a session were proven."""
        self._database.execute(
            "UPDATE session_facts SET first_factor_at = ?, second_factor_at = ? WHERE session_id = ?",
            [first_factor_at, second_factor_at, session_id],
        )
