"""What may be kept of an event: never a secret, and in the end no person."""

from __future__ import annotations

import json
from typing import Any

import pytest

from django_clerk.core.payloads import redacted, subject_of, without_bystanders, without_secrets

USER = {
    "id": "user_ada",
    "object": "user",
    "external_id": "ex_123456789",
    "first_name": "Ada",
    "username": "ada_lovelace",
    "email_addresses": [
        {"id": "idn_1", "email_address": "ada@example.com", "verification": {"status": "verified", "nonce": "n1"}}
    ],
    "phone_numbers": [{"id": "idn_2", "phone_number": "+15555550100", "backup_codes": ["b4ckup"]}],
    "external_accounts": [{"id": "eac_1", "provider_user_id": "google_12345", "public_metadata": {"a": "b"}}],
    "image_url": "https://img.clerk.com/ada",
    "public_metadata": {"role": "admin", "token": "public", "url": "https://example.com/ada"},
    "private_metadata": {"stripe": "cus_1"},
    "unsafe_metadata": {"theme": "dark"},
    "password_enabled": True,
    "password_digest": "$2a$10",
    "banned": False,
    "created_at": 1_700_000_000_000,
    "updated_at": 1_700_000_000_001,
    "last_sign_in_at": None,
}


def envelope(kind: str, data: Any) -> dict[str, Any]:
    return {
        "object": "event",
        "type": kind,
        "data": data,
        "timestamp": 1_700_000_000_000,
        "instance_id": "ins_1",
        "event_attributes": {"http_request": {"client_ip": "203.0.113.7", "user_agent": "Mozilla/5.0"}},
    }


def nested(levels: int) -> Any:
    value: Any = "bottom"
    for _ in range(levels):
        value = [value]
    return value


def test_a_user_without_secrets_is_the_user() -> None:
    kept = without_secrets(envelope("user.created", USER))["data"]
    gone = ("private_metadata", "password_digest")
    assert set(USER) - set(kept) == set(gone)
    for name in ("first_name", "image_url", "public_metadata", "unsafe_metadata", "password_enabled", "updated_at"):
        assert kept[name] == USER[name]
    assert kept["email_addresses"][0]["verification"] == {"status": "verified"}
    assert "b4ckup" not in json.dumps(kept)


@pytest.mark.parametrize("path", [[], ["data"], ["data", "organization"], ["data", "public_metadata"], ["a", "b", "c"]])
def test_private_metadata_is_dropped_at_any_depth(path: list[str]) -> None:
    value: Any = {"private_metadata": {"secret": "5ecret"}, "kept": 1}
    for name in reversed(path):
        value = {name: [value]}
    kept = json.dumps(without_secrets(value))
    assert "5ecret" not in kept
    assert "kept" in kept


@pytest.mark.parametrize(
    "name",
    [
        "token",
        "session_token",
        "ticket",
        "otp_code",
        "code",
        "secret",
        "client_secret",
        "password",
        "nonce",
        "backup_codes",
        "url",
        "external_verification_redirect_url",
    ],
)
def test_secrets_by_name(name: str) -> None:
    assert without_secrets({"data": [{name: "5ecret", "id": "x"}]}) == {"data": [{"id": "x"}]}


def test_a_ticket_by_any_name() -> None:
    link = "https://accounts.example.com/sign-up?__clerk_ticket=eyJ"
    assert without_secrets({"data": {"landing_page": link, "id": "x"}}) == {"data": {"id": "x"}}


@pytest.mark.parametrize("kind", ["email.created", "sms.created"])
def test_messages_lose_what_they_say(kind: str) -> None:
    data = {
        "id": "ema_1",
        "slug": "verification_code",
        "user_id": "user_ada",
        "subject": "123456 is your code",
        "body": "<b>123456</b>",
        "body_plain": "123456",
        "message": "123456",
        "data": {"otp_code": "123456", "magic_link": "https://x/123456"},
    }
    kept = without_secrets(envelope(kind, data))
    assert kept["data"] == {"id": "ema_1", "slug": "verification_code", "user_id": "user_ada"}


