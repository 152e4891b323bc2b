"""Tickets: sign-in tokens, impersonation, invitations, and the links that carry them."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings
from django.test import override_settings

from django_clerk.emulator.emulator import Emulator
from tests.emulator.calls import in_process
from tests.emulator.openapi import validate
from tests.emulator.receivers import received
from tests.emulator.visitor import ORIGIN, Visitor

PASSWORD = "correct horse battery"


@pytest.fixture
def visitor() -> Visitor:
    return Visitor()


@pytest.fixture
def organization(emulator: Emulator, ada: dict[str, Any]) -> dict[str, Any]:
    organization = emulator.organizations.create({"name": "Engines", "created_by": ada["id"]})
    received.clear()
    return organization


def redeem(visitor: Visitor, ticket: str) -> Any:
    answer = visitor.call("POST", "/client/sign_ins", strategy="ticket", ticket=ticket)
    if answer.status == 200:
        visitor.session_id = answer.resource["created_session_id"]
    return answer


class TestSignInTokens:
    def test_one_signs_in_once(self, visitor: Visitor, emulator: Emulator, ada: dict[str, Any]) -> None:
        token = in_process("POST", "/v1/sign_in_tokens", {"user_id": ada["id"]}).json["token"]
        answer = redeem(visitor, token)
        assert (answer.resource["status"], answer.client["last_authentication_strategy"]) == ("complete", "ticket")
        assert visitor.token()["sub"] == ada["id"]
        assert redeem(Visitor(), token).status == 400

    def test_a_guess_does_not(self, visitor: Visitor) -> None:
        for ticket in ("", "guess", "x" * 5000):
            assert redeem(visitor, ticket).status == 400

    def test_with_an_organization(
        self, visitor: Visitor, emulator: Emulator, ada: dict[str, Any], organization: dict[str, Any]
    ) -> None:
        fields = {"user_id": ada["id"], "org_id": organization["id"]}
        redeem(visitor, emulator.sign_in_tokens.create(fields)["token"])
        assert visitor.token()["o"]["id"] == organization["id"]

    @pytest.mark.parametrize("state", ["banned", "locked"])
    def test_whoever_may_not_sign_in_does_not_use_it_up(
        self, visitor: Visitor, emulator: Emulator, ada: dict[str, Any], state: str
    ) -> None:
        token = emulator.sign_in_tokens.create({"user_id": ada["id"]})["token"]
        emulator.directory.set_flag(ada["id"], state, True)
        assert redeem(visitor, token).error == (403, f"user_{state}", None)
        emulator.directory.set_flag(ada["id"], state, False)
        assert redeem(visitor, token).status == 200

    def test_a_session_that_there_is_does_not_use_it_up(
        self, visitor: Visitor, emulator: Emulator, ada: dict[str, Any]
    ) -> None:
        first, second = (emulator.sign_in_tokens.create({"user_id": ada["id"]})["token"] for _ in range(2))
        redeem(visitor, first)
        assert redeem(visitor, second).error[1] == "session_exists"
        assert redeem(Visitor(), second).status == 200


class TestImpersonation:
    def test_the_actor_is_in_the_session_and_its_tokens(
        self, visitor: Visitor, emulator: Emulator, ada: dict[str, Any]
    ) -> None:
        operator = emulator.create_user(email_address="operator@example.com")
        body = {"user_id": ada["id"], "actor": {"sub": operator["id"]}}
        reply = in_process("POST", "/v1/actor_tokens", body)
        validate("bapi-2026-05-12", "ActorToken", reply.json)
        answer = redeem(visitor, reply.json["token"])
        assert answer.client["sessions"][0]["actor"] == {"sub": operator["id"]}
        token = visitor.token()
        assert (token["sub"], token["act"]) == (ada["id"], {"sub": operator["id"]})
        validate("bapi-2026-05-12", "Session", in_process("GET", f"/v1/sessions/{visitor.session_id}").json)

    def test_one_that_was_revoked_is_none(self, visitor: Visitor, ada: dict[str, Any]) -> None:
        created = in_process("POST", "/v1/actor_tokens", {"user_id": ada["id"], "actor": {"sub": "user_1"}}).json
        revoked = in_process("POST", f"/v1/actor_tokens/{created['id']}/revoke")
        validate("bapi-2026-05-12", "ActorToken", revoked.json)
        assert redeem(visitor, created["token"]).status == 400

    @pytest.mark.parametrize("actor", [None, "user_1", {}, {"sub": ""}, {"sub": 7}])
    def test_somebody_has_to_be_the_actor(self, ada: dict[str, Any], actor: Any) -> None:
        reply = in_process("POST", "/v1/actor_tokens", {"user_id": ada["id"], "actor": actor})
        assert (reply.status, reply.error["meta"]) == (422, {"param_name": "actor"})

    @pytest.mark.parametrize(("asked", "lasts"), [({}, 30 * 60), ({"session_max_duration_in_seconds": 90}, 90)])
    def test_it_does_not_last(self, visitor: Visitor, ada: dict[str, Any], asked: dict[str, int], lasts: int) -> None:
        body = {"user_id": ada["id"], "actor": {"sub": "user_1"}, **asked}
        [session] = redeem(visitor, in_process("POST", "/v1/actor_tokens", body).json["token"]).client["sessions"]
        assert session["expire_at"] - session["last_active_at"] == lasts * 1000


class TestInvitations:
    def invite(self, emulator: Emulator, organization: dict[str, Any], address: str) -> tuple[dict[str, Any], str]:
        fields = {"email_address": address, "role": "org:member"}
        invitation = emulator.invitations.create_for(organization["id"], fields)
        return invitation, parse_qs(urlsplit(invitation["url"]).query)["ticket"][0]

    def test_somebody_new_signs_up_and_is_a_member(
        self, visitor: Visitor, emulator: Emulator, organization: dict[str, Any]
    ) -> None:
        _, ticket = self.invite(emulator, organization, "Grace@example.com")
        attempt = visitor.call("POST", "/client/sign_ups", strategy="ticket", ticket=ticket).resource
        assert (attempt["email_address"], attempt["unverified_fields"]) == ("grace@example.com", [])
        done = visitor.call("PATCH", f"/client/sign_ups/{attempt['id']}", password=PASSWORD).resource
        assert done["status"] == "complete"
        [membership] = emulator.organizations.memberships_of(done["created_user_id"])
        assert (membership["organization"]["id"], membership["role"]) == (organization["id"], "org:member")

    def test_the_invitation_proves_no_other_address(
        self, visitor: Visitor, emulator: Emulator, organization: dict[str, Any]
    ) -> None:
        _, ticket = self.invite(emulator, organization, "grace@example.com")
        attempt = visitor.call(
            "POST", "/client/sign_ups", ticket=ticket, email_address="victim@example.com", password=PASSWORD
        ).resource
        assert (attempt["status"], attempt["unverified_fields"]) == ("missing_requirements", ["email_address"])

    def test_somebody_known_signs_in_and_is_a_member(
        self, visitor: Visitor, emulator: Emulator, organization: dict[str, Any]
    ) -> None:
        grace = emulator.create_user(email_address="grace@example.com")
        _, ticket = self.invite(emulator, organization, "grace@example.com")
        assert redeem(visitor, ticket).resource["status"] == "complete"
        assert emulator.organizations.membership(organization["id"], grace["id"])["role"] == "org:member"
        assert redeem(Visitor(), ticket).status == 400

    def test_to_the_application(self, visitor: Visitor, emulator: Emulator) -> None:
        invitation = emulator.invitations.create(
            {"email_address": "grace@example.com", "public_metadata": {"role": "editor"}}
        )
        ticket = parse_qs(urlsplit(invitation["url"]).query)["ticket"][0]
        done = visitor.call("POST", "/client/sign_ups", ticket=ticket, password=PASSWORD).resource
        assert emulator.user(done["created_user_id"])["public_metadata"] == {"role": "editor"}
        assert Visitor().call("POST", "/client/sign_ups", ticket=ticket, password=PASSWORD).status == 400

    def test_in_the_browser(self, emulator: Emulator, organization: dict[str, Any], ada: dict[str, Any]) -> None:
        emulator.directory.update_user(ada["id"], {"password": PASSWORD})
        admin, grace = Visitor(), Visitor()
        admin.sign_in("ada@example.com", PASSWORD)
        path = f"/organizations/{organization['id']}/invitations"
        many = admin.call("POST", f"{path}/bulk", email_address="grace@example.com", role="org:member").resource
        assert [item["email_address"] for item in many] == ["grace@example.com"]
        other = admin.call("POST", path, email_address="alan@example.com", role="org:admin").resource
        assert other["url"] is None, "the link is for whoever gets the mail"
        revoked = admin.call("POST", f"{path}/{other['id']}/revoke").resource
        assert revoked["status"] == "revoked"
        assert admin.call("GET", f"{path}?status=revoked").resource["total_count"] == 1
        assert admin.call("GET", f"{path}/pending").resource["total_count"] == 1
        emulator.create_user(email_address="grace@example.com", password=PASSWORD)
        grace.sign_in("grace@example.com", PASSWORD)
        [own] = grace.call("GET", "/me/organization_invitations?status=pending").resource["data"]
        assert own["public_organization_data"]["slug"] == "engines"
        accepted = grace.call("POST", f"/me/organization_invitations/{own['id']}/accept")
        assert accepted.resource["status"] == "accepted"
        [session] = accepted.client["sessions"]
        assert session["user"]["organization_memberships"][0]["role"] == "org:member"
        assert grace.call("POST", path, email_address="eve@example.com", role="org:admin").error[0] == 403
        assert grace.call("GET", path).error[0] == 403

    def test_many_are_invited_or_none(
        self, emulator: Emulator, organization: dict[str, Any], ada: dict[str, Any]
    ) -> None:
        emulator.directory.update_user(ada["id"], {"password": PASSWORD})
        admin = Visitor()
        admin.sign_in("ada@example.com", PASSWORD)
        received.clear()
        for bad, status in (("nonsense", 422), ("ada@example.com", 400)):
            addresses = ["grace@example.com", bad]
            path = f"/organizations/{organization['id']}/invitations"
            assert admin.call("POST", f"{path}/bulk", email_address=addresses, role="org:member").error[0] == status
            assert admin.call("GET", path).resource["total_count"] == 0
        assert received == []

    def test_a_full_organization_leaves_everything_as_it_is(
        self, visitor: Visitor, emulator: Emulator, organization: dict[str, Any]
    ) -> None:
        """No invitation is used up, nobody is made, and nobody is signed in."""
        grace = emulator.create_user(email_address="grace@example.com", password=PASSWORD)
        invitation, ticket = self.invite(emulator, organization, "grace@example.com")
        _, other = self.invite(emulator, organization, "new@example.com")
        emulator.organizations.update(organization["id"], {"max_allowed_memberships": 1})
        full = (403, "organization_membership_quota_exceeded", None)
        assert redeem(visitor, ticket).error == full
        assert emulator.directory.sessions.of_user(grace["id"]) == []
        visitor.sign_in("grace@example.com", PASSWORD)
        assert visitor.call("POST", f"/me/organization_invitations/{invitation['id']}/accept").error == full
        newcomer = Visitor()
        assert newcomer.call("POST", "/client/sign_ups", ticket=other, password=PASSWORD).error == full
        assert emulator.directory.find("new@example.com") is None
        assert None not in (emulator.invitations.find(ticket), emulator.invitations.find(other))
        emulator.organizations.update(organization["id"], {"max_allowed_memberships": 3})
        done = newcomer.call("POST", "/client/sign_ups", ticket=other, password=PASSWORD).resource
        assert done["status"] == "complete"
        assert visitor.call("POST", f"/me/organization_invitations/{invitation['id']}/accept").status == 200

    def test_somebody_elses_is_not_accepted(self, emulator: Emulator, organization: dict[str, Any]) -> None:
        invitation, _ = self.invite(emulator, organization, "grace@example.com")
        emulator.create_user(email_address="eve@example.com", password=PASSWORD)
        eve = Visitor()
        eve.sign_in("eve@example.com", PASSWORD)
        eve.call("POST", "/me/email_addresses", email_address="grace@example.com")
        assert eve.call("GET", "/me/organization_invitations").resource["total_count"] == 0, "it was not verified"
        assert eve.call("POST", f"/me/organization_invitations/{invitation['id']}/accept").error[0] == 404


class TestLinks:
    def follow(self, visitor: Visitor, url: str) -> tuple[str, dict[str, list[str]]]:
        parts = urlsplit(url)
        response = visitor.browser.get(f"{parts.path}?{parts.query}")
        assert response.status_code == 303
        target = urlsplit(response["Location"])
        assert target.netloc == "localhost:8000"
        return target.path, parse_qs(target.query)

    def test_they_lead_to_the_page_that_takes_the_ticket(
        self, visitor: Visitor, emulator: Emulator, ada: dict[str, Any], organization: dict[str, Any]
    ) -> None:
        token = emulator.sign_in_tokens.create({"user_id": ada["id"]})
        new = emulator.invitations.create({"email_address": "grace@example.com"})
        with override_settings(CLERK_SIGN_IN_URL="/in/", CLERK_SIGN_UP_URL="/up/?a=b"):
            path, query = self.follow(visitor, token["url"])
            assert (path, query["__clerk_status"], query["__clerk_ticket"]) == ("/in/", ["sign_in"], [token["token"]])
            path, query = self.follow(visitor, new["url"])
            assert (path, query["__clerk_status"], query["a"]) == ("/up/", ["sign_up"], ["b"])

    def test_pages_may_be_named_as_the_package_has_them_named(
        self, visitor: Visitor, emulator: Emulator, ada: dict[str, Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        token = emulator.sign_in_tokens.create({"user_id": ada["id"]})
        new = emulator.invitations.create({"email_address": "grace@example.com"})
        named = {"CLERK_SIGN_IN_URL": "clerk_sign_in", "CLERK_SIGN_UP_URL": "clerk_sign_up"}
        with override_settings(ROOT_URLCONF="tests.emulator.pages_urls", **named):
            assert self.follow(visitor, token["url"])[0] == "/sign-in/"
            assert self.follow(visitor, new["url"])[0] == "/sign-up/"
            shown = visitor.call("GET", "/environment").json["display_config"]
            assert (shown["sign_in_url"], shown["sign_up_url"]) == (f"{ORIGIN}/sign-in/", f"{ORIGIN}/sign-up/")
        with override_settings(ROOT_URLCONF="tests.emulator.pages_urls", CLERK_SIGN_IN_URL="clerk_sign_in"):
            assert self.follow(visitor, new["url"])[0] == "/sign-in/create", "as the package's own links do"
        with override_settings(CLERK_AFTER_SIGN_IN_URL="dashboard", **named):  # they are not served here
            assert self.follow(visitor, token["url"])[0] == "/__clerk/sign-in"
            assert self.follow(visitor, new["url"])[0] == "/__clerk/sign-in/create"
            assert visitor.call("GET", "/environment").json["display_config"]["after_sign_in_url"] == f"{ORIGIN}/"
        with override_settings():
            del settings.CLERK_SIGN_IN_URL
            monkeypatch.setenv("CLERK_SIGN_IN_URL", "/in/")
            assert self.follow(visitor, token["url"])[0] == "/in/"

    def test_a_ticket_adds_no_header(self, visitor: Visitor) -> None:
        _, query = self.follow(visitor, "/__clerk/v1/tickets/accept?ticket=a%0d%0aSet-Cookie:%20b")
        assert query["__clerk_ticket"] == ["a\r\nSet-Cookie: b"]
