"""Bring every row up to Clerk's list of users: what webhooks lost, this finds."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from django.db import DataError, IntegrityError

from .api import ClerkClient
from .core.profiles import Profile, read_profile
from .exceptions import APINotFound
from .models import ClerkUser
from .rows import database
from .sync import Outcome, apply_profiles, delete_user, preview

logger = logging.getLogger("django_clerk")

#: A prune that would close more of the accounts than this, or all of several, looks like the wrong secret key.
_PRUNE_SHARE, _PRUNE_FLOOR = 0.2, 10


class TooManyToPrune(Exception):
    """So many users are missing in Clerk that another instance's key is likelier. Nothing was removed."""


@dataclass
class Report:
    """What a run did. ``failed`` names the users that could not be stored, by id or by place in the list."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    failed: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set, repr=False)

    @property
    def listed(self) -> int:
        """How many users Clerk has listed, so far."""
        return self.created + self.updated + self.unchanged + len(self.failed)

    def count(self, outcome: Outcome) -> None:
        """Count one outcome; a row that is newer, or closed for good, is as it should be."""
        if outcome is Outcome.CREATED:
            self.created += 1
        elif outcome is Outcome.UPDATED:
            self.updated += 1
        else:
            self.unchanged += 1


def reconcile(
    client: ClerkClient, report: Report, *, dry_run: bool = False, progress: Callable[[int], None] = lambda listed: None
) -> None:
    """
    Apply the whole list to the rows, a page in a transaction, and fill in ``report`` on the way.

    Raises the APIError that ends a listing early; what was written until then stays, and a new run finds it unchanged.
    """
    asked_at = datetime.now(timezone.utc)
    for page in client.users():
        profiles = [profile for item in page if (profile := _read(item, report, asked_at)) is not None]
        report.seen.update(profile.clerk_id for profile in profiles)
        for outcome in (preview(profiles) if dry_run else _apply(profiles, report)).values():
            report.count(outcome)
        progress(report.listed)
        asked_at = datetime.now(timezone.utc)  # for the next page


def prune(client: ClerkClient, report: Report, *, dry_run: bool = False, force: bool = False) -> None:
    """
    Close the accounts of users that a complete listing did not show, each after asking Clerk for it by id.

    Raises TooManyToPrune, unless forced, when that would be more than a fifth of them and more than ten, or all of
    several.
    """
    living = ClerkUser.objects.using(database()).filter(deleted_at=None).order_by("pk")
    known = list(living.values_list("clerk_id", flat=True))
    missing = [clerk_id for clerk_id in known if clerk_id not in report.seen]
    too_many = len(missing) > max(_PRUNE_FLOOR, _PRUNE_SHARE * len(known)) or len(missing) == len(known) > 1
    if too_many and not force:
        raise TooManyToPrune(f"{len(missing)} of {len(known)} users are not in Clerk's list.")
    for clerk_id in missing:
        try:
            client.get_user(clerk_id)
        except APINotFound:
            if dry_run or delete_user(clerk_id):
                report.removed += 1


def _read(item: Any, report: Report, asked_at: datetime) -> Profile | None:
    try:
        return read_profile(item, told_at=asked_at)
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
