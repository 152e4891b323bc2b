"""Walk a list of Clerk's by cursor, and come to an end whatever the server answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django_clerk.exceptions import APIError

ID = re.compile(r"[A-Za-z0-9_-]{1,255}")


#: So many of the last items of a page may be deleted before the next page is asked for.
_FALLBACKS = 5
#: What Clerk may answer to a cursor that names nobody; which of them is not documented.
_UNKNOWN_CURSOR = frozenset({400, 404, 422})


def walk(fetch: Callable[[str | None], list[Any]], *, page_size: int, after: str | None = None) -> Iterator[list[Any]]:
    """
    Yield page after page; ``fetch`` gets the id after which the next page begins, None for the first.

    The first page with fewer than ``page_size`` items is the last. With ``after`` the walk begins behind that item.
    Raises APIError when a page brings an item again or holds nothing to continue from: the listing is then not
    complete, and never will be.
    """
    previous: frozenset[str] = frozenset()
    cursors: set[str] = set()
    last: Sequence[str | None] = [after]
    while True:
        page = _fetch_after(fetch, last)
        listed = [item["id"] for item in page if _has_id(item)]
        ids = frozenset(listed)
        # Comparing with the page before finds a cursor that is ignored; the set of cursors, any longer circle.
        if len(ids) < len(listed) or ids & previous or (listed and listed[-1] in cursors):
            raise APIError("Clerk sent the same page twice, or one item on two pages: the listing is not complete.")
        yield page
        if len(page) < page_size:
            return
        if not listed:
            raise APIError("Clerk sent a page without a single valid id: there is nothing to continue from.")
        previous, last = ids, listed[-_FALLBACKS:]
        cursors.add(listed[-1])


def _fetch_after(fetch: Callable[[str | None], list[Any]], last: Sequence[str | None]) -> list[Any]:
    """Return the page after the last of several items that is still there: whoever is deleted is no cursor."""
    *earlier, cursor = last
    try:
        return fetch(cursor)
    except APIError as error:
        if not earlier or error.status not in _UNKNOWN_CURSOR:
            raise
    return _fetch_after(fetch, earlier)


def _has_id(item: object) -> bool:
    return isinstance(item, dict) and isinstance(item.get("id"), str) and ID.fullmatch(item["id"]) is not None
