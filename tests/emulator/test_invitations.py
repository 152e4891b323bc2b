"""Invitations, to the application and to an organization, and tokens that sign somebody in."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.test import override_settings

from django_clerk.emulator.exchange import Problem
from django_clerk.emulator.instance import Emulator
from tests.emulator.calls import Caller, in_process, over_http
from tests.emulator.openapi import validate, validate_answer
from tests.emulator.receivers import received

DAY = 24 * 60 * 60


@pytest.fixture
def acme(emulator: Emulator, ada: dict[str, Any]) -> dict[str, Any]:
    """Ada's organization."""
    organization = emulator.organizations.create({"name": "Acme", "created_by": ada["id"]})
    received.clear()
    return organization


@pytest.fixture
def grace(emulator: Emulator) -> dict[str, Any]:
    user = emulator.create_user(email_address="grace@example.com")
    received.clear()
    return user


def told() -> list[str]:
    return [delivery.event["type"] for delivery in received]


def ticket_of(url: str) -> str:
    assert url.startswith("http://localhost:8000/__clerk/v1/tickets/accept?")
    [ticket] = parse_qs(urlsplit(url).query)["ticket"]
    return ticket


class Contract:
    call: Caller

    def test_an_invitation_to_the_application(self, emulator: Emulator, ada: dict[str, Any]) -> None:
        body = {"email_address": "New@Example.com", "public_metadata": {"role": "editor"}, "expires_in_days": 2}
        created = self.call("POST", "/v1/invitations", body).json
        validate("bapi-2026-05-12", "Invitation", created)
        assert (created["email_address"], created["status"]) == ("new@example.com", "pending")
        assert created["expires_at"] - created["created_at"] == 2 * DAY * 1000
        assert emulator.invitations.find(ticket_of(created["url"])) == created
        assert self.call("GET", "/v1/invitations").json == [created]
        assert self.call("GET", "/v1/invitations?paginated=true").json == {"data": [created], "total_count": 1}
        revoked = self.call("POST", f"/v1/invitations/{created['id']}/revoke").json
        validate_answer("bapi-2026-05-12", "/invitations/{invitation_id}/revoke", "POST", revoked)
        assert revoked["revoked"] is True
        assert emulator.invitations.find(ticket_of(created["url"])) is None
        assert self.call("GET", "/v1/invitations").json == [], "without a status, all that are not revoked"
        assert self.call("GET", "/v1/invitations?status=revoked").json == [revoked]
        assert self.call("POST", f"/v1/invitations/{created['id']}/revoke").error["code"] == "invitation_not_pending"
        assert told() == []

    def test_whoever_is_there_or_invited_is_not_invited(self, ada: dict[str, Any]) -> None:
        self.call("POST", "/v1/invitations", {"email_address": "new@example.com"})
        for address, status, code in (
            ("ADA@example.com", 422, "form_identifier_exists"),
            ("new@example.com", 400, "duplicate_record"),
        ):
            reply = self.call("POST", "/v1/invitations", {"email_address": address})
            assert (reply.status, reply.error["code"]) == (status, code)
            anyway = {"email_address": address, "ignore_existing": True}
            assert self.call("POST", "/v1/invitations", anyway).status == 200

    def test_an_invitation_expires(self, emulator: Emulator, acme: dict[str, Any]) -> None:
        path = f"/v1/organizations/{acme['id']}/invitations"
        invitation = self.call("POST", path, {"email_address": "new@example.com", "role": "org:member"}).json
        with time_machine.travel(invitation["expires_at"] / 1000 + 1):
            assert self.call("GET", f"{path}?status=pending").json["data"] == []
            [expired] = self.call("GET", f"{path}?status=expired").json["data"]
            assert expired == {**invitation, "status": "expired"}
            assert emulator.invitations.find(ticket_of(invitation["url"])) is None
            reply = self.call("POST", f"{path}/{invitation['id']}/revoke")
            assert reply.error["code"] == "organization_invitation_not_pending"

    def test_an_invitation_to_an_organization(
        self, emulator: Emulator, ada: dict[str, Any], acme: dict[str, Any], grace: dict[str, Any]
    ) -> None:
        path = f"/v1/organizations/{acme['id']}/invitations"
        body = {
            "email_address": "grace@example.com",
            "role": "org:member",
            "inviter_user_id": ada["id"],
            "public_metadata": {"desk": 4},
            "private_metadata": None,
        }
        first, second = (self.call("POST", path, body).json for _ in range(2))
        for invitation in (first, second):
            validate("bapi-2026-05-12", "OrganizationInvitation", invitation)
        assert first["public_inviter_data"]["identifier"] == "ada@example.com"
        counted = self.call("GET", f"/v1/organizations/{acme['id']}?include_members_count=true").json
        assert counted["pending_invitations_count"] == 2
        revoked = self.call("POST", f"{path}/{first['id']}/revoke", {"requesting_user_id": ada["id"]}).json
        assert revoked["status"] == "revoked"
        accepted = emulator.invitations.accept(second["id"], grace["id"])
        [membership] = emulator.organizations.memberships_of(grace["id"])
        assert (membership["role"], membership["public_metadata"]) == ("org:member", {"desk": 4})
        assert told() == [
            "organizationInvitation.created",
            "organizationInvitation.created",
            "organizationInvitation.revoked",
            "organizationInvitation.accepted",
            "organizationMembership.created",
        ]
        assert received[3].event["data"] == {**accepted, "user_id": grace["id"]}
        for delivery in received:
            validate("webhooks-2025-04-15", "WebhookEventPayload", delivery.event)
        listed = self.call("GET", path)
        validate("bapi-2026-05-12", "OrganizationInvitations", listed.json)
        assert listed.json == {"data": [accepted, revoked], "total_count": 2}
        assert self.call("GET", f"{path}?status=accepted").json["data"] == [accepted]
        assert self.call("GET", f"{path}?email_address=GRACE@example.com").json["total_count"] == 2
        assert self.call("GET", f"{path}/{second['id']}").json == accepted
        assert self.call("POST", f"{path}/{second['id']}/revoke").status == 400

    def test_whoever_is_a_member_is_not_invited(self, ada: dict[str, Any], acme: dict[str, Any]) -> None:
        path = f"/v1/organizations/{acme['id']}/invitations"
        reply = self.call("POST", path, {"email_address": "ADA@example.com", "role": "org:member"})
        assert (reply.status, reply.error["code"]) == (400, "already_a_member_in_organization")
        assert self.call("GET", path).json["total_count"] == 0

    def test_one_that_makes_no_sense(
        self, ada: dict[str, Any], acme: dict[str, Any], grace: dict[str, Any], emulator: Emulator
    ) -> None:
        other = emulator.organizations.create({"name": "Other"})
        path = f"/v1/organizations/{acme['id']}/invitations"
        whole = {"email_address": "new@example.com", "role": "org:member"}
        invitation = self.call("POST", path, whole).json
        received.clear()
        for address, body, status, code in (
            (path, {}, 422, "form_param_missing"),
            (path, {**whole, "email_address": "nonsense"}, 422, "form_param_format_invalid"),
            (path, {**whole, "expires_in_days": 366}, 422, "form_param_format_invalid"),
            (path, {**whole, "role": "org:king"}, 404, "resource_not_found"),
            (path, {**whole, "inviter_user_id": grace["id"]}, 404, "resource_not_found"),
            (f"{path}/orginv_x/revoke", {}, 404, "resource_not_found"),
            (f"/v1/organizations/{other['id']}/invitations/{invitation['id']}/revoke", {}, 404, "resource_not_found"),
            (f"/v1/invitations/{invitation['id']}/revoke", {}, 404, "resource_not_found"),
            ("/v1/organizations/org_x/invitations", whole, 404, "resource_not_found"),
        ):
            reply = self.call("POST", address, body)
            assert (reply.status, reply.error["code"]) == (status, code)
        emulator.organizations.add_member(acme["id"], {"user_id": grace["id"], "role": "org:member"})
        received.clear()
        reply = self.call("POST", path, {**whole, "inviter_user_id": grace["id"]})
        assert (reply.status, reply.error["code"]) == (403, "not_an_admin_in_organization")
        assert told() == []

    def test_a_sign_in_token(self, emulator: Emulator, ada: dict[str, Any], acme: dict[str, Any]) -> None:
        body = {"user_id": ada["id"], "org_id": acme["id"], "expires_in_seconds": 60}
        created = self.call("POST", "/v1/sign_in_tokens", body).json
        validate("bapi-2026-05-12", "SignInToken", created)
        assert ticket_of(created["url"]) == created["token"]
        redeemed = emulator.sign_in_tokens.redeem(created["token"])
        assert (redeemed.document["user_id"], redeemed.organization_id) == (ada["id"], acme["id"])
        with pytest.raises(Problem) as caught:
            emulator.sign_in_tokens.redeem(created["token"])
        assert caught.value.errors[0]["code"] == "sign_in_token_already_used_code"
        reply = self.call("POST", f"/v1/sign_in_tokens/{created['id']}/revoke")
        assert (reply.status, reply.error["code"]) == (400, "sign_in_token_already_used_code")

    def test_a_sign_in_token_that_is_revoked_or_too_old(self, emulator: Emulator, ada: dict[str, Any]) -> None:
        first, second = (self.call("POST", "/v1/sign_in_tokens", {"user_id": ada["id"]}).json for _ in range(2))
        revoked = self.call("POST", f"/v1/sign_in_tokens/{first['id']}/revoke").json
        validate("bapi-2026-05-12", "SignInToken", revoked)
        assert (revoked["status"], "token" in revoked) == ("revoked", False)
        with pytest.raises(Problem, match="revoked before"):
            emulator.sign_in_tokens.redeem(first["token"])
        with time_machine.travel(second["created_at"] / 1000 + 31 * DAY), pytest.raises(Problem, match="expired"):
            emulator.sign_in_tokens.redeem(second["token"])
        with pytest.raises(Problem, match="unknown"):
            emulator.sign_in_tokens.redeem("guessed")

    def test_for_nobody_there_is_none(self, acme: dict[str, Any], grace: dict[str, Any]) -> None:
        for body, status in (
            ({}, 422),
            ({"user_id": "user_nobody"}, 404),
            ({"user_id": grace["id"], "org_id": acme["id"]}, 404),
            ({"user_id": grace["id"], "expires_in_seconds": 0}, 422),
        ):
            assert self.call("POST", "/v1/sign_in_tokens", body).status == status
        assert self.call("POST", "/v1/sign_in_tokens/sit_x/revoke").status == 404

    def test_without_a_site_the_link_is_the_instances(self, ada: dict[str, Any]) -> None:
        with override_settings(CLERK_AUTHORIZED_PARTIES=[]):
            url = self.call("POST", "/v1/sign_in_tokens", {"user_id": ada["id"]}).json["url"]
        assert url.startswith("https://clerk-emulator.invalid/v1/tickets/accept?ticket=")


class TestInProcess(Contract):
    call = staticmethod(in_process)


class TestOverHTTP(Contract):
    call = staticmethod(over_http)
