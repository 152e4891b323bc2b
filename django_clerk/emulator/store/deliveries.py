"""Webhook events that were made, and what became of them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import Any

from .database import Database

KEPT = 1000  # the page shows the latest; older ones help nobody

PENDING = "pending"  #: not accepted yet, will be tried (again)
DELIVERED = "delivered"
FAILED = "failed"  #: every attempt failed
LOST = "lost"  #: dropped on purpose
UNSENT = "unsent"  #: there is no address to send to

_SELECT = "SELECT id, type, subject, created_at, body, status, next_attempt_at, attempts FROM deliveries"
_INSERT = """
INSERT INTO deliveries (id, type, subject, created_at, body, status, next_attempt_at, attempts)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""


@dataclass(frozen=True)
class Attempt:
    at: int  #: milliseconds
    status: int | None  #: HTTP status, None when there was no answer
    detail: str  #: first words of the answer, or why there was none

    @property
    def succeeded(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True)
class Delivery:
    id: str  #: the svix-id, the same at every attempt
    type: str  #: such as "user.created"
    subject: str  #: id of the user or session it is about
    created_at: int  #: milliseconds
    body: str  #: exactly what is signed and sent
    status: str
    next_attempt_at: int | None = None  #: milliseconds, None when it is not tried again by itself
    attempts: tuple[Attempt, ...] = ()

    @property
    def payload(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(self.body)
        return value

    def after(self, attempt: Attempt, *, retry_at: int | None) -> Delivery:
        """Return the delivery with one more attempt made; ``retry_at`` is when to try again, if that failed."""
        if attempt.succeeded:
            status, next_attempt_at = DELIVERED, None
        else:
            status, next_attempt_at = (FAILED if retry_at is None else PENDING), retry_at
        return replace(self, status=status, next_attempt_at=next_attempt_at, attempts=(*self.attempts, attempt))


class Deliveries:
    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, delivery: Delivery) -> None:
        with self._database.transaction():
            self._database.execute(_INSERT, _values(delivery))
            self._database.execute(
                "DELETE FROM deliveries WHERE number <= (SELECT MAX(number) FROM deliveries) - ?", [KEPT]
            )

    def record(self, delivery_id: str, attempt: Attempt, *, retry_at: int | None) -> Delivery:
        """Add an attempt to a delivery's history and return it as it is then. Raises KeyError for an unknown id."""
        with self._database.transaction():
            delivery = self.get(delivery_id)
            if delivery is None:
                raise KeyError(delivery_id)
            delivery = delivery.after(attempt, retry_at=retry_at)
            self._database.execute(
                "UPDATE deliveries SET status = ?, next_attempt_at = ?, attempts = ? WHERE id = ?",
                [delivery.status, delivery.next_attempt_at, _attempts(delivery), delivery.id],
            )
            return delivery

    def get(self, delivery_id: str) -> Delivery | None:
        row = self._database.row(_SELECT + " WHERE id = ?", [delivery_id])
        return None if row is None else _delivery(row)

    def latest(self, limit: int) -> list[Delivery]:
        """Return the newest first."""
        rows = self._database.rows(_SELECT + " ORDER BY number DESC LIMIT ?", [limit])
        return [_delivery(row) for row in rows]

    def claim_due(self, now: int, *, lease: int) -> Delivery | None:
        """
        Return a delivery whose time has come, or None, and keep other threads and processes off it for ``lease`` ms.

        Should the claimer die, the delivery is due again when the lease is over.
        """
        with self._database.transaction():
            row = self._database.row(
                _SELECT + " WHERE next_attempt_at <= ? ORDER BY next_attempt_at, number LIMIT 1",
                [now],
            )
            if row is None:
                return None
            self._database.execute("UPDATE deliveries SET next_attempt_at = ? WHERE id = ?", [now + lease, row[0]])
            return _delivery(row)

    def next_due_at(self) -> int | None:
        row = self._database.row("SELECT MIN(next_attempt_at) FROM deliveries WHERE next_attempt_at IS NOT NULL")
        return None if row is None else row[0]


def _attempts(delivery: Delivery) -> str:
    return json.dumps([asdict(attempt) for attempt in delivery.attempts])


def _values(delivery: Delivery) -> list[Any]:
    return [
        delivery.id,
        delivery.type,
        delivery.subject,
        delivery.created_at,
        delivery.body,
        delivery.status,
        delivery.next_attempt_at,
        _attempts(delivery),
    ]


def _delivery(row: tuple[Any, ...]) -> Delivery:
    delivery_id, event_type, subject, created_at, body, status, next_attempt_at, attempts = row
    history = tuple(Attempt(**attempt) for attempt in json.loads(attempts))
    return Delivery(delivery_id, event_type, subject, created_at, body, status, next_attempt_at, history)
