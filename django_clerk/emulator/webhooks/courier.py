"""Makes events, delivers them, keeps count of what became of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django_clerk.emulator.documents import Document
from django_clerk.emulator.identifiers import new_id
from django_clerk.emulator.store import Attempt, Deliveries, Delivery
from django_clerk.emulator.store.deliveries import LOST, PENDING, UNSENT

from . import events, transport
from .retries import DELAYS, Retrier


class Courier:
    """
    ``address`` is asked at each attempt for where events go, None for nowhere. ``clock`` gives milliseconds.

    With ``retrying`` a failed delivery is tried again in the background; without, it waits to be sent again by hand.
    """

    def __init__(
        self,
        deliveries: Deliveries,
        *,
        instance_id: str,
        secret: str,
        address: Callable[[], str | None],
        clock: Callable[[], int],
        retrying: bool,
    ) -> None:
        self._deliveries = deliveries
        self._instance_id = instance_id
        self._secret = secret
        self._address = address
        self._clock = clock
        self._retrier = Retrier(deliveries, attempt=self._first_or_next_attempt, clock=clock) if retrying else None
        self._lock = threading.Lock()
        self._paused = 0
        self._doubled = 0
        self._held: list[list[Delivery]] = []  # one list for each reordered() that is open

    def emit(self, event_type: str, data: Document) -> None:
        """Make an event and deliver it before returning, unless deliveries are paused or go nowhere."""
        now = self._clock()
        status = LOST if self._paused else UNSENT if self._address() is None else PENDING
        delivery = Delivery(
            id=new_id("msg"),
            type=event_type,
            subject=data["id"],
            created_at=now,
            body=events.body(event_type, data, instance_id=self._instance_id, now=now),
            status=status,
        )
        self._deliveries.add(delivery)
        if status != PENDING:
            return
        with self._lock:
            if self._held:
                self._held[-1].append(delivery)
                return
        self._deliver(delivery)

    def redeliver(self, delivery_id: str) -> Delivery:
        """Send an event again, under its old id, and return it with that attempt. Raises KeyError for an unknown id."""
        delivery = self._deliveries.get(delivery_id)
        if delivery is None:
            raise KeyError(delivery_id)
        return self._attempt(delivery, retry_at=delivery.next_attempt_at)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Lose every event that is made while inside, in any thread."""
        with self._lock:
            self._paused += 1
        try:
            yield
        finally:
            with self._lock:
                self._paused -= 1

    @contextmanager
    def doubled(self) -> Iterator[None]:
        """Deliver every event twice while inside, under one id, as happens when an answer is lost."""
        with self._lock:
            self._doubled += 1
        try:
            yield
        finally:
            with self._lock:
                self._doubled -= 1

    @contextmanager
    def reordered(self) -> Iterator[None]:
        """Hold every event that is made while inside, and deliver the last one first on the way out."""
        held: list[Delivery] = []
        with self._lock:
            self._held.append(held)
        try:
            yield
        finally:
            with self._lock:
                self._held = [waiting for waiting in self._held if waiting is not held]
            for delivery in reversed(held):
                self._deliver(delivery)

    def resume_retries(self) -> None:
        """Take up what is pending, as after a restart of the server."""
        if self._retrier is not None:
            self._retrier.wake()

    def stop(self) -> None:
        if self._retrier is not None:
            self._retrier.stop()

    def _deliver(self, delivery: Delivery) -> None:
        recorded = self._first_or_next_attempt(delivery)
        if self._doubled:
            self._attempt(recorded, retry_at=recorded.next_attempt_at)

    def _first_or_next_attempt(self, delivery: Delivery) -> Delivery:
        failures = len(delivery.attempts)
        if self._retrier is None or failures >= len(DELAYS):
            return self._attempt(delivery, retry_at=None)
        return self._attempt(delivery, retry_at=self._clock() + DELAYS[failures] * 1000)

    def _attempt(self, delivery: Delivery, *, retry_at: int | None) -> Delivery:
        """Deliver once; should that fail, the delivery is due again at ``retry_at``."""
        now = self._clock()
        content = delivery.body.encode("utf-8")
        headers = events.signed_headers(self._secret, message_id=delivery.id, timestamp=now // 1000, content=content)
        address = self._address()
        if address is None:
            status, detail = None, "No webhook address is set."
        else:
            status, detail = transport.deliver(address, content, headers)
        recorded = self._deliveries.record(delivery.id, Attempt(now, status, detail), retry_at=retry_at)
        if recorded.next_attempt_at is not None:
            self.resume_retries()
        return recorded
