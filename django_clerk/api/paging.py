"""Walk a list of Clerk's by cursor, and come to an end whatever the server answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from django_clerk.exceptions import APIError

ID = re.compile(r"[A-Za-z0-9_-]{1,255}")


def walk(fetch: Callable[[str | None], list[Any]], *, page_size: int) -> Iterator[list[Any]]:
    """
    Yield page after page; ``fetch`` gets the id after which the next page begins, None for the first.

    The first page with fewer than ``page_size`` items is the last. Raises APIError when a page brings an item again
    or holds nothing to continue from: the listing is then not complete, and never will be.
    """
    previous: frozenset[str] = frozenset()
    cursors: set[str] = set()
    cursor: str | None = None
    while True:
        page = fetch(cursor)
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
        previous, cursor = ids, listed[-1]
        cursors.add(cursor)


def _has_id(item: object) -> bool:
    return isinstance(item, dict) and isinstance(item.get("id"), str) and ID.fullmatch(item["id"]) is not None
