"""Transactions that are begun again where the database gave them up in favour of another."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError, connections, transaction

T = TypeVar("T")

_ATTEMPTS = 5
_SQLSTATES = frozenset({"40001", "40P01"})  # serialization failure, deadlock
_MYSQL_CODES = frozenset({1213, 1020})  # deadlock, and MariaDB's word for a row changed since the transaction began


def run(work: Callable[[], T], *, using: str) -> T:
    """
    Do work in a transaction and return what it returns. A deadlock is tried again, up to five times in all.

    Only the outermost transaction can be: inside another one, a deadlock is raised like any other error.
    """
    for _ in range(_ATTEMPTS - 1):
        try:
            with transaction.atomic(using=using):
                return work()
        except OperationalError as error:
            if connections[using].in_atomic_block or not _is_deadlock(error):
                raise
    with transaction.atomic(using=using):
        return work()


def _is_deadlock(error: OperationalError) -> bool:
    cause = error.__cause__
    sqlstate = getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None)  # psycopg's, or psycopg2's
    return sqlstate in _SQLSTATES or (bool(error.args) and error.args[0] in _MYSQL_CODES)
