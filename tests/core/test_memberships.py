"""Clerk's organizations, memberships and roles read, and what is no such thing."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from django_clerk.core.memberships import (
    MembershipProfile,
    OrganizationProfile,
    RoleProfile,
    is_organization_id,
    read_membership,
    read_organization,
    read_role_definition,
    role_key,
)
from tests.deliveries import clerk_membership, clerk_organization, clerk_role

START = datetime(2026, 1, 1, tzinfo=timezone.utc)
TOLD = datetime(2026, 1, 2, tzinfo=timezone.utc)
ACME = OrganizationProfile(
    clerk_id="org_acme",
    name="Acme",
    slug="acme",
    image_url="https://img.clerk.com/acme",
    public_metadata={"plan": "team"},
    max_allowed_memberships=5,
    created_by="user_ada",
    created_at=START,
    updated_at=START,
)
NOT_OURS = [None, "", 7, [], {}, "org_", "org_a/../b", "user_ada", "ORG_a", "org_é", {"id": "org_a"}]


def test_a_whole_organization() -> None:
    data = clerk_organization(at=0, public_metadata={"plan": "team"})
    assert read_organization(data) == ACME
    assert read_organization(data, told_at=TOLD).told_at == TOLD


def test_a_whole_membership() -> None:
    organization = clerk_organization(at=0, public_metadata={"plan": "team"})
    data = clerk_membership(
        organization=organization, at=0, public_metadata={"desk": 4}, permissions=["org:b", "org:a"]
    )
    assert read_membership(data, told_at=TOLD) == MembershipProfile(
        clerk_id="orgmem_1",
        organization=ACME,  # of which no event of its own told
        user_id="user_ada",
        role="org:member",
        own_permissions=("org:a", "org:b"),
        public_metadata={"desk": 4},
        created_at=START,
        updated_at=START,
        told_at=TOLD,
    )


def test_a_whole_role() -> None:
    assert read_role_definition(clerk_role(permissions=["org:b", "org:a", "org:b"], at=0)) == RoleProfile(
        clerk_id="role_1",
        key="org:member",
        name="Member",
        permissions=("org:a", "org:b"),
        created_at=START,
        updated_at=START,
    )


def test_private_metadata_is_not_read() -> None:
    for profile in (read_organization(clerk_organization()), read_membership(clerk_membership())):
        assert "another database" not in repr(profile)


def test_ids_are_enough() -> None:
    assert read_organization({"id": "org_a"}) == OrganizationProfile(clerk_id="org_a")
    assert read_role_definition({"id": "role_a"}) == RoleProfile(clerk_id="role_a")
    thin = {"id": "orgmem_a", "organization": {"id": "org_a"}, "public_user_data": {"user_id": "user_a"}}
    assert read_membership(thin) == MembershipProfile(
        clerk_id="orgmem_a", organization=OrganizationProfile(clerk_id="org_a"), user_id="user_a"
    )


@pytest.mark.parametrize("value", NOT_OURS, ids=ascii)
def test_without_a_usable_id(value: Any) -> None:
    assert not is_organization_id(value)
    with pytest.raises(ValueError, match="no id of the form org_"):
        read_organization(clerk_organization() | {"id": value})
    with pytest.raises(ValueError, match="no id of the form org_"):
        read_membership(clerk_membership() | {"organization": {"id": value}})
    with pytest.raises(ValueError, match="no id of the form orgmem_"):
        read_membership(clerk_membership() | {"id": value})
    with pytest.raises(ValueError, match="no id of the form role_"):
        read_role_definition(clerk_role() | {"id": value})


@pytest.mark.parametrize("value", [None, 7, [], {}, {"user_id": None}, {"user_id": "org_a"}, {"user_id": "user_a/b"}])
def test_a_membership_of_nobody(value: Any) -> None:
    with pytest.raises(ValueError, match="nobody's"):
        read_membership(clerk_membership() | {"public_user_data": value})


@pytest.mark.parametrize("data", [None, [], "org_a", 7])
def test_what_is_no_object(data: Any) -> None:
    for read in (read_organization, read_membership, read_role_definition):
        with pytest.raises(ValueError, match="This is not"):
            read(data)


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ("org:admin", "org:admin"),
        ("admin", "org:admin"),
        ("org:", ""),
        ("", ""),
        (None, ""),
        (["org:admin"], ""),
        (" org:admin", ""),
        ("org:admin\n", ""),
        ("org:ad min", ""),
        ("org:ad\0min", ""),
        ("org:ad\ud800min", ""),
        ("org:" + "a" * 300, ""),
    ],
    ids=ascii,
)
def test_keys_of_roles(value: Any, key: str) -> None:
    """A key with a part missing would be the key of another role."""
    assert role_key(value) == key
    assert read_membership(clerk_membership(role=value)).role == key


@pytest.mark.parametrize(
    "value", [None, "org:posts:read", {"org:posts:read": 1}, [None, 7, "", "a b", "a\0b", ["org:a"], "x" * 300]]
)
def test_permissions_that_are_none(value: Any) -> None:
    assert read_membership(clerk_membership(permissions=value)).own_permissions == ()


@pytest.mark.parametrize("value", [None, "org:posts:read", [None, "org:posts:read", {"key": 7}, {}]])
def test_permissions_of_a_role_that_are_none(value: Any) -> None:
    assert read_role_definition(clerk_role() | {"permissions": value}).permissions == ()


@pytest.mark.parametrize(("value", "kept"), [(0, 0), (5, 5), (-1, None), (2**40, None), (True, None), ("5", None)])
def test_the_limit_of_members(value: Any, kept: int | None) -> None:
    assert read_organization(clerk_organization(max_allowed_memberships=value)).max_allowed_memberships == kept
