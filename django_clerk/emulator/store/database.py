"""One SQLite connection that many threads share, and that agrees with other processes over one file."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_BUSY_SECONDS = 15.0

_SCHEMA = """
CREATE TABLE IF NOT EXISTS users (
    id TEXT PRIMARY KEY, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, last_active_at INTEGER,
    last_sign_in_at INTEGER, email_address TEXT, phone_number TEXT, username TEXT, first_name TEXT, last_name TEXT,
    banned INTEGER NOT NULL, document TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS users_created ON users (created_at, id);
CREATE INDEX IF NOT EXISTS users_updated ON users (updated_at, id);
CREATE TABLE IF NOT EXISTS identifiers (
    kind TEXT NOT NULL, value TEXT NOT NULL, user_id TEXT NOT NULL, PRIMARY KEY (kind, value)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS identifiers_user ON identifiers (user_id);
CREATE TABLE IF NOT EXISTS passwords (user_id TEXT PRIMARY KEY, hasher TEXT NOT NULL, digest TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS sessions (
    id TEXT PRIMARY KEY, user_id TEXT NOT NULL, status TEXT NOT NULL, created_at INTEGER NOT NULL,
    document TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS sessions_user ON sessions (user_id, status);
CREATE TABLE IF NOT EXISTS organizations (
    id TEXT PRIMARY KEY, slug TEXT NOT NULL UNIQUE, name TEXT NOT NULL, created_at INTEGER NOT NULL,
    document TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS memberships (
    id TEXT PRIMARY KEY, organization_id TEXT NOT NULL, user_id TEXT NOT NULL, role TEXT NOT NULL,
    created_at INTEGER NOT NULL, document TEXT NOT NULL, UNIQUE (organization_id, user_id)
);
CREATE INDEX IF NOT EXISTS memberships_user ON memberships (user_id, created_at);
CREATE TABLE IF NOT EXISTS invitations (
    id TEXT PRIMARY KEY, digest TEXT NOT NULL UNIQUE, organization_id TEXT, email_address TEXT NOT NULL,
    status TEXT NOT NULL, created_at INTEGER NOT NULL, document TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS invitations_organization ON invitations (organization_id, status);
CREATE TABLE IF NOT EXISTS sign_in_tokens (
    id TEXT PRIMARY KEY, digest TEXT NOT NULL UNIQUE, user_id TEXT NOT NULL, organization_id TEXT,
    expires_at INTEGER NOT NULL, session_seconds INTEGER, document TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS sessions_client ON sessions (json_extract(document, '$.client_id'), status);
CREATE TABLE IF NOT EXISTS session_facts (
    session_id TEXT PRIMARY KEY, refresh_token TEXT NOT NULL, first_factor_at INTEGER NOT NULL, second_factor_at INTEGER
);
CREATE TABLE IF NOT EXISTS clients (
    id TEXT PRIMARY KEY, dev_browser TEXT NOT NULL UNIQUE, token TEXT NOT NULL UNIQUE, session_id TEXT, strategy TEXT,
    changed_at INTEGER NOT NULL, created_at INTEGER NOT NULL, sign_in TEXT, sign_up TEXT
);
CREATE TABLE IF NOT EXISTS codes (
    number INTEGER PRIMARY KEY AUTOINCREMENT, subject TEXT NOT NULL, address TEXT NOT NULL, purpose TEXT NOT NULL,
    code TEXT NOT NULL, status TEXT NOT NULL, attempts INTEGER NOT NULL, created_at INTEGER NOT NULL,
    expire_at INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS codes_subject ON codes (subject);
CREATE TABLE IF NOT EXISTS signing_keys (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, pem TEXT, withdrawn INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS options (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS payloads (nonce TEXT PRIMARY KEY, directives TEXT NOT NULL, expires_at INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS machine_credentials (
    id TEXT PRIMARY KEY, digest TEXT NOT NULL UNIQUE, document TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS deliveries (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, type TEXT NOT NULL, subject TEXT NOT NULL,
    created_at INTEGER NOT NULL, body TEXT NOT NULL, status TEXT NOT NULL, next_attempt_at INTEGER,
    attempts TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (next_attempt_at) WHERE next_attempt_at IS NOT NULL;
"""


class Database:
    """
    ``path`` is a file, or ``:memory:``.

    Threads take turns by a lock, so that a read and the write that depends on it are one step; processes take turns by
    SQLite's own write lock. Nothing outside SQL happens while either is held.
    """

    def __init__(self, path: str | Path) -> None:
        self._lock = threading.RLock()
        if isinstance(path, Path):
            path.touch(mode=0o600)  # people's data, if only invented ones: for the owner
        self._connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.execute("PRAGMA cache_size = -32768")  # KiB
        self._connection.executescript(_SCHEMA)
        self.pid = os.getpid()  #: an SQLite connection must not be used in a forked child

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside happens, or nothing. Not inside another transaction."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def execute(self, sql: str, arguments: Sequence[Any] = ()) -> int:
        """Run one statement and return how many rows it changed."""
        with self._lock:
            return self._connection.execute(sql, arguments).rowcount

    def execute_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        with self._lock:
            self._connection.executemany(sql, rows)

    def rows(self, sql: str, arguments: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._connection.execute(sql, arguments).fetchall()

    def row(self, sql: str, arguments: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        with self._lock:
            found: tuple[Any, ...] | None = self._connection.execute(sql, arguments).fetchone()
            return found
