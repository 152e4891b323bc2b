"""The table in print: who is told what, and by how many doors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import groupby
from textwrap import fill

from django.db import transaction

from tests.doors.adapters import DOORS
from tests.doors.door import Door
from tests.doors.table import ANSWERS, RULES


def declared(caller: str) -> list[dict[str, str]]:
    """Return what each door should say, which the tests prove."""
    return [{rule: door.word(caller, rule) for rule in door.carries} for door in DOORS]


def measured(caller: str) -> list[dict[str, str]]:
    """Ask each door. Return its words, and what it has said instead where that is not what it should."""
    return [_words(door, caller) for door in DOORS]


def table(words_of: Callable[[str], list[dict[str, str]]]) -> str:
    """Return callers down, rules across, and for each answer the number of doors that gave it."""
    lines = [["", *RULES]]
    for caller in ANSWERS:
        said = words_of(caller)
        counts = [Counter(words[rule] for words in said if rule in words) for rule in RULES]
        cells = [", ".join(f"{word} {number}" for word, number in count.most_common()) for count in counts]
        lines.append([caller, *cells])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    text = "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)
    return f"{text}\n\n{_legend()}"


def _words(door: Door, caller: str) -> dict[str, str]:
    with transaction.atomic():
        page, api = door.answers(caller)
        transaction.set_rollback(True)
    expected = door.expected(caller)
    return {
        rule: door.word(caller, rule)
        if (page[rule], api[rule]) == (expected[0][rule], expected[1][rule])
        else f"{page[rule]}|{api[rule]}?"
        for rule in door.carries
    }


def _legend() -> str:
    """Say which doors there are, what some of them cannot carry, and where they must differ."""
    groups = groupby(DOORS, lambda door: (tuple(door.carries), door.why_not_others, door.differs, door.why_it_differs))
    return "\n".join(_group(list(doors)) for _, doors in groups)


def _group(doors: list[Door]) -> str:
    first = doors[0]
    rules = f"Only {', '.join(first.carries)}" if first.why_not_others else "Every rule"
    differs = ", ".join(f"{caller} {word}" for (caller, _), word in first.differs.items())
    said = [f"{rules}: {', '.join(door.name for door in doors)}.", first.why_not_others]
    said += [f"But {differs}: {first.why_it_differs}"] if differs else []
    return fill(" ".join(filter(None, said)), 116, subsequent_indent="  ", break_on_hyphens=False)
