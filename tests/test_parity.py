"""
Where Clerk's own SDK decides the same things, the answers are the same, save for the differences listed.

The cases are not part of this repository; they lie beside it, in ``../shared/parity`` or where PARITY_CASES says.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from tests.parity.network import CASES
from tests.processes import PROJECT

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

DIFFERENCES = tomllib.loads((Path(__file__).parent / "parity" / "differences.toml").read_text(encoding="utf-8"))
PATTERNS = [pattern for difference in DIFFERENCES.values() for pattern in difference["cases"]]

pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason=f"There are no parity cases in {CASES}.")


def lines(name: str) -> Iterator[dict[str, Any]]:
    with (CASES / name).open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def load_compare() -> Any:
    """Return the program that comes with the cases, and knows when two answers are one."""
    spec = importlib.util.spec_from_file_location("parity_compare", CASES / "compare.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_answers_are_clerks() -> None:
    """One run of the adapter's command answers all: who asks each thing in a test of its own would run it each time."""
    compare = load_compare()
    expected = {line["id"]: line for line in lines("expected.jsonl")}
    with (CASES / "cases.jsonl").open(encoding="utf-8") as cases:
        command = [sys.executable, "-m", "tests.parity.adapter"]
        done = subprocess.run(command, cwd=PROJECT, stdin=cases, capture_output=True, encoding="utf-8", check=True)
    answers = {answer["id"]: answer for answer in map(json.loads, done.stdout.splitlines())}
    assert answers.keys() == expected.keys()

    let_in = [case for case, given in answers.items() if is_let_in(compare, expected[case], given)]
    assert let_in == []

    differing = {
        case: compare.label(given)
        for case, given in answers.items()
        if compare.views(expected[case])["full"] != compare.views(given)["full"]
    }
    assert {case: ours for case, ours in differing.items() if not is_listed(case, ours)} == {}
    assert [pattern for pattern in PATTERNS if not any(fnmatchcase(case, pattern) for case in differing)] == []
    assert [ours for one in DIFFERENCES.values() for ours in one["ours"] if ours not in differing.values()] == []
    assert all(one["why"] for one in DIFFERENCES.values())


def is_listed(case: str, ours: str) -> bool:
    """Tell whether a difference has a reason, and the answer is the one that the reason explains."""
    return any(
        ours in one["ours"] and any(fnmatchcase(case, pattern) for pattern in one["cases"])
        for one in DIFFERENCES.values()
    )


def is_let_in(compare: Any, wanted: dict[str, Any], given: dict[str, Any]) -> bool:
    return compare.granted(given) and not compare.granted(wanted) and wanted["outcome"] != "steps"
