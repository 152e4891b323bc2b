"""Clerk's lists of roles and organizations, and of each organization its members, applied to the rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from django_clerk.api import ClerkClient
from django_clerk.core.memberships import (
    MembershipProfile,
    OrganizationProfile,
    RoleProfile,
    read_membership,
    read_organization,
    read_role_definition,
)
from django_clerk.exceptions import APINotFound
from django_clerk.models import ClerkMembership
from django_clerk.rows import database, now
from django_clerk.sync import (
    apply_memberships,
    apply_organizations,
    apply_roles,
    delete_membership,
    preview_memberships,
    preview_organizations,
    preview_roles,
)

from . import checkpoints
from .pages import Kind, asked_for, take
from .report import Report, Seen

LISTING: Final = "organizations"


def _read_organization(item: Any, asked_at: datetime) -> OrganizationProfile:
    return read_organization(item, told_at=asked_at)


def _read_membership(item: Any, asked_at: datetime) -> MembershipProfile:
    return read_membership(item, told_at=asked_at)


def _read_role(item: Any, asked_at: datetime) -> RoleProfile:
    return read_role_definition(item, told_at=asked_at)


ROLE: Final = Kind[RoleProfile]("Role", _read_role, apply_roles, preview_roles)
ORGANIZATION: Final = Kind[OrganizationProfile](
    "Organization", _read_organization, apply_organizations, preview_organizations
)
MEMBERSHIP: Final = Kind[MembershipProfile]("Membership", _read_membership, apply_memberships, preview_memberships)


def reconcile_roles(client: ClerkClient, report: Report, *, dry_run: bool = False) -> None:
    """Apply every role, so that its members may do what it allows now."""
    for page, asked_at in asked_for(client.roles()):
        take(ROLE, page, report, asked_at=asked_at, dry_run=dry_run)


def reconcile_organizations(
    client: ClerkClient,
    organizations: Report,
    memberships: Report,
    *,
    dry_run: bool = False,
    after: str | None = None,
    prune: bool = False,
    started_over: Callable[[], None] = lambda: None,
) -> None:
    """
    Apply every organization and its members to the rows, and fill in both reports on the way.

    What is done is remembered after each organization; ``after`` is the one behind which to begin; where it is
    gone, ``started_over`` is called and all are read. With ``prune`` memberships end that neither a complete list of
    their organization nor one of their user shows. Raises the APIError that ends a listing early, as reconcile_users()
    does.
    """
    is_behind = after is None
    for page, asked_at in asked_for(client.organizations()):
        profiles = take(ORGANIZATION, page, organizations, asked_at=asked_at, dry_run=dry_run)
        for profile in profiles:
            if is_behind:
                _reconcile_members(client, profile.clerk_id, memberships, dry_run=dry_run, prune=prune)
                if not dry_run:
                    checkpoints.reach(LISTING, [{"id": profile.clerk_id}])
            is_behind = is_behind or profile.clerk_id == after
    if not dry_run:
        checkpoints.finish(LISTING)
    if not is_behind:  # the organization is gone, and with it the place where to go on
        started_over()
        reconcile_organizations(client, Report(), memberships, dry_run=dry_run, prune=prune)


def reconcile_memberships(pages: Iterable[Sequence[Any]], report: Report, *, dry_run: bool = False) -> None:
    """Apply pages of memberships, whose ever they are."""
    for page, asked_at in asked_for(pages):
        take(MEMBERSHIP, page, report, asked_at=asked_at, dry_run=dry_run)


def _reconcile_members(client: ClerkClient, clerk_id: str, report: Report, *, dry_run: bool, prune: bool) -> None:
    seen = report.seen = Seen() if prune else None
    began_at = now()
    try:
        reconcile_memberships(client.memberships(clerk_id), report, dry_run=dry_run)
    except APINotFound:  # the organization was deleted since it was listed, and its members with it
        return
    if seen is None:
        return
    # Who has joined since is not on the list, and was written by a webhook after it was begun.
    known = ClerkMembership.objects.using(database()).not_deleted()
    known = known.filter(organization__clerk_id=clerk_id, synced_at__lt=began_at)
    for membership_id, user_id in list(known.values_list("clerk_id", "clerk_user__clerk_id")):
        if membership_id in seen or not _has_ended(client, membership_id, user_id):
            continue
        if dry_run or delete_membership(membership_id):
            report.removed += 1


def _has_ended(client: ClerkClient, membership_id: str, user_id: str) -> bool:
    """An end is for ever, and a list may be short or show a member in a form that cannot be read: ask by the user."""
    try:
        return all(item.id != membership_id for page in client.user_memberships(user_id) for item in page)
    except APINotFound:  # the user is gone
        return True
