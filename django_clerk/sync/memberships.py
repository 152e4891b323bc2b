"""The writer of ClerkMembership, and of the users and organizations that a membership is the first to tell of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from django_clerk import rows, transactions
from django_clerk.core.deliveries import Event
from django_clerk.core.memberships import MembershipProfile, OrganizationProfile
from django_clerk.models import ClerkMembership, ClerkUser
from django_clerk.models.told import Told
from django_clerk.rows import Table
from django_clerk.signals import membership_deleted, membership_synced

from .organizations import ORGANIZATIONS, write_organizations
from .outcomes import Outcome
from .users import USERS
from .writing import Plan, bury, plan, write


class _Memberships(Table[ClerkMembership, MembershipProfile]):
    """
    Memberships, of which a role may have told something else since: then it is news that they are as they were.

    When one began is kept after its end, and when there was no row before: earlier ones of the same user in the same
    organization are over by it, whatever comes first.
    """

    def says(self, row: ClerkMembership, profile: MembershipProfile) -> bool:
        if not super().says(row, profile):
            return False
        return not self.is_told_later(profile, row) or row.permissions == list(profile.own_permissions)

    def forget(self, row: ClerkMembership, *, deleted_at: datetime, now: datetime) -> None:
        began_at = row.created_at
        super().forget(row, deleted_at=deleted_at, now=now)
        row.created_at = began_at

    def _rows(self, using: str) -> QuerySet[ClerkMembership]:
        return ClerkMembership.objects.using(using).with_permissions()


MEMBERSHIPS = _Memberships(ClerkMembership, ("role", "own_permissions", "public_metadata", "created_at"))


@dataclass(frozen=True)
class _Parents:
    """The users and organizations of some memberships: looked for first, and added inside of the transaction."""

    users: dict[str, Any]  #: the primary keys of those that there are, by Clerk id
    unknown_users: tuple[str, ...]
    organizations: Plan[OrganizationProfile]


def apply_memberships(profiles: Iterable[MembershipProfile], *, event: Event | None = None) -> dict[str, Outcome]:
    """
    Make the rows say what the profiles say, in one transaction, and send membership_synced for each that changed.

    What is inside them is told as well: an organization is brought up to date, and a user of whom nothing is known gets
    a row without a Django user. A profile older than its row changes nothing, and neither does any of a membership that
    has ended. Returns the outcome by the membership's Clerk id.
    """
    using = rows.database()
    told = list(profiles)
    planned = plan(MEMBERSHIPS, told, using=using, event=event)
    parents = _look_for_parents(told, using)
    if not (planned.changing or parents.organizations.changing):
        return planned.outcomes

    def apply() -> dict[str, Outcome]:
        users, organizations = _add_parents(parents, event, using)
        new = [_new_row(profile, users, organizations) for profile in planned.new]
        MEMBERSHIPS.insert(new, using)
        locked, outcomes = write(MEMBERSHIPS, _without_the_gone(planned, users), event=event, using=using)
        for clerk_id, row in locked.items():
            if (outcome := outcomes[clerk_id]).is_written:
                created = outcome is Outcome.CREATED
                membership_synced.send(sender=ClerkMembership, membership=row, created=created, event=event)
        return outcomes

    return planned.outcomes | transactions.run(apply, using=using)


def preview_memberships(profiles: Iterable[MembershipProfile]) -> dict[str, Outcome]:
    """Return what apply_memberships() would, and write nothing."""
    return plan(MEMBERSHIPS, profiles, using=rows.database()).outcomes


def delete_membership(
    membership: MembershipProfile | str, *, deleted_at: datetime | None = None, event: Event | None = None
) -> bool:
    """
    End a membership, and remember its id for ever. Sends membership_deleted and returns True the first time.

    One that was never seen can only be ended by its profile, which says whose it was; by its Clerk id alone it cannot,
    and False comes back.
    """
    using = rows.database()
    told = [] if isinstance(membership, str) else [membership]
    clerk_id = membership if isinstance(membership, str) else membership.clerk_id
    is_known = bool(MEMBERSHIPS.keys([clerk_id], using))
    if not (is_known or told):
        return False
    parents = _look_for_parents(told, using)

    def delete() -> bool:
        users, organizations = _add_parents(parents, event, using)
        stones = [_new_row(profile, users, organizations) for profile in told]
        stone = stones[0] if stones else ClerkMembership(clerk_id=clerk_id)
        row, is_first = bury(MEMBERSHIPS, stone, is_known=is_known, deleted_at=deleted_at, using=using)
        if is_first:
            MEMBERSHIPS.save([row], using, "deleted_at")
            membership_deleted.send(sender=ClerkMembership, membership=row, event=event)
        return is_first

    return transactions.run(delete, using=using)


def _look_for_parents(profiles: Sequence[MembershipProfile], using: str) -> _Parents:
    clerk_ids = {profile.user_id for profile in profiles}
    users = USERS.keys(clerk_ids, using) if clerk_ids else {}
    # No event told of the organizations: they are as they were at their own moment, however often that is told.
    organizations = plan(ORGANIZATIONS, [profile.organization for profile in profiles], using=using)
    return _Parents(users, tuple(clerk_ids - users.keys()), organizations)


def _add_parents(parents: _Parents, event: Event | None, using: str) -> tuple[dict[str, ClerkUser], dict[str, Any]]:
    """
    Add and update what there has to be. Returns the users, locked, and the primary keys of organizations, by Clerk id.

    Those of rows that were added come from the locked rows: to a transaction of MySQL that began before, a plain query
    shows none that somebody else was quicker to add.
    """
    USERS.insert([ClerkUser(clerk_id=clerk_id) for clerk_id in parents.unknown_users], using)
    users = USERS.lock([*parents.users, *parents.unknown_users], using)
    organizations, _ = write_organizations(parents.organizations, event, using)
    return users, parents.organizations.keys | _keys(organizations)


def _without_the_gone(planned: Plan[MembershipProfile], users: Mapping[str, ClerkUser]) -> Plan[MembershipProfile]:
    """Return what is to be written, of deleted users without the metadata, which their deletion took from the rows."""
    changing = {
        clerk_id: profile if users[profile.user_id].deleted_at is None else replace(profile, public_metadata={})
        for clerk_id, profile in planned.changing.items()
    }
    return replace(planned, changing=changing)


def _keys(locked: Mapping[str, Told]) -> dict[str, Any]:
    return {clerk_id: row.pk for clerk_id, row in locked.items()}


def _new_row(
    profile: MembershipProfile, users: Mapping[str, ClerkUser], organizations: Mapping[str, Any]
) -> ClerkMembership:
    return ClerkMembership(
        clerk_id=profile.clerk_id,
        clerk_user_id=users[profile.user_id].pk,
        organization_id=organizations[profile.organization.clerk_id],
        created_at=rows.moment(profile.created_at),
    )
