"""The only writer of ClerkUser: webhooks, the sync command and first sign-ins all come through here."""

from __future__ import annotations

import enum
import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import ProtectedError, RestrictedError
from django.utils import timezone

from . import accounts, linking, privileges, rows, transactions
from .conf import conf
from .core.deliveries import Event
from .core.profiles import Profile
from .models import ClerkUser
from .signals import user_deleted, user_synced

logger = logging.getLogger("django_clerk")


class Outcome(enum.Enum):
    """What became of one profile."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    STALE = "stale"  #: the row is newer
    GONE = "gone"  #: the user was deleted in Clerk, and stays deleted


_WRITTEN = frozenset({Outcome.CREATED, Outcome.UPDATED})


def apply_profiles(profiles: Iterable[Profile], *, event: Event | None = None) -> dict[str, Outcome]:
    """
    Make the rows say what the profiles say, in one transaction, and send user_synced for each that changed.

    A profile older than its row changes nothing, and neither does any profile of a deleted user. A row that has lost
    its Django user, in the admin perhaps, gets a new one. Returns the outcome by Clerk id.
    """
    by_id = {profile.clerk_id: profile for profile in profiles}
    using = rows.database()
    outcomes = preview(by_id.values())
    # What is unchanged, stale or gone remains so, whoever else may be writing: no need to lock it and look again.
    changing = {clerk_id: by_id[clerk_id] for clerk_id, outcome in outcomes.items() if outcome in _WRITTEN}
    new = [clerk_id for clerk_id, outcome in outcomes.items() if outcome is Outcome.CREATED]
    if changing:
        outcomes |= transactions.run(lambda: _apply(changing, new, event, using), using=using)
    return outcomes


def preview(profiles: Iterable[Profile]) -> dict[str, Outcome]:
    """Return what apply_profiles() would, and write nothing."""
    by_id = {profile.clerk_id: profile for profile in profiles}
    known = rows.find(by_id, rows.database())
    return {clerk_id: classify(profile, known.get(clerk_id)) for clerk_id, profile in by_id.items()}


def classify(profile: Profile, row: ClerkUser | None) -> Outcome:
    """Tell what applying a profile to a row would do, without doing it."""
    if row is None:
        return Outcome.CREATED
    if row.deleted_at is not None:
        return Outcome.GONE
    if row.user_id is None:
        return Outcome.CREATED
    if not profile.is_complete:
        return Outcome.UNCHANGED
    if _is_late(profile, row):
        return Outcome.STALE
    return Outcome.UNCHANGED if rows.says(row, profile) and privileges.is_settled(row) else Outcome.UPDATED


def delete_user(clerk_id: str, *, deleted_at: datetime | None = None, event: Event | None = None) -> bool:
    """
    Close a user's account as CLERK_ON_USER_DELETED says, and remember the id for ever.

    Works for users never seen: the row that is left keeps a late "created" from bringing them to life. Sends
    user_deleted and returns True the first time.
    """
    using = rows.database()
    is_known = bool(rows.find([clerk_id], using))

    def delete() -> bool:
        rows.insert([] if is_known else [clerk_id], using)
        row = rows.lock([clerk_id], using)[clerk_id]
        if row.deleted_at is not None:
            return False
        row.deleted_at = rows.moment(deleted_at) or timezone.now()
        row.disabled_by_sync = False
        _close(row, using)
        row.save(using=using)
        user_deleted.send(sender=ClerkUser, clerk_user=row, user=row.user, event=event)
        return True

    return transactions.run(delete, using=using)


def _apply(by_id: Mapping[str, Profile], new: Collection[str], event: Event | None, using: str) -> dict[str, Outcome]:
    rows.insert(new, using)
    locked = rows.lock(by_id, using)
    outcomes = {clerk_id: classify(profile, locked[clerk_id]) for clerk_id, profile in by_id.items()}
    pairs = [
        (locked[clerk_id], _better_informed(locked[clerk_id], by_id[clerk_id]))
        for clerk_id, outcome in outcomes.items()
        if outcome in _WRITTEN
    ]
    if pairs:
        _write(pairs, using)
    for row, _ in pairs:
        created = outcomes[row.clerk_id] is Outcome.CREATED
        user_synced.send(sender=ClerkUser, clerk_user=row, user=row.user, created=created, event=event)
    return outcomes


def _is_late(profile: Profile, row: ClerkUser) -> bool:
    """Tell whether a row is newer than a profile by Clerk's clock: of the user, and between equals, of the events."""
    if row.updated_at is None:
        return False
    updated_at, told_at = rows.moment(profile.updated_at), rows.moment(profile.told_at)
    if updated_at != row.updated_at:
        return updated_at is None or updated_at < row.updated_at
    return told_at is not None and row.told_at is not None and told_at < row.told_at


