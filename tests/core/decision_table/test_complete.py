"""That no row of the table is missing."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType

from . import (
    test_configuration,
    test_cookie,
    test_cross_origin,
    test_family,
    test_header,
    test_machine,
    test_organization,
    test_resolution,
    test_satellite,
)

GROUPS = (
    test_header,
    test_machine,
    test_cookie,
    test_cross_origin,
    test_organization,
    test_satellite,
    test_resolution,
    test_family,
    test_configuration,
)


def ids(group: ModuleType) -> Iterator[str]:
    """Return the id of each case of a module."""
    for test in vars(group).values():
        for mark in getattr(test, "pytestmark", []):
            yield from mark.kwargs.get("ids") or [case.id for case in mark.args[1]]


def test_every_row_is_tried() -> None:
    found = [name for group in GROUPS for name in ids(group)]
    assert len(set(found)) == len(found)
    assert {int(name.partition("-")[0].removeprefix("D")) for name in found} == set(range(1, 180))
