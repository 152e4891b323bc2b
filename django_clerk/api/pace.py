"""How many calls a long-running caller makes in a time: fewer than Clerk's limit, which requests of pages share."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

WINDOW = 10.0  # seconds
_LIMIT, _DEVELOPMENT_LIMIT = 1000, 100  # calls in a window that Clerk answers for an instance
_SHARE = 0.8  # of them for us


class Pace:
    """
    Lets ``calls`` begin in any ten seconds, and makes whoever comes too early wait. Safe to share between threads.

    Calls that somebody waits for do not ask: they are few, and a 429 tells them soon enough. ``clock`` is monotonic.
    """

    def __init__(
        self,
        calls: int,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._begun: deque[float] = deque(maxlen=calls)  # when each of the last calls began, or is to begin
        self._lock = threading.Lock()
        self._sleep = sleep
        self._clock = clock

    @classmethod
    def of(
        cls,
        secret_key: str,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> Pace:
        """Return the pace of an instance: that of a production instance for ``sk_live_…``, a tenth of it for others."""
        limit = _LIMIT if secret_key.startswith("sk_live_") else _DEVELOPMENT_LIMIT
        return cls(int(limit * _SHARE), sleep=sleep, clock=clock)

    def wait(self) -> None:
        """Return when the next call may begin."""
        with self._lock:
            now = self._clock()
            is_full = len(self._begun) == self._begun.maxlen
            begins = max(now, self._begun[0] + WINDOW) if is_full else now
            self._begun.append(begins)
        if begins > now:
            self._sleep(begins - now)
