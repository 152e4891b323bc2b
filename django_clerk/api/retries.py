"""Which calls are repeated, how often, and how long to wait before."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from django_clerk.exceptions import APIError, APIRateLimited, APIUnavailable

T = TypeVar("T")

FIRST_WAIT = 0.125
#: What is worth another attempt: a 429 did nothing, so that it may follow any call. A write that got no answer may have
#: been done, so that only reading is repeated then.
AFTER_READING: tuple[type[APIError], ...] = (APIRateLimited, APIUnavailable)
AFTER_WRITING: tuple[type[APIError], ...] = (APIRateLimited,)


@dataclass(frozen=True)
class Patience:
    """Repeat what may succeed later."""

    budget: float  #: seconds of waiting in one call, all its attempts together
    sleep: Callable[[float], None]

    def call(self, attempt: Callable[[], T], *, attempts: int, after: tuple[type[APIError], ...]) -> T:
        """
        Return what ``attempt`` returns, calling it up to ``attempts`` times, again only ``after`` these errors.

        A Retry-After is waited for exactly; otherwise the wait doubles from 125 ms, times a random 1 to 2 so that many
        processes do not come back at once. Raises the last error when the attempts or the budget are used up.
        """
        waited = 0.0
        for number in range(1, attempts):
            try:
                return attempt()
            except after as error:
                wait = error.retry_after or _with_jitter(FIRST_WAIT * 2 ** (number - 1))
                if waited + wait > self.budget:
                    raise
            self.sleep(wait)
            waited += wait
        return attempt()


def _with_jitter(seconds: float) -> float:
    return seconds * random.uniform(1, 2)  # noqa: S311 - nothing depends on nobody guessing it
