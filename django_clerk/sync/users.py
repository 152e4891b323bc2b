"""The writer of ClerkUser, and of the Django users behind."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model

from django_clerk import accounts, linking, privileges, rows, transactions
from django_clerk.conf import conf
from django_clerk.core.deliveries import Event
from django_clerk.core.profiles import Profile, metadata_path, read_role
from django_clerk.linking import Link
from django_clerk.models import ClerkMembership, ClerkUser
from django_clerk.rows import Table
from django_clerk.signals import user_deleted, user_synced

from . import removal, writing
from .outcomes import Outcome
from .writing import Plan, bury, confirm, is_confirmed, plan

logger = logging.getLogger("django_clerk")


def _role(profile: Profile) -> str:
    return read_role(profile.public_metadata, metadata_path(conf.CLERK_ROLE_CLAIM))


USERS: Table[ClerkUser, Profile] = Table(
    ClerkUser,
    (
        "email",
        "email_verified",
        "username",
        "first_name",
        "last_name",
        "image_url",
        "external_id",
        "public_metadata",
        "unsafe_metadata",
        "two_factor_enabled",
        "banned",
        "locked",
        "last_sign_in_at",
        "created_at",
    ),
    {"role": _role},
)
_OURS = ("user", "disabled_by_sync", "granted")  # columns of a row that no profile says


def apply_profiles(profiles: Iterable[Profile], *, event: Event | None = None) -> dict[str, Outcome]:
    """
    Make the rows say what the profiles say, in one transaction, and send user_synced for each that changed.

    A profile older than its row changes nothing, and neither does any profile of a deleted user. A row that has lost
    its Django user, in the admin perhaps, or never had one, gets a new one. Returns the outcome by Clerk id.
    """
    using = rows.database()
    planned = plan(USERS, profiles, using=using, event=event, judge=_classify)
    if not planned.changing:
        return planned.outcomes
    return planned.outcomes | transactions.run(lambda: _apply(planned, event, using), using=using)


def preview(profiles: Iterable[Profile]) -> dict[str, Outcome]:
    """Return what apply_profiles() would, and write nothing."""
    return plan(USERS, profiles, using=rows.database(), judge=_classify).outcomes


def delete_user(clerk_id: str, *, deleted_at: datetime | None = None, event: Event | None = None) -> bool:
    """
    Close a user's account as CLERK_ON_USER_DELETED says, and remember the id for ever.

    Works for users never seen: the row that is left keeps a late "created" from bringing them to life. Sends
    user_deleted and returns True the first time.
    """
    using = rows.database()
    is_known = bool(USERS.keys([clerk_id], using))

    def delete() -> bool:
        row, is_first = bury(USERS, ClerkUser(clerk_id=clerk_id), is_known=is_known, deleted_at=deleted_at, using=using)
        if is_first:
            _with_users([row], using, lock=True)
            row.disabled_by_sync = False
            _close(row, using)
            # They say who was where, with which role; what else they say is about the person.
            ClerkMembership._base_manager.using(using).filter(clerk_user=row).update(public_metadata={})
            USERS.save([row], using, *_OURS, "deleted_at")
            user_deleted.send(sender=ClerkUser, clerk_user=row, user=row.user, event=event)
        return is_first

    return transactions.run(delete, using=using)


def _classify(table: Table[ClerkUser, Profile], profile: Profile, row: ClerkUser | None) -> Outcome:
    """Tell what applying a profile to a row would do. Without a Django user it creates one, whatever the row says."""
    if row is None or (row.deleted_at is None and row.user_id is None):
        return Outcome.CREATED
    if row.deleted_at is None and not profile.is_complete:
        return Outcome.UNCHANGED
    outcome = writing.classify(table, profile, row)
    is_unsettled = outcome is Outcome.UNCHANGED and not privileges.is_settled(row, row.role)
    return Outcome.UPDATED if outcome is Outcome.CREATED or is_unsettled else outcome


def _apply(planned: Plan[Profile], event: Event | None, using: str) -> dict[str, Outcome]:
    USERS.insert([ClerkUser(clerk_id=profile.clerk_id) for profile in planned.new], using)
    locked = USERS.lock(planned.changing, using)
    _with_users(locked.values(), using)
    outcomes = {clerk_id: _classify(USERS, planned.changing[clerk_id], row) for clerk_id, row in locked.items()}
    pairs = []
    for clerk_id, row in locked.items():
        profile = planned.changing[clerk_id]
        if outcomes[clerk_id].is_written:
            pairs.append((row, better_informed(row, profile)))
        elif outcomes[clerk_id] is Outcome.UNCHANGED and is_confirmed(USERS, profile, row, event):
            confirm(row, profile, using)
    if pairs:
        _write(pairs, using)
    for row, _ in pairs:
        created = outcomes[row.clerk_id] is Outcome.CREATED
        user_synced.send(sender=ClerkUser, clerk_user=row, user=row.user, created=created, event=event)
    return outcomes


def _with_users(locked: Iterable[ClerkUser], using: str, *, lock: bool = False) -> None:
    """
    Fetch the Django users of rows: with a query of their own, since not every database can lock one side of a join.

    And by the base manager: a project's own may hide the inactive, and whoever is not found here gets another account.
    With ``lock``, what is decided by them stays so until it is written.
    """
    by_key = {row.user_id: row for row in locked if row.user_id is not None}
    if not by_key:
        return
    users = accounts.lock(by_key, using=using) if lock else get_user_model()._base_manager.using(using).in_bulk(by_key)
    for key, row in by_key.items():
        row.user = users.get(key)


def better_informed(row: ClerkUser, profile: Profile) -> Profile:
    """Return the profile, or the row's own, which may be newer where a row has lost its Django user."""
    if row.synced_at is not None and (not profile.is_complete or USERS.is_late(profile, row)):
        return _profile_of(row)
    return profile


