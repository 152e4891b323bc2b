"""Every URL of a project, as a flat list."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import Any

from django.urls import URLResolver, get_resolver
from django.urls.resolvers import LocalePrefixPattern, RegexPattern, RoutePattern

from .core.patterns import Route


@dataclass(frozen=True)
class Endpoint:
    """A URL of the project: where it is, what it is called, and the view."""

    route: str  #: as Django's ``resolver_match.route``
    namespaces: tuple[str, ...]
    url_name: str | None
    view: Any
    only_path: str | None  #: where the route has no argument, and is the same in every language
    sure: str  #: what every path of the route begins with, for all that can be told, and perhaps an argument

    @property
    def resolved(self) -> Route:
        """What patterns look at."""
        return Route.of(self.namespaces, self.url_name, self.sure)

    @property
    def name(self) -> str:
        """The name with its namespaces, as ``reverse()`` takes it; empty where there is none."""
        return self.resolved.name


def endpoints(urlconf: Any = None) -> Iterator[Endpoint]:
    """Yield every URL, in the order in which they are tried."""
    yield from _walk(get_resolver(urlconf), "", "/", (), None)


@lru_cache(maxsize=32)
def names_in(urlconf: Any = None) -> frozenset[str]:
    """Return the names of all URLs with their namespaces, and the namespaces, which end in a colon."""
    found: set[str] = set()
    for endpoint in endpoints(urlconf):
        found.add(endpoint.name)
        found.update(accumulate(f"{name}:" for name in endpoint.namespaces))
    return frozenset(found - {""})


def _walk(
    resolver: URLResolver, route: str, path: str | None, namespaces: tuple[str, ...], sure: str | None
) -> Iterator[Endpoint]:
    for entry in resolver.url_patterns:
        text = str(entry.pattern)
        joined = route + text.removeprefix("^") if route else text
        is_text = isinstance(entry.pattern, RoutePattern) and "<" not in text
        joined_path = path + text if path is not None and is_text else None
        sure_here = route if sure is None and _begins_otherwise(entry.pattern) else sure
        if isinstance(entry, URLResolver):
            inner = (*namespaces, entry.namespace) if entry.namespace else namespaces
            yield from _walk(entry, joined, joined_path, inner, sure_here)
        else:
            sure_of_it = joined if sure_here is None else sure_here
            yield Endpoint(joined, namespaces, entry.name, entry.callback, joined_path, sure_of_it)


def _begins_otherwise(pattern: Any) -> bool:
    """Tell whether a path can match without beginning as the pattern is written."""
    if isinstance(pattern, LocalePrefixPattern):  # written in the language of whoever looks
        return True
    # Django searches for an expression without "^", and finds it behind anything; an empty one it finds at once.
    return isinstance(pattern, RegexPattern) and str(pattern) != "" and not str(pattern).startswith("^")
