"""Walk a list of Clerk's, by cursor or by offset, and come to an end whatever the server answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django_clerk.exceptions import APIError

OVERLAP = 10  #: items of a page by offset that the page before should have had
_SPARE = 10  # requests more than the pages of a list, for what changes while it is read
#: So many of the last items of a page may be deleted before the next page is asked for.
_FALLBACKS = 5
#: What Clerk may answer to a cursor that names nobody; which of them is not documented.
UNKNOWN_CURSOR = frozenset({400, 404, 422})
ID = re.compile(r"[A-Za-z0-9_-]{1,255}")


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
        if not earlier or error.status not in UNKNOWN_CURSOR:
            raise
    return _fetch_after(fetch, earlier)


def walk_by_offset(fetch: Callable[[int], tuple[list[Any], int]], *, page_size: int) -> Iterator[list[Any]]:
    """
    Yield page after page; ``fetch`` gets the offset and returns a page with the length of the whole list.

    A list that loses items while it is read moves up, and an offset then leaves some out. So each page begins a little
    before the end of the one before and must hold one of its items; otherwise it is read again from further back. What
    changes while it is read may come twice, and what is added in front does not come any more.

    The first page with fewer than ``page_size`` items is the last. Raises APIError when the list does not come to an
    end, or holds nothing to go by: the listing is then not complete.
    """
    overlap = min(OVERLAP, page_size - 1)
    previous: frozenset[str] = frozenset()
    offset = requests = allowed = 0
    while True:
        page, total = fetch(offset)
        requests += 1
        allowed = allowed or _SPARE + 2 * (total // (page_size - overlap))
        ids = frozenset(item["id"] for item in page if _has_id(item))
        is_torn = offset > 0 and not ids & previous
        fresh = [] if is_torn else [item for item in page if not _has_id(item) or item["id"] not in previous]
        if fresh:
            yield fresh
        if len(page) < page_size and not is_torn:
            return
        if requests >= allowed:
            raise APIError("Clerk's list does not come to an end: the listing is not complete.")
        if is_torn:
            offset = max(offset - page_size, 0)
            continue
        if not ids:
            raise APIError("Clerk sent a page without a single valid id: there is nothing to continue from.")
        previous = ids
        offset += page_size - overlap


def _has_id(item: object) -> bool:
    return isinstance(item, dict) and isinstance(item.get("id"), str) and ID.fullmatch(item["id"]) is not None
