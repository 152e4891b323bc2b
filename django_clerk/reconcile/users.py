"""Clerk's list of users, applied to the rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from django_clerk.api import ClerkClient
from django_clerk.api.paging import UNKNOWN_CURSOR
from django_clerk.core.profiles import Profile, read_profile
from django_clerk.exceptions import APIError
from django_clerk.sync import apply_profiles, preview

from . import checkpoints
from .pages import Kind, asked_for, take
from .report import Report

LISTING: Final = "users"
Progress = Callable[[int], None]


def _read(item: Any, asked_at: datetime) -> Profile:
    return read_profile(item, told_at=asked_at)


USER: Final = Kind[Profile]("User", _read, apply_profiles, preview)


def pages_after(client: ClerkClient, after: str | None, *, started_over: Callable[[], None]) -> Iterator[list[Any]]:
    """Yield Clerk's users from behind a user on; all, after a call of ``started_over``, where that user is gone."""
    pages = client.users(after=after)
    try:
        first = next(pages)
    except APIError as error:
        if after is None or error.status not in UNKNOWN_CURSOR:
            raise
        started_over()
        yield from client.users()
        return
    yield first
    yield from pages


def reconcile_users(
    pages: Iterable[Sequence[Any]],
    report: Report,
    *,
    dry_run: bool = False,
    checkpoint: bool = False,
    progress: Progress = lambda listed: None,
) -> None:
    """
    Apply pages of Clerk's users to the rows, each in a transaction, and fill in ``report`` on the way.

    With ``checkpoint``, what is done is remembered after each page, for a run that goes on there. Raises the APIError
    that ends a listing early; what was written until then stays, and a new run finds it unchanged.
    """
    for page, asked_at in asked_for(pages):
        take(USER, page, report, asked_at=asked_at, dry_run=dry_run)
        if checkpoint:
            checkpoints.reach(LISTING, page)
        progress(report.listed)
    if checkpoint:
        checkpoints.finish(LISTING)
