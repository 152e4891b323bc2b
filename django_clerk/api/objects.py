"""What the groups of calls share: one object of Clerk's, or a list of them that tells how long it is."""

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


class ObjectCalls(Calls):
    def _one(
        self,
        kind: type[R],
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        clerk_id: str | None = None,
        **how: Any,
    ) -> R:
        """Make a call that is answered with an object, the one of ``clerk_id`` where that is given."""
        answer = self._call(method, path, body=body, **how)
        found = answer.get("id") if isinstance(answer, dict) else None
        if not isinstance(found, str) or clerk_id not in (None, found):
            raise wrong_shape(f"{method} {path}", f"the {kind.__name__.lower()} that was asked for")
        return kind(answer)

    def _delete(self, path: str) -> None:
        answer = self._call("DELETE", path)
        if not isinstance(answer, dict) or answer.get("deleted") is not True:
            raise wrong_shape(f"DELETE {path}", "that something was deleted")

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


def given(**values: Any) -> dict[str, Any]:
    """Return those that are not None, as the body or the query of a call."""
    return {name: value for name, value in values.items() if value is not None}


def given_metadata(**values: Mapping[str, Any] | None) -> dict[str, Any]:
    """The same, where one at least must be there. Raises ValueError."""
    body = given(**values)
    if not body:
        raise ValueError("No metadata was given.")
    return body


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
