"""The writer of ClerkRole."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django_clerk import rows, transactions
from django_clerk.core.deliveries import Event
from django_clerk.core.memberships import RoleProfile
from django_clerk.models import ClerkRole
from django_clerk.rows import Table

from .outcomes import Outcome
from .writing import bury, plan, write

ROLES: Table[ClerkRole, RoleProfile] = Table(ClerkRole, ("key", "name", "permissions", "created_at"))


def apply_roles(profiles: Iterable[RoleProfile], *, event: Event | None = None) -> dict[str, Outcome]:
    """
    Make the rows say what the profiles say, in one transaction. Returns the outcome by Clerk id.

    A profile older than its row changes nothing, and neither does any of a deleted role.
    """
    using = rows.database()
    planned = plan(ROLES, profiles, using=using, event=event)
    if not planned.changing:
        return planned.outcomes

    def apply() -> dict[str, Outcome]:
        ROLES.insert([ClerkRole(clerk_id=profile.clerk_id) for profile in planned.new], using)
        return write(ROLES, planned, event=event, using=using)[1]

    return planned.outcomes | transactions.run(apply, using=using)


def preview_roles(profiles: Iterable[RoleProfile]) -> dict[str, Outcome]:
    """Return what apply_roles() would, and write nothing."""
    return plan(ROLES, profiles, using=rows.database()).outcomes


def delete_role(clerk_id: str, *, deleted_at: datetime | None = None) -> bool:
    """
    Forget a role, and remember its id for ever. Returns True the first time.

    Members who have it may do what was told of them last: Clerk deletes no role that anybody has.
    """
    using = rows.database()
    is_known = bool(ROLES.keys([clerk_id], using))

    def delete() -> bool:
        stone = ClerkRole(clerk_id=clerk_id)
        row, is_first = bury(ROLES, stone, is_known=is_known, deleted_at=deleted_at, using=using)
        if is_first:
            ROLES.save([row], using, "deleted_at")
        return is_first

    return transactions.run(delete, using=using)
