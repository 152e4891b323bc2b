"""How many examples a property is tried with, and how many there were in all."""

from __future__ import annotations

import functools
import os
from collections import Counter
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

#: Names of the profiles, which conftest.py registers.
SHORT, LONG = "fuzz", "fuzz-long"
#: Examples for each property of a long run; the short run's number is its profile's.
WANTED = int(os.environ.get("FUZZ_EXAMPLES", "0"))
#: Examples that ran, by the name of the property; what became of requests, by ``seen()``.
RAN: Counter[str] = Counter()
SEEN: Counter[str] = Counter()


def fuzz(*, times: int = 1, **strategies: st.SearchStrategy[Any]) -> Callable[[Callable[..., None]], Any]:
    """Return the decorator of a property. ``times`` is how much oftener than others a long run tries it."""

    def decorate(test: Callable[..., None]) -> Any:
        @functools.wraps(test)
        def counted(*args: Any, **kwargs: Any) -> None:
            RAN[test.__name__] += 1
            test(*args, **kwargs)

        profile = settings.get_profile(LONG if WANTED else SHORT)
        examples = profile.max_examples * times if WANTED else profile.max_examples
        return settings(profile, max_examples=examples)(given(**strategies)(counted))

    return decorate


def seen(what: str) -> None:
    """Count what became of a request: a fuzzer that never gets in proves nothing about doors."""
    SEEN[what] += 1


def register() -> None:
    """Make the two profiles known to Hypothesis. Neither becomes the default of the other tests."""
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    common = {"deadline": None, "database": None, "suppress_health_check": slow, "print_blob": True}
    settings.register_profile(SHORT, max_examples=200, derandomize=True, **common)  # type: ignore[arg-type]
    settings.register_profile(LONG, max_examples=max(WANTED, 1), **common)  # type: ignore[arg-type]
