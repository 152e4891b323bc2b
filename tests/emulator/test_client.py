"""The client and the local Clerk, end to end: each call does what it says, and its webhook is told."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from django_clerk.api import ClerkClient
from django_clerk.emulator.instance import Emulator
from django_clerk.exceptions import APIForbidden, APIInvalid, APINotFound
from django_clerk.wiring import get_client
from tests.emulator.receivers import received


@pytest.fixture
def client() -> ClerkClient:
    return get_client()


def told() -> list[str]:
    types = [delivery.event["type"] for delivery in received]
    received.clear()
    return types


def test_users(client: ClerkClient) -> None:
    user = client.create_user(email_address=["ada@example.com"], external_id="7", public_metadata={"a": {"b": 1}})
    user_id = user.id
    assert user_id is not None
    assert client.update_user(user_id, first_name="Ada").first_name == "Ada"
    assert client.update_user_metadata(user_id, public_metadata={"a": {"c": 2}}).public_metadata == {
        "a": {"b": 1, "c": 2}
    }
    assert client.replace_user_metadata(user_id, public_metadata={"d": 3}).public_metadata == {"d": 3}
    assert [client.ban_user(user_id).banned, client.unban_user(user_id).banned] == [True, False]
    assert [client.lock_user(user_id).locked, client.unlock_user(user_id).locked] == [True, False]
    assert [found.id for page in client.users(external_id="7") for found in page] == [user_id]
    assert [found for page in client.users(external_id=["8", "9"]) for found in page] == []
    assert told() == ["user.created"] + ["user.updated"] * 7
    client.delete_user(user_id)
    assert told() == ["user.deleted"]
    with pytest.raises(APINotFound):
        client.get_user(user_id)
    with pytest.raises(APINotFound):
        client.delete_user(user_id)


def test_what_clerk_does_not_take(client: ClerkClient, ada: dict[str, Any]) -> None:
    with pytest.raises(APIInvalid) as caught:
        client.create_user(email_address=["ada@example.com"])
    assert (caught.value.code, caught.value.param_name) == ("form_identifier_exists", "email_address")
    with pytest.raises(APIInvalid, match="form_param_unknown, public_metadata"):
        client.update_user(ada["id"], public_metadata={"role": "admin"})


def test_sessions(client: ClerkClient, emulator: Emulator, ada: dict[str, Any]) -> None:
    opened = [emulator.sign_in(ada["id"])["id"] for _ in range(3)]
    received.clear()
    assert client.revoke_session(opened[0]).status == "revoked"
    assert told() == ["session.revoked"]
    active = [session.id for page in client.sessions(ada["id"], status="active") for session in page]
    assert sorted(filter(None, active)) == sorted(opened[1:])
    everything = [session for page in client.sessions(ada["id"], page_size=2) for session in page]
    assert sorted(session["id"] for session in everything) == sorted(opened)


def test_sign_in_tokens(client: ClerkClient, emulator: Emulator, ada: dict[str, Any]) -> None:
    token = client.create_sign_in_token(ada["id"], expires_in_seconds=60)
    assert token.id is not None
    assert token.token is not None
    assert token.token not in repr(token)
    assert client.revoke_sign_in_token(token.id).status == "revoked"


def test_organizations_and_memberships(client: ClerkClient, emulator: Emulator, ada: dict[str, Any]) -> None:
    grace = emulator.create_user(username="grace")["id"]
    received.clear()
    acme = client.create_organization("Acme", slug="acme", created_by=ada["id"])
    assert acme.id is not None
    assert told() == ["organization.created", "organizationMembership.created"]
    assert client.update_organization(acme.id, name="Acme Inc.", max_allowed_memberships=2).name == "Acme Inc."
    assert client.update_organization_metadata(acme.id, public_metadata={"a": 1}).public_metadata == {"a": 1}
    assert client.replace_organization_metadata(acme.id, public_metadata={}).public_metadata == {}
    assert client.organization("acme") == client.organization(acme.id)
    assert told() == ["organization.updated"] * 3
    member = client.create_membership(acme.id, grace, "org:member", public_metadata={"desk": 4})
    assert (member.user_id, member.organization_id, member.role) == (grace, acme.id, "org:member")
    with pytest.raises(APIForbidden, match="organization_membership_quota_exceeded"):
        client.create_membership(acme.id, emulator.create_user(username="third")["id"], "org:member")
    assert client.update_membership(acme.id, grace, "org:admin").role == "org:admin"
    changed = client.update_membership_metadata(acme.id, grace, public_metadata={"desk": None})
    assert changed.public_metadata == {}
    assert [m.user_id for page in client.memberships(acme.id) for m in page] == [ada["id"], grace]
    assert [m.id for page in client.user_memberships(grace) for m in page] == [member.id]
    assert client.delete_membership(acme.id, grace).id == member.id
    assert [event for event in told() if not event.startswith("user.")] == [
        f"organizationMembership.{what}" for what in ("created", "updated", "updated", "deleted")
    ]
    client.delete_organization(acme.id)
    assert told() == ["organization.deleted"]
    assert list(client.organizations()) == []
    with pytest.raises(APINotFound):
        list(client.memberships(acme.id))


def test_invitations(client: ClerkClient, emulator: Emulator, ada: dict[str, Any]) -> None:
    first = client.create_invitation("new@example.com", public_metadata={"role": "editor"})
    acme = emulator.organizations.create({"name": "Acme", "created_by": ada["id"]})["id"]
    second = client.create_organization_invitation(acme, "new@example.com", "org:member", inviter_user_id=ada["id"])
    assert first.id is not None
    assert second.id is not None
    assert (second.organization_id, second.role, second.status) == (acme, "org:member", "pending")
    assert list(client.invitations(status="pending")) == [[first]]
    assert list(client.organization_invitations(acme)) == [[second]]
    assert client.revoke_invitation(first.id).status == "revoked"
    revoked = client.revoke_organization_invitation(acme, second.id, requesting_user_id=ada["id"])
    assert revoked.status == "revoked"
    assert list(client.organization_invitations(acme, status="pending")) == []
    assert told()[-2:] == ["organizationInvitation.created", "organizationInvitation.revoked"]


def test_lists_of_many(client: ClerkClient, emulator: Emulator, ada: dict[str, Any]) -> None:
    made = [emulator.organizations.create({"name": f"O{number}"})["id"] for number in range(45)]
    assert sorted(item["id"] for page in client.organizations(page_size=20) for item in page) == sorted(made)
    emulator.seed_users(30)
    listed = [
        user["id"] for page in client.users_since(datetime.now(timezone.utc) - timedelta(hours=1)) for user in page
    ]
    assert sorted(listed) == sorted(user["id"] for user in emulator.users())
    assert list(client.users_since(datetime.now(timezone.utc) + timedelta(hours=1))) == []
