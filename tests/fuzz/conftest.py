"""
The profiles: a short one that is the same every time, and with ``FUZZ_EXAMPLES=20000`` a long one.

    FUZZ_EXAMPLES=20000 python -m pytest tests/fuzz --timeout 0
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from tests.fuzz.examples import RAN, SEEN, WANTED, register

register()


@pytest.fixture(autouse=True, scope="package")
def _logs_do_not_pile_up() -> Iterator[None]:
    """In a long run, pytest would keep each record of each request until the test is over."""
    if WANTED:
        logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if WANTED:
        terminalreporter.section("fuzzing")
        for name, number in sorted(RAN.items()):
            terminalreporter.write_line(f"{number:>9,} {name}")
        terminalreporter.write_line(f"{sum(RAN.values()):>9,} examples in all")
        terminalreporter.write_line(", ".join(f"{number:,} {what}" for what, number in sorted(SEEN.items())))
