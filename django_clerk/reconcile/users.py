"""Clerk's list of users, applied to the rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from django_clerk.core.profiles import Profile, read_profile
from django_clerk.sync import apply_profiles, preview

from . import checkpoints
from .pages import Kind, take
from .report import Report

LISTING: Final = "users"
USER: Final = Kind[Profile]("User", read_profile, apply_profiles, preview)

Progress = Callable[[int], None]


def reconcile_users(
    pages: Iterable[list[Any]],
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
    for page in pages:
        take(USER, page, report, dry_run=dry_run)
        if checkpoint:
            checkpoints.reach(LISTING, page)
        progress(report.listed)
    if checkpoint:
        checkpoints.finish(LISTING)
