"""Close the accounts of users that Clerk no longer has, and never because half a list was read."""

from __future__ import annotations

from collections.abc import Iterator

from django_clerk.api import ClerkClient
from django_clerk.exceptions import APINotFound
from django_clerk.models import ClerkUser
from django_clerk.rows import database
from django_clerk.sync import delete_user

from .report import Report

#: A prune that would close more of the accounts than this, or all of several, looks like the wrong secret key.
_SHARE, _FLOOR = 0.2, 10


class TooManyToPrune(Exception):
    """So many users are missing in Clerk that another instance's key is likelier. Nothing was removed."""


def prune_users(client: ClerkClient, report: Report, *, dry_run: bool = False, force: bool = False) -> None:
    """
    Close the accounts of users that a complete listing did not show, each after asking Clerk for it by id.

    Raises TooManyToPrune, unless forced, when that would be more than a fifth of them and more than ten, or all of
    several; ValueError without a listing to go by.
    """
    seen = report.seen
    if seen is None:
        raise ValueError("A prune goes by a listing that was read with Report(seen=Seen()).")
    known, missing = 0, []
    for clerk_id in _living():
        known += 1
        if clerk_id not in seen:
            missing.append(clerk_id)
    too_many = len(missing) > max(_FLOOR, _SHARE * known) or len(missing) == known > 1
    if too_many and not force:
        raise TooManyToPrune(f"{len(missing)} of {known} users are not in Clerk's list.")
    for clerk_id in missing:
        if _is_gone(client, clerk_id) and (dry_run or delete_user(clerk_id)):
            report.removed += 1


def _living() -> Iterator[str]:
    living = ClerkUser.objects.using(database()).filter(deleted_at=None).order_by("pk")
    return living.values_list("clerk_id", flat=True).iterator(chunk_size=2000)


def _is_gone(client: ClerkClient, clerk_id: str) -> bool:
    """Who signed up while the list was read is missing in it, and lives."""
    try:
        client.get_user(clerk_id)
    except APINotFound:
        return True
    return False
