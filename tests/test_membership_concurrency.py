"""Events of organizations and memberships that come at once, and where several databases are, all rows in one."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection

from django_clerk.core.memberships import read_membership
from django_clerk.models import ClerkMembership, ClerkOrganization, ClerkUser, ClerkWebhookEvent
from django_clerk.sync import apply_memberships
from tests.deliveries import (
    clerk_membership,
    clerk_organization,
    clerk_user,
    deleted,
    listening,
    new_svix_id,
)
from tests.test_webhook_concurrency import at_once, status, told_until_taken

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("tests.webhook_urls"),
    pytest.mark.skipif(connection.vendor == "sqlite", reason="NOT TESTED: SQLite has one writer. Set TEST_DATABASE."),
]

JOINED, CHANGED, LEFT = (f"organizationMembership.{verb}" for verb in ("created", "updated", "deleted"))


def membership(at: int, clerk_id: str = "orgmem_1", **changes: Any) -> dict[str, Any]:
    """Return a membership whose organization was updated at the same moment."""
    return clerk_membership(clerk_id, organization=clerk_organization(at=at, name=f"at {at}"), at=at, **changes)


def test_one_delivery_to_eight_threads_has_one_effect() -> None:
    for number in range(5):
        svix_id, clerk_id = new_svix_id(), f"orgmem_{number}"
        with listening() as said:
            answers = at_once(*[status(JOINED, membership(number, clerk_id), svix_id=svix_id)] * 8)
        assert 200 in answers
        assert set(answers) <= {200, 500}
        names = sorted(name for name, _ in said)
        assert names == ["membership_synced", "organization_synced", "webhook_received"]
    assert ClerkMembership.objects.count() == ClerkWebhookEvent.objects.count() == 5
    assert ClerkUser.objects.count() == ClerkOrganization.objects.count() == 1


def test_everything_of_a_new_member_at_once() -> None:
    """User, organization and membership, each of which may be the first to tell of the others."""
    for number in range(5):
        user, organization, one = f"user_{number}", f"org_{number}", f"orgmem_{number}"
        told = [("user.created", clerk_user(user))]
        told += [("organization.updated", clerk_organization(organization, at=at, name=f"at {at}")) for at in (5, 9)]
        for at in range(4):
            inside = clerk_organization(organization, at=at, name=f"at {at}")
            told.append((CHANGED, clerk_membership(one, user=user, organization=inside, at=at, role=f"org:{at}")))
        at_once(*[told_until_taken(kind, data, new_svix_id()) for kind, data in told])
        row = ClerkMembership.objects.select_related("organization", "clerk_user__user").get(clerk_id=one)
        assert (row.role, row.organization.name, row.clerk_user.clerk_id) == ("org:3", "at 9", user)
        assert row.clerk_user.user is not None
    assert get_user_model().objects.count() == ClerkOrganization.objects.count() == 5


def test_an_end_among_updates() -> None:
    """D11, for all that can end: what is deleted stays so."""
    for number in range(5):
        user, organization, one = f"user_{number}", f"org_{number}", f"orgmem_{number}"
        inside = clerk_organization(organization)
        updates = [
            (CHANGED, clerk_membership(one, user=user, organization=inside, at=at, role=f"org:{at}")) for at in range(4)
        ]
        ends = [
            ("organization.deleted", deleted("organization", organization)),
            ("user.deleted", deleted("user", user)),
            (LEFT, clerk_membership(one, user=user, organization=inside)),
        ]
        at_once(*[told_until_taken(kind, data, new_svix_id()) for kind, data in [*updates, *ends]])
    for model in (ClerkMembership, ClerkOrganization, ClerkUser):
        assert model._default_manager.exclude(deleted_at=None).count() == 5
        assert not model._default_manager.filter(deleted_at=None).exists()
    assert not ClerkMembership.objects.exclude(role="").exists()
    assert not get_user_model().objects.filter(is_active=True).exists()


def test_pages_in_opposite_order_beside_webhooks() -> None:
    """D2: listings of the same new members, and events of some of them, lock the same rows."""
    page = [
        read_membership(clerk_membership(f"orgmem_{n}", user=f"user_{n}", organization=f"org_{n % 4}", at=1))
        for n in range(40)
    ]
    newer = [
        clerk_membership(f"orgmem_{n}", user=f"user_{n}", organization=f"org_{n % 4}", at=2, role="org:admin")
        for n in range(0, 40, 10)
    ]
    with listening() as said:
        at_once(
            lambda: apply_memberships(page),
            lambda: apply_memberships(page[::-1]),
            *[told_until_taken(CHANGED, data, new_svix_id()) for data in newer],
        )
    assert ClerkMembership.objects.count() == ClerkUser.objects.count() == 40
    assert ClerkMembership.objects.filter(role="org:admin").count() == 4
    assert ClerkOrganization.objects.count() == 4
    created = [
        arguments["membership"].clerk_id for name, arguments in said if arguments.get("created") and "member" in name
    ]
    assert len(created) == len(set(created)) == 40
