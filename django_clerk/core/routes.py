"""
Which URLs are public, for whoever is signed in, or for some roles: the rule for one, out of a project's three lists.

A pattern yields to one that lies wholly within it. Of those that do not yield, the strictest decide.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

from .patterns import NamePattern, NamespacePattern, PathPattern, Pattern, Route, read_pattern
from .policies import Policy, has_role, known

_MOST_REMEMBERED: Final = 512  #: paths whose rules are kept; strangers send as many as they like


class Access(enum.IntEnum):
    """What a list makes of the URLs in it; the larger is the stricter."""

    PUBLIC = 0
    PROTECTED = 1
    ROLE = 2


@dataclass(frozen=True)
class Rule:
    """A pattern, the list that it is in, and who passes."""

    access: Access
    pattern: Pattern
    policy: Policy = known

    @cached_property
    def name(self) -> str:
        """What logs and tables call it."""
        asked = f": {self.policy.name}" if self.access is Access.ROLE else ""
        return f"CLERK_{self.access.name}_ROUTES {self.pattern.text}{asked}"

    def matches(self, route: Route, path: str) -> bool:
        """Tell whether the rule is about a path that has been resolved to a route."""
        pattern = self.pattern
        if isinstance(pattern, NamePattern):
            return pattern.text == route.name
        if isinstance(pattern, NamespacePattern):
            return route.namespace.startswith(pattern.text)
        return pattern.matches(path) if self.access is Access.PUBLIC else pattern.may_match(path)

    def is_about_all(self, route: Route) -> bool:
        """Tell, without a path, whether the rule is surely about every path of a route."""
        pattern = self.pattern
        if isinstance(pattern, PathPattern):
            return pattern.covers_all_below and route.beginning.startswith(pattern.beginning)
        return self.matches(route, "")

    def may_be_about(self, route: Route) -> bool:
        """Tell, without a path, whether the rule could be about a path of a route."""
        pattern = self.pattern
        if not isinstance(pattern, PathPattern):
            return self.matches(route, "")
        one, other = pattern.beginning.casefold(), route.beginning.casefold()
        return one.startswith(other) or other.startswith(one)


class Routes:
    """The three lists. Raises ValueError, which says what to write, for what is no pattern and no role."""

    def __init__(
        self,
        public: Iterable[str] = (),
        protected: Iterable[str] = (),
        roles: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self._remembered = lru_cache(_MOST_REMEMBERED)(self._rules_for)
        self.rules = (
            *(Rule(Access.ROLE, read_pattern(text), has_role(*held)) for text, held in (roles or {}).items()),
            *(Rule(Access.PROTECTED, read_pattern(text)) for text in protected),
            *(Rule(Access.PUBLIC, read_pattern(text)) for text in public),
        )

    def __bool__(self) -> bool:
        return bool(self.rules)

    def rules_for(self, route: Route, path: str, *, opened: bool = False) -> tuple[Rule, ...]:
        """
        Return the rules that decide about a path, all of one list and all to be kept; none where nothing is said of it.

        ``opened`` is a view that says of itself that nobody needs to sign in for it. That lifts the protection of
        whatever lies around it, and not that of its own name, nor a role.
        """
        return self._remembered(route, path, opened)

    def _rules_for(self, route: Route, path: str, opened: bool) -> tuple[Rule, ...]:
        return decisive((rule for rule in self.rules if rule.matches(route, path)), route, opened=opened)


def decisive(rules: Iterable[Rule], route: Route, *, opened: bool = False) -> tuple[Rule, ...]:
    """Return those of the rules about a route that decide."""
    found = [rule for rule in rules if not (opened and _yields_to_view(rule))]
    if len(found) > 1:
        patterns = [rule.pattern for rule in found]
        found = [rule for rule in found if not any(rule.pattern.holds(pattern, route) for pattern in patterns)]
    strictest = max((rule.access for rule in found), default=Access.PUBLIC)
    return tuple(rule for rule in found if rule.access is strictest)


def _yields_to_view(rule: Rule) -> bool:
    return rule.access is Access.PROTECTED and not isinstance(rule.pattern, NamePattern)
