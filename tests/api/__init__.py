"""What the tests of the Backend API client share."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

KEY = "sk_test_VeryUnlikelyToAppearByChance"  #: the secret key; it is searched for where it must not be
JWKS = {"keys": [{"kid": "ins_1", "padding": "x" * 500}]}
COUNT = {"object": "total_count", "total_count": 7}


def soon(condition: Callable[[], bool]) -> bool:
    """Return whether ``condition`` comes true within a second."""
    ends = time.monotonic() + 1.0
    while not condition() and time.monotonic() < ends:
        time.sleep(0.01)
    return condition()


def soon_no_thread_is_left() -> bool:
    """Return whether every thread that carries a call ends within a second."""
    return soon(lambda: all(thread.name != "django_clerk-api" for thread in threading.enumerate()))
