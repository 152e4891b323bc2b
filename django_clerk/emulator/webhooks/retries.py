"""A background thread that tries failed deliveries again when their time has come."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from django.db import close_old_connections, connections

from django_clerk.emulator.store import Deliveries, Delivery

#: Seconds after the first, second, ... failure. Svix waits longer, but its user does not sit in front of it.
DELAYS = (5, 30, 120, 600, 3600)
_LEASE = 60_000  # milliseconds; longer than an attempt takes
_LONGEST_SLEEP = 5.0  # seconds; another process may add a delivery that is due earlier

logger = logging.getLogger("django_clerk.emulator")


class Retrier:
    """The thread lives while something is pending, and dies with the process."""

    def __init__(
        self, deliveries: Deliveries, *, attempt: Callable[[Delivery], object], clock: Callable[[], int]
    ) -> None:
        self._deliveries = deliveries
        self._attempt = attempt
        self._clock = clock
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._woken = threading.Event()
        self._stopped = False

    def wake(self) -> None:
        """See to it that whatever is pending gets tried, also what a process before this one has left."""
        with self._lock:
            if self._thread is None and not self._stopped and self._deliveries.next_due_at() is not None:
                self._thread = threading.Thread(target=self._run, name="clerk_emulator-retries", daemon=True)
                self._thread.start()
            self._woken.set()

    def stop(self) -> None:
        """End the thread, waiting for an attempt under way."""
        with self._lock:
            self._stopped = True
            thread = self._thread
            self._woken.set()
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def _run(self) -> None:
        try:
            while self._wait():
                due = self._deliveries.claim_due(self._clock(), lease=_LEASE)
                if due is not None:
                    close_old_connections()
                    self._attempt(due)
        except Exception:  # the thread's own end; the next wake() starts another
            logger.exception("Retrying webhooks has stopped")
            with self._lock:
                self._thread = None
        finally:
            connections.close_all()  # those that the project's code has opened in this thread

    def _wait(self) -> bool:
        """Sleep until something may be due. Returns False, and forgets the thread, when nothing is pending."""
        with self._lock:
            due_at = None if self._stopped else self._deliveries.next_due_at()
            if due_at is None:
                self._thread = None
                return False
            self._woken.clear()
        self._woken.wait(min(max(due_at - self._clock(), 0) / 1000, _LONGEST_SLEEP))
        return True
