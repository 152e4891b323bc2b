"""What holds for every test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import translation

_LONGEST_ID = 80


def pytest_make_parametrize_id(val: Any, argname: str) -> str | None:
    """Name long texts by their argument: tokens differ from one process to the next, and the tests' names must not."""
    return argname if isinstance(val, str) and len(val) > _LONGEST_ID else None


@pytest.fixture(autouse=True)
def _no_language_is_left_behind() -> Iterator[None]:
    """A request through LocaleMiddleware leaves its language to whatever comes next in the same thread."""
    yield
    translation.deactivate()