def _better_informed(row: ClerkUser, profile: Profile) -> Profile:
    """Return the profile, or the row's own, which may be newer where a row has lost its Django user."""
    if row.synced_at is not None and (not profile.is_complete or _is_late(profile, row)):
        return rows.profile_of(row)
    return profile


def _write(pairs: Sequence[tuple[ClerkUser, Profile]], using: str) -> None:
    changed = _update_users([pair for pair in pairs if pair[0].user is not None], using)
    _find_users([pair for pair in pairs if pair[0].user is None], using)
    now = timezone.now()
    for row, profile in pairs:
        if profile.is_complete:
            rows.fill_in(row, profile, now=now)
    changed += privileges.follow_roles([row for row, _ in pairs], using)
    accounts.save_users(changed, using=using)
    rows.save([row for row, _ in pairs], using)


def _update_users(pairs: Sequence[tuple[ClerkUser, Profile]], using: str) -> list[tuple[Any, list[str]]]:
    """Change the Django users of rows that have one. Returns them with the fields changed, unsaved."""
    owners = [row.user for row, _ in pairs]
    taken = accounts.taken_addresses([profile for _, profile in pairs], owners=owners, using=using)
    changed = []
    for row, profile in pairs:
        fields = accounts.update_user(row.user, profile, before=rows.profile_of(row), taken=taken)
        changed.append((row.user, fields + _follow_ban(row, profile)))
    return changed


def _find_users(pairs: Sequence[tuple[ClerkUser, Profile]], using: str) -> None:
    """Give each row its Django user: an existing one where linking is allowed, otherwise a new one."""
    new = []
    for row, profile in pairs:
        row.banned = row.disabled_by_sync = False  # that was of the user who is gone
        row.granted = {}
        row.user = linking.find_link(profile, using=using)
        if row.user is None:
            new.append((row, profile))
            continue
        fields = accounts.update_user(row.user, profile) + _follow_ban(row, profile)
        accounts.save_users([(row.user, fields)], using=using)
        row.save(using=using, update_fields=["user"])  # at once: the next row must not find the same user
    users = accounts.create_users([profile for _, profile in new], using=using) if new else {}
    for row, profile in new:
        row.user = users[profile.clerk_id]
    accounts.save_users([(row.user, _follow_ban(row, profile)) for row, profile in new], using=using)


def _follow_ban(row: ClerkUser, profile: Profile) -> list[str]:
    """Disable the user at a ban; enable at its end only whom the ban disabled. Returns the fields changed, unsaved."""
    if profile.banned and not row.banned and (changed := accounts.set_active(row.user, False)):
        row.disabled_by_sync = True
        return changed
    if row.banned and not profile.banned and row.disabled_by_sync:
        row.disabled_by_sync = False
        return accounts.set_active(row.user, True)
    return []


def _close(row: ClerkUser, using: str) -> None:
    choice = conf.CLERK_ON_USER_DELETED
    user: Any = row.user
    if user is not None and choice == "delete":
        try:
            with transaction.atomic(using=using):
                user.delete(using=using)
            user = row.user = None
            row.granted = {}
        except (ProtectedError, RestrictedError):
            logger.error("User %s cannot be deleted: other rows need it. Anonymized instead.", row.clerk_id)
    if choice != "deactivate":
        rows.forget_person(row)
    if user is not None:
        fields = accounts.set_active(user, False) + privileges.take_back(row)
        fields += [] if choice == "deactivate" else accounts.anonymize(user)
        user.save(using=using, update_fields=fields)
