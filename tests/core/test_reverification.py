from __future__ import annotations

import math
from typing import Any

import pytest

from django_clerk.core.claims import read_claims
from django_clerk.core.reverification import is_fresh, read_requirement
from tests.mint import claims

FIRST_10 = {"level": "first_factor", "afterMinutes": 10}

#: fva, and whether it satisfies strict_mfa, strict, moderate, lax, first factor within ten minutes.
TABLE = [
    ([0, -1], "yyyyy"),
    ([9, -1], "yyyyy"),
    ([5, 5], "yyyyy"),
    ([5.5, -1], "yyyyy"),
    ([10, -1], "nnyyn"),
    ([60, -1], "nnnyn"),
    ([5, 15], "nnyyy"),
    ([5, 10], "nnyyy"),
    ([15, 5], "nyyyn"),
    ([-1, 5], "nyyyn"),
    ([-1, -1], "nnnnn"),
    ([5], "nnnnn"),
    ([5, 5, 5], "nnnnn"),
    ([5, "x"], "nnnnn"),
    (["5", "5"], "nnnnn"),
    ([-2, 5], "nnnnn"),
    ([-0.5, 5], "nnnnn"),
    ([True, True], "nnnnn"),
    ([False, -1], "nnnnn"),
    ([None, None], "nnnnn"),
    ([1e300, 1e300], "nnnnn"),
    ([10**400, 0], "nnnnn"),
    ([1440, -1], "nnnnn"),
    ({"0": 1, "1": 1}, "nnnnn"),
    ("00", "nnnnn"),
    (None, "nnnnn"),
]


@pytest.mark.parametrize(("fva", "answers"), TABLE)
def test_factor_ages_against_requirements(fva: Any, answers: str) -> None:
    ages = read_claims(claims(fva=fva)).factor_ages
    wanted = ("strict_mfa", "strict", "moderate", "lax", FIRST_10)
    assert "".join("y" if is_fresh(ages, one) else "n" for one in wanted) == answers


@pytest.mark.parametrize(
    "wanted",
    [
        "",
        "STRICT",
        "strict ",
        "constructor",
        "__proto__",
        None,
        True,
        10,
        [],
        ["strict"],
        {},
        {"level": "first_factor"},
        {"afterMinutes": 10},
        {"level": "third_factor", "afterMinutes": 10},
        {"level": ["first_factor"], "afterMinutes": 10},
        {"level": "first_factor", "afterMinutes": "10"},
        {"level": "first_factor", "afterMinutes": True},
        {"level": "first_factor", "afterMinutes": 0},
        {"level": "first_factor", "afterMinutes": -1},
        {"level": "first_factor", "afterMinutes": math.nan},
        {"level": "first_factor", "afterMinutes": math.inf},
        {"level": "first_factor", "afterMinutes": None},
        {"level": "first_factor", "after_minutes": 10},
    ],
)
def test_a_requirement_nobody_understands_is_met_by_nobody(wanted: Any) -> None:
    assert read_requirement(wanted) is None
    assert not is_fresh((0, 0), wanted)


@pytest.mark.parametrize(
    ("level", "ages", "fresh"),
    [
        ("first_factor", (5, 20), True),
        ("first_factor", (20, 5), False),
        ("second_factor", (20, 5), True),
        ("second_factor", (5, -1), True),
        ("multi_factor", (5, 5), True),
        ("multi_factor", (-1, 5), False),
        ("multi_factor", (5, -1), True),
        ("multi_factor", (5, 20), False),
    ],
)
def test_levels(level: str, ages: tuple[float, float], fresh: bool) -> None:
    assert is_fresh(ages, {"level": level, "afterMinutes": 10}) is fresh