def test_an_invitation_loses_its_address() -> None:
    data = {
        "id": "orginv_1",
        "email_address": "jane@example.com",
        "url": "https://x/?__clerk_ticket=1",
        "role": "org:a",
    }
    kept = without_secrets(envelope("organizationInvitation.created", data))["data"]
    assert kept == {"id": "orginv_1", "email_address": "jane@example.com", "role": "org:a"}


def test_what_no_database_takes_is_replaced() -> None:
    kept = without_secrets({"data": {"first_name": "A\0\ud800", "deep": nested(60), "n": 1e23}})
    assert kept["data"]["first_name"] == "A\ufffd\ufffd"
    assert json.dumps(kept).count("[") == 29  # two levels are above it


def test_nobody_is_recognised_in_what_is_left() -> None:
    left = redacted(without_secrets(envelope("user.updated", USER)))
    assert left == {
        "object": "event",
        "type": "user.updated",
        "timestamp": 1_700_000_000_000,
        "instance_id": "ins_1",
        "data": {
            "id": "user_ada",
            "object": "user",
            "email_addresses": [{"id": "idn_1", "verification": {"status": "verified"}}],
            "phone_numbers": [{"id": "idn_2"}],
            "external_accounts": [{"id": "eac_1"}],
            "password_enabled": True,
            "banned": False,
            "created_at": 1_700_000_000_000,
            "updated_at": 1_700_000_000_001,
        },
    }


def test_roles_and_states_are_left() -> None:
    membership = {
        "id": "orgmem_1",
        "role": "org:admin",
        "role_name": "Admin",
        "permissions": ["org:posts:read"],
        "organization": {"id": "org_1", "name": "Acme", "slug": "acme", "created_by": "user_ada"},
        "public_user_data": {"user_id": "user_ada", "identifier": "ada@example.com", "first_name": "Ada"},
    }
    assert redacted(envelope("organizationMembership.created", membership))["data"] == {
        "id": "orgmem_1",
        "role": "org:admin",
        "permissions": ["org:posts:read"],
        "organization": {"id": "org_1", "created_by": "user_ada"},
        "public_user_data": {"user_id": "user_ada"},
    }


def test_of_whoever_invites_ids_are_left() -> None:
    inviter = {"user_id": "user_ada", "first_name": "Ada", "last_name": "Lovelace", "identifier": "ada@example.com"}
    invitation = {"email_address": "jane@example.com", "inviter_id": "user_ada", "public_inviter_data": inviter}
    kept = without_bystanders(envelope("x", {"invitations": [invitation], "public_user_data": inviter}))
    assert kept == envelope(
        "x",
        {
            "invitations": [{**invitation, "public_inviter_data": {"user_id": "user_ada"}}],
            "public_user_data": inviter,
        },
    )
    assert without_bystanders({"data": {"public_inviter_data": "Ada"}}) == {"data": {"public_inviter_data": None}}


@pytest.mark.parametrize(
    "member",
    [
        {"id": "ada@example.com"},
        {"status": "call +1 555 0100"},
        {"role": "Ada Lovelace"},
        {"actor": {"id": "user_eve"}},
        {"latest_activity": {"id": "activity_1", "city": "Turin"}},
        {"ada@example.com": {"id": "idn_1"}},
        {"count": 15555550100},
        {"has_image": True},
        {"lockout": 1.5},
    ],
)
def test_what_could_name_somebody_is_not_left(member: dict[str, Any]) -> None:
    assert redacted({"data": member}) == {}


@pytest.mark.parametrize(
    ("data", "user_id"),
    [
        (USER, "user_ada"),
        ({"id": "user_ada", "deleted": True}, "user_ada"),
        ({"id": "sess_1", "user_id": "user_ada"}, "user_ada"),
        ({"id": "orgmem_1", "public_user_data": {"user_id": "user_ada"}}, "user_ada"),
        ({"id": "csub_1", "payer": {"user_id": "user_ada", "email": "ada@example.com"}}, "user_ada"),
        ({"id": "org_1", "created_by": "user_ada"}, ""),
        ({"id": "sess_1", "user_id": "ada@example.com", "public_user_data": "x", "payer": None}, ""),
        ({}, ""),
    ],
)
def test_whom_an_event_is_about(data: dict[str, Any], user_id: str) -> None:
    assert subject_of(data) == user_id
