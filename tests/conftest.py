"""What holds for every test."""

from __future__ import annotations

from typing import Any

_LONGEST_ID = 80


def pytest_make_parametrize_id(val: Any, argname: str) -> str | None:
    """Name long texts by their argument: tokens differ from one process to the next, and the tests' names must not."""
    return argname if isinstance(val, str) and len(val) > _LONGEST_ID else None
