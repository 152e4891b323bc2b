"""What a step found, and how it is printed."""

from __future__ import annotations

from dataclasses import dataclass

import requests
from django.core.management.base import OutputWrapper
from django.core.management.color import color_style


@dataclass(frozen=True)
class Finding:
    """What came back, in a few words, and whether that was what should have."""

    as_promised: bool
    fact: str
    status: int | None = None  #: of the HTTP answer that was judged
    expected: int | None = None


def status(answer: requests.Response, expected: int, fact: str = "", *, provided: bool = True) -> Finding:
    """Judge an answer by its status, and by what else was to be true of it."""
    as_promised = answer.status_code == expected and provided
    return Finding(as_promised, fact, status=answer.status_code, expected=expected)


class Printer:
    """Prints steps and counts those that went wrong."""

    def __init__(self, out: OutputWrapper) -> None:
        self._out = out
        self._style = color_style()
        self._tick, self._cross = ("✓", "✗") if _can_print(out, "✓✗") else ("ok", "XX")
        self.steps = 0
        self.failures = 0

    def title(self, text: str) -> None:
        self._write(f"\n{self._style.MIGRATE_HEADING(text)}")

    def line(self, text: str) -> None:
        self._write(text)

    def step(self, title: str, finding: Finding) -> None:
        self.steps += 1
        mark, fact = self._style.SUCCESS(self._tick), finding.fact
        if not finding.as_promised:
            self.failures += 1
            mark = self._style.ERROR(self._cross)
            was = f"should be {finding.expected}" if finding.status != finding.expected else f"not as promised, {fact}"
            fact = self._style.ERROR(was)
        self._write(f"  {mark} {finding.status or '':<4} {title}{': ' if fact else ''}{fact}")

    def _write(self, text: str) -> None:
        self._out.write(text)
        self._out.flush()


def _can_print(out: OutputWrapper, text: str) -> bool:
    try:
        text.encode(getattr(out, "encoding", None) or "ascii")
    except UnicodeEncodeError:
        return False
    return True
