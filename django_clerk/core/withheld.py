"""Secrets that code may use and pages must not show."""

from __future__ import annotations

from typing import NoReturn


class Withheld(str):
    """
    A text like any other to code, and nothing to a template.

    Django's templates print nothing for what says that calling it would alter data, Jinja2's and Django's escaping asks
    for ``__html__``. Error pages and debuggers show the ``repr``.
    """

    __slots__ = ()
    alters_data = True

    def __call__(self) -> NoReturn:
        raise TypeError("A token is a text, and is not called.")

    def __html__(self) -> str:
        return ""

    def __repr__(self) -> str:
        return "<withheld>"
