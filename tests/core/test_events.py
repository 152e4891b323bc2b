"""Events read into changes: each type, and those that are about nothing usable."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from django_clerk.core.deliveries import Event
from django_clerk.core.events import (
    SESSION_ENDS,
    MembershipDeleted,
    MembershipTold,
    OrganizationDeleted,
    OrganizationTold,
    RoleDeleted,
    RoleTold,
    SessionEnded,
    SessionStarted,
    UserDeleted,
    UserTold,
    read_change,
)
from django_clerk.core.memberships import read_membership, read_organization, read_role_definition
from django_clerk.core.profiles import read_profile
from tests.deliveries import clerk_membership, clerk_organization, clerk_role, clerk_user, deleted

AT = datetime(2026, 1, 2, tzinfo=timezone.utc)
SESSION = {"id": "sess_1", "user_id": "user_ada", "status": "active"}


def event(kind: str, data: Any) -> Event:
    return Event(svix_id="msg_1", type=kind, data=data, occurred_at=AT, payload={})


@pytest.mark.parametrize(
    ("kind", "data", "change"),
    [
        ("user.created", clerk_user(), UserTold(read_profile(clerk_user(), told_at=AT))),
        ("user.updated", clerk_user(), UserTold(read_profile(clerk_user(), told_at=AT))),
        ("user.deleted", deleted("user", "user_ada"), UserDeleted("user_ada", AT)),
        (
            "organization.created",
            clerk_organization(),
            OrganizationTold(read_organization(clerk_organization(), told_at=AT)),
        ),
        (
            "organization.updated",
            clerk_organization(),
            OrganizationTold(read_organization(clerk_organization(), told_at=AT)),
        ),
        ("organization.deleted", deleted("organization", "org_acme"), OrganizationDeleted("org_acme", AT)),
        (
            "organizationMembership.created",
            clerk_membership(),
            MembershipTold(read_membership(clerk_membership(), told_at=AT)),
        ),
        (
            "organizationMembership.updated",
            clerk_membership(),
            MembershipTold(read_membership(clerk_membership(), told_at=AT)),
        ),
        (
            "organizationMembership.deleted",
            clerk_membership(),
            MembershipDeleted(read_membership(clerk_membership(), told_at=AT), AT),
        ),
        ("role.created", clerk_role(), RoleTold(read_role_definition(clerk_role(), told_at=AT))),
        ("role.updated", clerk_role(), RoleTold(read_role_definition(clerk_role(), told_at=AT))),
        ("role.deleted", deleted("role", "role_1"), RoleDeleted("role_1", AT)),
        ("session.created", SESSION, SessionStarted(session_id="sess_1", user_id="user_ada", status="active")),
        ("session.pending", SESSION, SessionStarted(session_id="sess_1", user_id="user_ada", status="pending")),
        ("session.ended", SESSION, SessionEnded(session_id="sess_1", user_id="user_ada", status="ended")),
        ("session.removed", SESSION, SessionEnded(session_id="sess_1", user_id="user_ada", status="removed")),
        ("session.revoked", SESSION, SessionEnded(session_id="sess_1", user_id="user_ada", status="revoked")),
    ],
)
def test_each_type(kind: str, data: Any, change: object) -> None:
    assert read_change(event(kind, data)) == change


@pytest.mark.parametrize("kind", ["email.created", "permission.updated", "user", "user.promoted", "Session.ended", ""])
def test_types_that_nothing_is_kept_of(kind: str) -> None:
    assert read_change(event(kind, {"id": 7})) is None


@pytest.mark.parametrize(
    "value", [None, "", 7, [], "../x", "user_", "sess_", "org_", "orgmem_", "role_", "\ud800"], ids=ascii
)
@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("user.created", "not a Clerk user"),
        ("user.deleted", "about no user"),
        ("organization.updated", "not a Clerk organization"),
        ("organization.deleted", "about no organization"),
        ("organizationMembership.created", "not a Clerk membership"),
        ("organizationMembership.deleted", "not a Clerk membership"),
        ("role.created", "not a Clerk role"),
        ("role.deleted", "about no role"),
        *[(kind, "about no session") for kind in ("session.created", "session.pending", *SESSION_ENDS)],
    ],
)
def test_without_a_usable_id(kind: str, message: str, value: Any) -> None:
    with pytest.raises(ValueError, match=message):
        read_change(event(kind, {"id": value}))


@pytest.mark.parametrize("value", [None, 7, "", "org_a"])
def test_a_session_whose_user_is_not_told(value: Any) -> None:
    change = read_change(event("session.ended", {"id": "sess_1", "user_id": value}))
    assert change == SessionEnded(session_id="sess_1", user_id="", status="ended")