def _profile_of(row: ClerkUser) -> Profile:
    said = {name: getattr(row, name) for name in (*USERS.copied, "updated_at", "told_at")}
    return Profile(clerk_id=row.clerk_id, **said)


def _write(pairs: Sequence[tuple[ClerkUser, Profile]], using: str) -> None:
    _with_users([row for row, profile in pairs if _is_sensitive(row, profile)], using, lock=True)
    links = linking.find_links([profile for row, profile in pairs if _may_link(row, profile)], using=using)
    for row, _ in pairs:
        if row.user is not None and row.clerk_id in links:
            _follow_link(row, links[row.clerk_id].user, using)
    changed = _update_users([pair for pair in pairs if pair[0].user is not None], using)
    changed += _find_users([pair for pair in pairs if pair[0].user is None], links, using)
    now = rows.now()
    for row, profile in pairs:
        if profile.is_complete:
            USERS.fill_in(row, profile, now=now)
    changed += privileges.follow_roles([row for row, _ in pairs], using)
    accounts.save_users(changed, using=using)
    USERS.save([row for row, _ in pairs], using, *_OURS)


def _is_sensitive(row: ClerkUser, profile: Profile) -> bool:
    """Tell whether what becomes of a Django user depends on what an administrator may be writing at this moment."""
    is_about_ban = profile.banned != row.banned or row.disabled_by_sync
    return is_about_ban or not privileges.is_settled(row, _role(profile)) or _may_link(row, profile)


def _may_link(row: ClerkUser, profile: Profile) -> bool:
    """Tell whether to look for an existing Django user: there is none yet, or one made before Clerk told anything."""
    if row.user is None:
        return True
    return profile.is_complete and row.synced_at is None and accounts.is_made_for(row.user, row.clerk_id)


def _follow_link(row: ClerkUser, link: Any, using: str) -> None:
    """
    Take a row from the Django user that was made at first sight: Clerk has told who the person has been here before.

    Not from one whom somebody has disabled or given rights since: that was about the person, and holds.
    """
    made: Any = row.user
    if not accounts.is_ordinary(made):
        told = "%s stays Django user %s, whose flags were changed here, although user %s is the same person."
        logger.error(told, row.clerk_id, made.pk, link.pk)
        return
    row.user = None
    if not (accounts.is_as_made(made) and removal.delete_unused(made, using=using)):
        accounts.save_users([(made, accounts.set_active(made, False))], using=using)
        told = "%s is Django user %s, and no more user %s, who is inactive now, and not deleted: it has been used."
        logger.error(told, row.clerk_id, link.pk, made.pk)


def _update_users(pairs: Sequence[tuple[ClerkUser, Profile]], using: str) -> list[tuple[Any, list[str]]]:
    """Change the Django users of rows that have one. Returns them with the fields changed, unsaved."""
    owners = [row.user for row, _ in pairs]
    taken = accounts.taken_addresses([profile for _, profile in pairs], owners=owners, using=using)
    changed = []
    for row, profile in pairs:
        fields = accounts.update_user(row.user, profile, before=_profile_of(row), taken=taken)
        changed.append((row.user, fields + _follow_ban(row, profile)))
    return changed


def _find_users(
    pairs: Sequence[tuple[ClerkUser, Profile]], links: Mapping[str, Link], using: str
) -> list[tuple[Any, list[str]]]:
    """Give each row its Django user: the one it is linked to, or a new one. Returns them with the fields changed."""
    for row, _ in pairs:
        row.banned = row.disabled_by_sync = False  # that was of the user who is gone
        row.granted = {}
        row.user = links[row.clerk_id].user if row.clerk_id in links else None
    linked = [(row, profile) for row, profile in pairs if row.user is not None]
    taken = accounts.taken_addresses(
        [profile for _, profile in linked], owners=[row.user for row, _ in linked], using=using
    )
    new = [profile for row, profile in pairs if row.user is None]
    users = accounts.create_users(new, using=using) if new else {}
    changed = []
    for row, profile in pairs:
        link = links.get(row.clerk_id)
        row.user = link.user if link is not None else users[row.clerk_id]
        fields = _take_over(link, profile, taken) if link is not None else []
        changed.append((row.user, fields + _follow_ban(row, profile)))
    return changed


def _take_over(link: Link, profile: Profile, taken: frozenset[str]) -> list[str]:
    """Make an existing Django user a Clerk user's. Returns the fields changed, unsaved."""
    fields = accounts.update_user(link.user, profile, taken=taken)
    # Nobody here has verified the address: whoever set the password may have signed up under somebody else's.
    return fields + (accounts.forget_password(link.user) if link.by_address else [])


def _follow_ban(row: ClerkUser, profile: Profile) -> list[str]:
    """Disable the user at a ban; enable at its end only whom the ban disabled. Returns the fields changed, unsaved."""
    if row.disabled_by_sync and getattr(row.user, "is_active", False):
        row.disabled_by_sync = False  # enabled here in spite of the ban: whoever disables them from now on is not us
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
        if removal.delete(user, using=using):
            user = row.user = None
            row.granted = {}
        else:
            logger.error("User %s cannot be deleted: other rows need it. Anonymized instead.", row.clerk_id)
    if user is not None:
        fields = accounts.set_active(user, False) + privileges.take_back(row)
        if choice == "deactivate":
            user.save(using=using, update_fields=fields)
        else:
            accounts.save_anonymized(user, fields + accounts.anonymize(user), using=using)
