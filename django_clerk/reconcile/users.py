"""Clerk's list of users, applied to the rows."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.db import DataError, IntegrityError

from django_clerk.api import ClerkClient
from django_clerk.core.profiles import Profile, read_profile
from django_clerk.sync import Outcome, apply_profiles, preview

from . import checkpoints
from .report import Report

logger = logging.getLogger("django_clerk")

LISTING = "users"

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
        profiles = [profile for item in page if (profile := _read(item, report)) is not None]
        if report.seen is not None:
            for profile in profiles:
                report.seen.add(profile.clerk_id)
        for outcome in (preview(profiles) if dry_run else _apply(profiles, report)).values():
            report.count(outcome)
        if checkpoint:
            checkpoints.reach(LISTING, page)
        progress(report.listed)
    if checkpoint:
        checkpoints.finish(LISTING)


def reconcile_user(client: ClerkClient, user_id: str, report: Report, *, dry_run: bool = False) -> None:
    """Fetch one user and apply them. Raises APINotFound for one that Clerk does not have, ValueError for a bad id."""
    reconcile_users([[client.get_user(user_id)]], report, dry_run=dry_run)


def _read(item: Any, report: Report) -> Profile | None:
    try:
        return read_profile(item)
    except ValueError:
        name = item.get("id") if isinstance(item, dict) else None
        report.failed.append(ascii(name)[:60] if name is not None else f"number {report.listed + 1}, which has no id")
        return None


def _apply(profiles: Sequence[Profile], report: Report) -> dict[str, Outcome]:
    try:
        return apply_profiles(profiles)
    except (IntegrityError, DataError) as error:
        if len(profiles) > 1:  # one row is refused: find it, and store the others
            return {clerk_id: outcome for one in profiles for clerk_id, outcome in _apply([one], report).items()}
        # Not the message: some databases put the value into it, and it may be an address.
        logger.error("User %s could not be stored: %s.", profiles[0].clerk_id, type(error).__name__)
        report.failed.append(profiles[0].clerk_id)
        return {}
