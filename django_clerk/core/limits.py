"""How often Clerk is asked about what turns out to be worthless: a stranger must not spend the instance's quota."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable

MOST_FAILURES = 30
WINDOW = 10.0  #: seconds


class FailureLimit:
    """
    Remembers what Clerk has refused lately, by its digest.

    The same thing is not asked about again for ten seconds, and nothing is after thirty failures in ten seconds: then
    the cookies have to do. It is of one process.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failed_at: dict[bytes, float] = {}

    def allows(self, subject: str) -> bool:
        """Tell whether Clerk may be asked about this."""
        now = self._clock()
        for digest, failed_at in list(self._failed_at.items()):
            if now - failed_at >= WINDOW:
                self._failed_at.pop(digest, None)
        return len(self._failed_at) < MOST_FAILURES and _digest(subject) not in self._failed_at

    def failed(self, subject: str) -> None:
        """Remember that Clerk has refused this, or could not be asked."""
        self._failed_at[_digest(subject)] = self._clock()


def _digest(subject: str) -> bytes:
    return hashlib.sha256(subject.encode("utf-8", "surrogatepass")).digest()
