"""Cookies whose lines are Clerk's, to the letter."""

from __future__ import annotations

from collections.abc import Iterable
from http.cookies import Morsel

from django.http.response import HttpResponseBase


def set_cookie_lines(response: HttpResponseBase, lines: Iterable[str]) -> None:
    """
    Add ``Set-Cookie`` headers to a response, verbatim and in order.

    ``set_cookie()`` would keep one of two cookies of one name on several domains, and write attributes its own way.
    """
    for line in lines:
        morsel = _Line(line)
        # Under its name where that is free, as Django's test client expects; the key is not sent.
        key = morsel.key if morsel.key not in response.cookies else f"{morsel.key} {len(response.cookies)}"
        dict.__setitem__(response.cookies, key, morsel)


class _Line(Morsel[str]):
    """A cookie that is written as it came."""

    def __init__(self, line: str) -> None:
        super().__init__()
        name, _, value = line.partition(";")[0].partition("=")
        self.set(name, value, value)
        self._line = line

    def OutputString(self, attrs: object = None) -> str:  # noqa: N802
        """Return the line."""
        return self._line

    def output(self, attrs: object = None, header: str = "Set-Cookie:") -> str:
        """Return the line after a header's name."""
        return f"{header} {self._line}".lstrip() if header else self._line
