"""
One truth table, and every door answers as it says: decorators, mixins, permission classes, routes, templates and so on.

A page and an API call are refused differently (design.md, section 5), at each door in the same way.
"""

from __future__ import annotations

from textwrap import indent

import pytest

from tests.callers import CALLERS
from tests.channels.sockets import with_database
from tests.doors.adapters import DOORS, Channels
from tests.doors.door import Door
from tests.doors.report import declared, table
from tests.doors.table import ANSWERS, RULES
from tests.processes import PROJECT
from tests.testapp.rules import POLICIES

pytestmark = pytest.mark.django_db


def test_the_table_is_whole() -> None:
    assert list(POLICIES) == RULES
    assert list(ANSWERS) == list(CALLERS)


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.name)
def test_what_a_door_leaves_out_is_said(door: Door) -> None:
    assert set(door.carries) <= set(RULES)
    assert bool(door.why_not_others) == (set(door.carries) != set(RULES))
    assert bool(door.why_it_differs) == bool(door.differs)
    assert all(ANSWERS[caller][rule] != word and rule in door.carries for (caller, rule), word in door.differs.items())


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize(
    "door",
    [pytest.param(door, id=door.name, marks=with_database if isinstance(door, Channels) else ()) for door in DOORS],
)
def test_answers(door: Door, caller: str) -> None:
    """What a page is told, and what a program is."""
    assert door.answers(caller) == door.expected(caller)


def test_the_documentation_has_the_table() -> None:
    """As the doors should answer. That they do is what the others prove, and ``python -m tests.doors`` shows."""
    printed = (PROJECT / "docs" / "guards.rst").read_text()
    assert indent(table(declared), "    ") in printed, "put in what `python -m tests.doors` prints"
