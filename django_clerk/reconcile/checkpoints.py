"""Where a listing goes on that was interrupted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django_clerk.models import ClerkSyncCheckpoint
from django_clerk.rows import database


def cursors() -> dict[str, str]:
    """Return the ids behind which unfinished listings go on, by listing."""
    return dict(ClerkSyncCheckpoint.objects.using(database()).values_list("listing", "cursor"))


def reach(listing: str, page: Sequence[Any]) -> None:
    """
    Remember that a page is in the database.

    It comes after the page's own transaction: whoever is interrupted between the two reads the page once more, and
    finds it unchanged.
    """
    reached = next((item["id"] for item in reversed(page) if isinstance(item, dict) and item.get("id")), None)
    if isinstance(reached, str):
        ClerkSyncCheckpoint.objects.using(database()).update_or_create(
            listing=listing, defaults={"cursor": reached[:255]}
        )


def clear() -> None:
    """Forget all listings that were interrupted."""
    ClerkSyncCheckpoint.objects.using(database()).all().delete()


def finish(listing: str) -> None:
    """Forget a listing that has come to its end."""
    ClerkSyncCheckpoint.objects.using(database()).filter(listing=listing).delete()
