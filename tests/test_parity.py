"""
Where Clerk's own SDK decides the same things, the answers are the same, save for the differences listed.

The cases are not part of this repository; they lie beside it, in ``../shared/parity`` or where PARITY_CASES says.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.parity import KINDS, answer

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HERE = Path(__file__).parent
FOLDER = Path(os.environ.get("PARITY_CASES", HERE.parents[1] / "shared" / "parity"))
DIFFERENCES = tomllib.loads((HERE / "parity" / "differences.toml").read_text(encoding="utf-8"))
ACCEPTED = {case: name for name, difference in DIFFERENCES.items() for case in difference["cases"]}

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"There are no parity cases in {FOLDER}.")


def lines(name: str) -> Iterator[dict[str, Any]]:
    with (FOLDER / name).open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def load_compare() -> Any:
    """Return the program that comes with the cases, and knows when two answers are one."""
    spec = importlib.util.spec_from_file_location("parity_compare", FOLDER / "compare.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def ask(case: dict[str, Any]) -> dict[str, Any]:
    try:
        return answer(case)
    except ValueError as error:
        return {"outcome": "throw", "error": {"name": type(error).__name__, "message": str(error)}}


@pytest.fixture(scope="module")
def verdicts() -> dict[str, tuple[Any, Any, bool]]:
    """What was expected, what we answer, and whether the two agree, by case."""
    compare = load_compare()
    expected = {line["id"]: line for line in lines("expected.jsonl")}
    found = {}
    for case in lines("cases.jsonl"):
        if case["kind"] in KINDS:
            wanted, given = expected[case["id"]], ask(case)
            agreed = compare.views(wanted)["decision"] == compare.views(given)["decision"]
            found[case["id"]] = (compare.granted(wanted), compare.granted(given), agreed)
    return found


def test_nobody_is_let_in_whom_clerk_turns_away(verdicts: dict[str, tuple[Any, Any, bool]]) -> None:
    assert [case for case, (wanted, given, _) in verdicts.items() if given and not wanted] == []


def test_every_difference_is_listed_with_its_reason(verdicts: dict[str, tuple[Any, Any, bool]]) -> None:
    assert [case for case, (*_, agreed) in verdicts.items() if not agreed and case not in ACCEPTED] == []


def test_every_difference_listed_is_one(verdicts: dict[str, tuple[Any, Any, bool]]) -> None:
    assert [case for case in ACCEPTED if case not in verdicts or verdicts[case][2]] == []
    assert all(difference["why"] for difference in DIFFERENCES.values())


def test_most_answers_are_the_same(verdicts: dict[str, tuple[Any, Any, bool]]) -> None:
    assert len(verdicts) > 300
    assert sum(agreed for *_, agreed in verdicts.values()) / len(verdicts) > 0.93
