"""Async tests that use the database."""

from __future__ import annotations

import functools
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec

from asgiref.sync import async_to_sync

P = ParamSpec("P")


def in_this_thread(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """
    Run an async test with its database calls in the test's own thread, as Django's TestCase does.

    In a thread of asyncio's they would have a connection of their own, and leave behind what they wrote.
    """

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        async_to_sync(test)(*args, **kwargs)

    return run
