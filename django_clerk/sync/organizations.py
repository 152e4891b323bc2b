"""The writer of ClerkOrganization."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django_clerk import rows, transactions
from django_clerk.core.deliveries import Event
from django_clerk.core.memberships import OrganizationProfile
from django_clerk.models import ClerkOrganization
from django_clerk.rows import Table
from django_clerk.signals import organization_deleted, organization_synced

from .outcomes import Outcome
from .writing import Plan, bury, plan, write

ORGANIZATIONS: Table[ClerkOrganization, OrganizationProfile] = Table(
    ClerkOrganization,
    ("name", "slug", "image_url", "public_metadata", "max_allowed_memberships", "created_by", "created_at"),
)


def apply_organizations(profiles: Iterable[OrganizationProfile], *, event: Event | None = None) -> dict[str, Outcome]:
    """
    Make the rows say what the profiles say, in one transaction, and send organization_synced for each that changed.

    A profile older than its row changes nothing, and neither does any of a deleted organization. Returns the outcome by
    Clerk id.
    """
    using = rows.database()
    planned = plan(ORGANIZATIONS, profiles, using=using, event=event)
    if not planned.changing:
        return planned.outcomes
    return planned.outcomes | transactions.run(lambda: write_organizations(planned, event, using)[1], using=using)


def preview_organizations(profiles: Iterable[OrganizationProfile]) -> dict[str, Outcome]:
    """Return what apply_organizations() would, and write nothing."""
    return plan(ORGANIZATIONS, profiles, using=rows.database()).outcomes


def delete_organization(clerk_id: str, *, deleted_at: datetime | None = None, event: Event | None = None) -> bool:
    """
    Forget an organization, and remember its id for ever; its memberships are no longer in force.

    Works for organizations never seen. Sends organization_deleted and returns True the first time.
    """
    using = rows.database()
    is_known = bool(ORGANIZATIONS.keys([clerk_id], using))

    def delete() -> bool:
        stone = ClerkOrganization(clerk_id=clerk_id)
        row, is_first = bury(ORGANIZATIONS, stone, is_known=is_known, deleted_at=deleted_at, using=using)
        if is_first:
            ORGANIZATIONS.save([row], using, "deleted_at")
            organization_deleted.send(sender=ClerkOrganization, organization=row, event=event)
        return is_first

    return transactions.run(delete, using=using)


def write_organizations(
    planned: Plan[OrganizationProfile], event: Event | None, using: str
) -> tuple[dict[str, ClerkOrganization], dict[str, Outcome]]:
    """Do what apply_organizations() does, inside of a transaction. Returns the locked rows and their outcomes."""
    ORGANIZATIONS.insert([ClerkOrganization(clerk_id=profile.clerk_id) for profile in planned.new], using)
    locked, outcomes = write(ORGANIZATIONS, planned, event=event, using=using)
    for clerk_id, row in locked.items():
        if (outcome := outcomes[clerk_id]).is_written:
            created = outcome is Outcome.CREATED
            organization_synced.send(sender=ClerkOrganization, organization=row, created=created, event=event)
    return locked, outcomes
