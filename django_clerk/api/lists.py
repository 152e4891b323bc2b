"""Lists that tell how long they are: ``{"data": […], "total_count": …}``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, TypeVar

from .calls import Calls, wrong_shape
from .connection import DEFAULT_MAX_BODY
from .paging import walk_by_offset
from .resources import Resource

R = TypeVar("R", bound=Resource)

LARGEST_PAGE = 500
_MAX_ITEM = 128 * 1024  # bytes: two metadata fields of 8 KB, of the object and of what is nested in it, and then some


class ListCalls(Calls):
    """What the groups of calls share that serve such lists."""

    def _list(
        self, kind: type[R], path: str, *, page_size: int, params: Mapping[str, Any] | None = None
    ) -> Iterator[list[R]]:
        """Return an iterator of the pages at a path. Raises ValueError for a page size that Clerk does not serve."""
        check_page_size(page_size)
        return walk_by_offset(partial(self._page, kind, path, page_size, params or {}), page_size=page_size)

    def _page(
        self, kind: type[R], path: str, page_size: int, params: Mapping[str, Any], offset: int
    ) -> tuple[list[R], int]:
        self.pace.wait()
        answer = self._call(
            "GET",
            path,
            params={**params, "limit": str(page_size), "offset": str(offset)},
            max_body=DEFAULT_MAX_BODY + page_size * _MAX_ITEM,
        )
        call = f"GET {path}"
        items = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise wrong_shape(call, "a list of objects")
        return [kind(item) for item in items], total_of(answer, call=call)


def check_page_size(page_size: int, *, least: int = 2) -> None:
    """Raise ValueError for a page that Clerk does not serve, or that has no room for an overlap with the next."""
    if not least <= page_size <= LARGEST_PAGE:
        raise ValueError(f"page_size must be between {least} and {LARGEST_PAGE}, not {page_size}.")


def total_of(answer: Any, *, call: str) -> int:
    """Return the total_count of an answer."""
    total = answer.get("total_count") if isinstance(answer, dict) else None
    if not isinstance(total, int) or isinstance(total, bool) or total < 0:
        raise wrong_shape(call, "a total_count")
    return total
