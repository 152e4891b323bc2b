"""The rows of ClerkUser: found and locked, compared with profiles, filled in and saved."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connections, router

from .conf import conf
from .core.profiles import Profile, metadata_path, read_role
from .models import ClerkUser

_PERSONAL = (
    "email",
    "email_verified",
    "username",
    "first_name",
    "last_name",
    "image_url",
    "external_id",
    "public_metadata",
    "unsafe_metadata",
)
_FLAGS = ("two_factor_enabled", "banned", "locked")
_MOMENTS = ("last_sign_in_at", "created_at", "updated_at", "told_at")
_COPIED = (*_PERSONAL, *_FLAGS, *_MOMENTS)
_WRITTEN = (*_COPIED, "role", "user", "disabled_by_sync", "synced_at")


def database() -> str:
    """Return the alias of the database that ClerkUser is written to."""
    return router.db_for_write(ClerkUser)


def find(clerk_ids: Collection[str], using: str) -> dict[str, ClerkUser]:
    """
    Return the rows as they are, by Clerk id. Look before the transaction that writes.

    SQLite does not let a transaction that began by reading write after another has written.
    """
    return ClerkUser.objects.using(using).in_bulk(clerk_ids, field_name="clerk_id")


def insert(clerk_ids: Collection[str], using: str) -> None:
    """Add empty rows for the ids that have none. Whoever comes second waits until the first is done."""
    if clerk_ids:
        # An upsert that changes nothing, since MySQL's INSERT IGNORE leaves those who waited with locks that they
        # cannot all strengthen: of many at once, all but one would fail.
        _upsert([ClerkUser(clerk_id=clerk_id) for clerk_id in sorted(clerk_ids)], "clerk_id", ["clerk_id"], using)


def lock(clerk_ids: Collection[str], using: str) -> dict[str, ClerkUser]:
    """
    Return the rows with their Django users, by Clerk id, locked until the transaction ends.

    They are locked in one order, so that two callers wait for each other and never for ever.
    """
    # Without a join: not every database can lock one side of it. The users come with a second query, and by the base
    # manager: a project's own may hide the inactive, and whoever is not found here gets another account.
    found = ClerkUser.objects.using(using).select_for_update().filter(clerk_id__in=clerk_ids).order_by("clerk_id")
    rows = {row.clerk_id: row for row in found}
    keys = [row.user_id for row in rows.values() if row.user_id is not None]
    users = get_user_model()._base_manager.using(using).in_bulk(keys) if keys else {}
    for row in rows.values():
        row.user = users.get(row.user_id) if row.user_id is not None else None
    return rows


def says(row: ClerkUser, profile: Profile) -> bool:
    """Tell whether a row says what a profile says, whoever told."""
    wanted = _columns(profile)
    del wanted["told_at"]
    return row.synced_at is not None and all(getattr(row, name) == value for name, value in wanted.items())


def fill_in(row: ClerkUser, profile: Profile, *, now: datetime) -> None:
    """Make a row say what a profile says; unsaved."""
    for name, value in _columns(profile).items():
        setattr(row, name, value)
    row.synced_at = now


def profile_of(row: ClerkUser) -> Profile:
    """Return what a row says."""
    return Profile(clerk_id=row.clerk_id, **{name: getattr(row, name) for name in _COPIED})


def forget_person(row: ClerkUser) -> None:
    """Take the person out of a row; unsaved."""
    blank = ClerkUser()
    for name in (*_PERSONAL, "role"):
        setattr(row, name, getattr(blank, name))


def save(rows: Sequence[ClerkUser], using: str) -> None:
    """Write locked rows, except for what only a deletion changes."""
    if len(rows) == 1:
        rows[0].save(using=using, update_fields=_WRITTEN)
        return
    # The rows are there: an upsert is one plain statement, where bulk_update() is a CASE for each column.
    _upsert(rows, "id", _WRITTEN, using)


def moment(value: datetime | None) -> datetime | None:
    """Return a time as the database takes it: without USE_TZ naive, and in UTC, where no hour comes twice."""
    return value if value is None or settings.USE_TZ else value.replace(tzinfo=None)


def _columns(profile: Profile) -> dict[str, Any]:
    return {
        **{name: getattr(profile, name) for name in _COPIED},
        **{name: moment(getattr(profile, name)) for name in _MOMENTS},
        "role": read_role(profile.public_metadata, metadata_path(conf.CLERK_ROLE_CLAIM)),
    }


def _upsert(rows: Sequence[ClerkUser], unique: str, fields: Collection[str], using: str) -> None:
    with_target = connections[using].features.supports_update_conflicts_with_target
    ClerkUser.objects.using(using).bulk_create(
        rows, update_conflicts=True, unique_fields=[unique] if with_target else None, update_fields=fields
    )
