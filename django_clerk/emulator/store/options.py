"""How the instance is set up: what an account at Clerk has a dashboard for."""

from __future__ import annotations

import json
from typing import Any

from .database import Database


class Options:
    """Values of JSON by name."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, name: str) -> Any:
        """Return a value, or None where there is none."""
        row = self._database.row("SELECT value FROM options WHERE name = ?", [name])
        return None if row is None else json.loads(row[0])

    def put(self, name: str, value: Any) -> None:
        self._database.execute("INSERT OR REPLACE INTO options VALUES (?, ?)", [name, json.dumps(value)])
