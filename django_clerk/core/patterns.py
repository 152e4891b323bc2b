"""What a project's lists of routes are made of: names of URLs, namespaces, and regular expressions for paths."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from .paths import is_plain, plain

EVERYTHING: Final = "*"

_WORD = r"[^\s/:\\^$*+?(){}\[\]|]+"
_NAME = re.compile(rf"{_WORD}(?::{_WORD})*")
_NAMESPACE = re.compile(rf"(?:{_WORD}:)+")
_SPECIAL = frozenset("\\.^$*+?{}[]()|<")
_REPEATING = frozenset("*?{")


@dataclass(frozen=True, slots=True)
class Route:
    """What a path has been resolved to, as far as patterns look at it."""

    namespace: str = ""  #: with a colon at the end, such as "shop:billing:"
    name: str = ""  #: with its namespace, such as "shop:billing:invoice"; empty for a URL without a name
    beginning: str = "/"  #: what each of its paths starts with

    @classmethod
    def of(cls, namespaces: Sequence[str], url_name: str | None, route: str) -> Route:
        """Return what Django calls ``namespaces``, ``url_name`` and ``route`` of a match."""
        namespace = "".join(f"{name}:" for name in namespaces)
        beginning = "/" if _has_alternatives(route) else _split("/" + route.removeprefix("^"))[0]
        return cls(namespace, f"{namespace}{url_name}" if url_name else "", beginning)


@dataclass(frozen=True)
class NamePattern:
    """The name of a URL, such as "billing:invoice"."""

    text: str

    def holds(self, other: Pattern, route: Route) -> bool:
        """Tell whether another pattern that matches the route as well lies wholly within this one, and is not it."""
        return False


@dataclass(frozen=True)
class NamespacePattern:
    """Every URL of a namespace, such as "billing:", and of those in it."""

    text: str

    def holds(self, other: Pattern, route: Route) -> bool:
        if isinstance(other, NamespacePattern):
            return other.text != self.text and other.text.startswith(self.text)
        return isinstance(other, NamePattern)


@dataclass(frozen=True)
class PathPattern:
    """Every URL whose path, without SCRIPT_NAME, is matched from end to end by a regular expression."""

    text: str

    @cached_property
    def beginning(self) -> str:
        """What everything that is matched starts with."""
        return _split(self._regex)[0]

    @cached_property
    def covers_all_below(self) -> bool:
        """Whether everything that starts so is matched."""
        return _split(self._regex)[1] in (".*", "(.*)")

    def holds(self, other: Pattern, route: Route) -> bool:
        if not self.covers_all_below:
            return False  # nobody can tell what lies within a regular expression
        if isinstance(other, NamePattern):
            return route.beginning.startswith(self.beginning)
        if isinstance(other, NamespacePattern):
            return self.beginning == "/"
        return other.beginning.startswith(self.beginning) and (
            other.beginning != self.beginning or not other.covers_all_below
        )

    def matches(self, path: str) -> bool:
        """Tell whether a path is in, if it has one reading. What is public must not be more than it seems."""
        return self._compiled.fullmatch(path) is not None and is_plain(path)

    def may_match(self, path: str) -> bool:
        """Tell whether a path is in, in some reading of it. What is protected must not be less than it seems."""
        if self._loose.fullmatch(path) is not None:
            return True
        return not is_plain(path) and self._loose.fullmatch(plain(path)) is not None

    def compile(self) -> None:
        """Raise re.error where the pattern is no regular expression."""
        self._compiled, self._loose  # noqa: B018

    @property
    def _regex(self) -> str:
        return "/.*" if self.text == EVERYTHING else self.text

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(self._regex, re.DOTALL)  # a newline is a character of a path like any other

    @cached_property
    def _loose(self) -> re.Pattern[str]:
        return re.compile(self._regex, re.DOTALL | re.IGNORECASE)


Pattern = NamePattern | NamespacePattern | PathPattern


def read_pattern(text: str) -> Pattern:
    """Return the pattern that a setting holds. Raises ValueError, which says what to write."""
    if text == EVERYTHING:
        return PathPattern(text)
    if _NAMESPACE.fullmatch(text):
        return NamespacePattern(text)
    if _NAME.fullmatch(text):
        return NamePattern(text)
    if not text.startswith("/"):
        raise ValueError(
            f'"{text}" is neither the name of a URL ("billing:invoice"), nor a namespace ("billing:"), nor a regular '
            'expression for a whole path, which starts with a slash ("/billing/.*").'
        )
    if _has_alternatives(text):
        raise ValueError(f'"{text}" has alternatives that are not in brackets: write them as patterns of their own.')
    pattern = PathPattern(text)
    try:
        pattern.compile()
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f'"{text}" is no regular expression: {error}.') from error
    return pattern


def _split(pattern: str) -> tuple[str, str]:
    """Split a route or a regular expression into plain text and the rest. Too little text is safe; too much is not."""
    found: list[str] = []
    position = 0
    while position < len(pattern):
        character, rest = pattern[position], pattern[position:]
        if character == "\\" and len(rest) > 1 and not rest[1].isalnum():
            position += 1
            character = rest[1]
        elif character in _REPEATING:
            return "".join(found[:-1]), rest  # what stands before it may not be there
        elif character in _SPECIAL:
            return "".join(found), rest
        found.append(character)
        position += 1
    return "".join(found), ""


def _has_alternatives(pattern: str) -> bool:
    """Tell whether there is a "|" outside of brackets."""
    outside = re.sub(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", "", pattern, flags=re.DOTALL)
    depth = 0
    for character in outside:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "|" and depth <= 0:
            return True
    return False
