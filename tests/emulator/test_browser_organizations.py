"""Organizations as their members see them in the browser."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from django_clerk.core.claims import read_claims
from django_clerk.emulator.emulator import Emulator
from tests.emulator.receivers import received
from tests.emulator.visitor import Visitor, claims

PASSWORD = "correct horse battery"


def signed_in(emulator: Emulator, name: str) -> Visitor:
    emulator.create_user(email_address=f"{name}@example.com", password=PASSWORD, first_name=name.title())
    visitor = Visitor()
    visitor.sign_in(f"{name}@example.com", PASSWORD)
    received.clear()
    return visitor


def user_id(visitor: Visitor) -> str:
    identifier: str = visitor.call("GET", "/me").resource["id"]
    return identifier


@pytest.fixture
def ada(emulator: Emulator) -> Visitor:
    return signed_in(emulator, "ada")


@pytest.fixture
def organization(ada: Visitor) -> dict[str, Any]:
    organization: dict[str, Any] = ada.call("POST", "/organizations", name="Analytical Engines", slug="").resource
    return organization


def activate(visitor: Visitor, organization: dict[str, Any] | None) -> Any:
    return visitor.call(
        "POST",
        f"/client/sessions/{visitor.session_id}/touch",
        active_organization_id="" if organization is None else organization["id"],
        intent="select_org",
    )


class TestOneOfOnesOwn:
    def test_it_is_made(self, ada: Visitor) -> None:
        answer = ada.call("POST", "/organizations", name="Analytical Engines")
        assert (answer.resource["slug"], answer.resource["members_count"]) == ("analytical-engines", 1)
        [membership] = answer.client["sessions"][0]["user"]["organization_memberships"]
        assert (membership["role"], membership["organization"]["id"]) == ("org:admin", answer.resource["id"])
        assert "org:sys_memberships:manage" in membership["permissions"]
        events = [delivery.event["type"] for delivery in received]
        assert events == ["organization.created", "organizationMembership.created"]

    def test_not_by_everyone(self, ada: Visitor, emulator: Emulator) -> None:
        emulator.directory.update_user(user_id(ada), {"create_organization_enabled": False})
        assert ada.call("POST", "/organizations", name="Engines").error[0] == 403
        assert ada.call("POST", "/organizations", name="").error[0] in (403, 422)

    def test_it_is_switched_to_and_the_token_says_so(self, ada: Visitor, organization: dict[str, Any]) -> None:
        before = ada.call("GET", "/client").resource["updated_at"]
        answer = activate(ada, organization)
        assert answer.resource["last_active_organization_id"] == organization["id"]
        assert answer.client["updated_at"] == before
        token = ada.token()
        assert token["o"] == {"id": organization["id"], "slg": "analytical-engines", "rol": "admin"}
        assert "o" not in ada.token(organization_id="")
        assert activate(ada, None).resource["last_active_organization_id"] is None
        assert "o" not in ada.token()
        assert ada.token(organization_id=organization["slug"])["o"]["id"] == organization["id"]

    def test_custom_permissions_plan_and_features(
        self, ada: Visitor, emulator: Emulator, organization: dict[str, Any]
    ) -> None:
        """What is packed here is unpacked by the package itself."""
        granted = ["org:invoices:create", "org:invoices:read", "org:reports:read"]
        emulator.dashboard.configure(role_permissions={"org:admin": granted})
        emulator.dashboard.subscribe(organization["id"], plan="team", features=["invoices", "audit"])
        emulator.dashboard.subscribe(user_id(ada), plan="pro", features=["audit", "export"])
        activate(ada, organization)
        token = ada.token()
        assert token["fea"] == "o:invoices,o:reports,uo:audit,u:export"
        assert token["pla"] == "u:pro,o:team"
        assert (token["o"]["per"], token["o"]["fpm"]) == ("create,read", "3,2,0")
        identity = read_claims(token)
        assert identity.org is not None
        assert sorted(identity.org.permissions) == granted
        [membership] = ada.call("GET", "/me/organization_memberships").resource["data"]
        assert membership["permissions"][-3:] == granted

    def test_a_handshake_switches_too(self, ada: Visitor, organization: dict[str, Any]) -> None:
        """As when a site's address names an organization: by id, by slug, or none."""
        for wanted, active in (
            (organization["slug"], organization["id"]),
            ("org_nobody", organization["id"]),
            ("", None),
            (organization["id"], organization["id"]),
        ):
            query = urlencode({"redirect_url": "http://localhost:8000/", "organization_id": wanted})
            response = ada.browser.get(f"/__clerk/v1/client/handshake?{query}")
            token = claims(parse_qs(urlsplit(response["Location"]).query)["__clerk_handshake"][0])
            [session] = [line for line in token["handshake"] if line.startswith("__session=")]
            said = claims(session.partition("=")[2].partition(";")[0]).get("o")
            assert (None if said is None else said["id"]) == active

    def test_it_is_renamed_and_deleted(self, ada: Visitor, organization: dict[str, Any]) -> None:
        activate(ada, organization)
        path = f"/organizations/{organization['id']}"
        assert ada.call("PATCH", path, name="Engines", slug="engines").resource["slug"] == "engines"
        assert ada.call("GET", path).resource["name"] == "Engines"
        answer = ada.call("DELETE", path)
        assert (answer.resource["deleted"], answer.resource["id"]) == (True, organization["id"])
        [session] = answer.client["sessions"]
        assert (session["last_active_organization_id"], session["user"]["organization_memberships"]) == (None, [])
        assert "o" not in ada.token()

    def test_roles_and_what_there_is_none_of(self, ada: Visitor, organization: dict[str, Any]) -> None:
        path = f"/organizations/{organization['id']}"
        roles = ada.call("GET", f"{path}/roles").resource
        assert [role["key"] for role in roles["data"]] == ["org:admin", "org:member"]
        for rest in (f"{path}/domains", f"{path}/membership_requests", "/me/organization_suggestions"):
            assert ada.call("GET", rest).resource == {"data": [], "total_count": 0}


class TestMembers:
    def test_they_are_listed_added_promoted_and_removed(
        self, ada: Visitor, emulator: Emulator, organization: dict[str, Any]
    ) -> None:
        grace = signed_in(emulator, "grace")
        path = f"/organizations/{organization['id']}/memberships"
        added = ada.call("POST", path, user_id=user_id(grace), role="org:member").resource
        assert added["public_user_data"]["identifier"] == "grace@example.com"
        listed = ada.call("GET", f"{path}?limit=1&offset=1&paginated=true").resource
        assert (listed["total_count"], [item["id"] for item in listed["data"]]) == (2, [added["id"]])
        found = ada.call("GET", f"{path}?query=grace").resource
        assert [item["id"] for item in found["data"]] == [added["id"]]
        assert ada.call("GET", f"{path}?role=org:admin").resource["total_count"] == 1
        promoted = ada.call("PATCH", f"{path}/{user_id(grace)}", role="org:admin").resource
        assert promoted["role"] == "org:admin"
        assert ada.call("DELETE", f"{path}/{user_id(grace)}").resource["id"] == added["id"]
        assert grace.call("GET", f"/organizations/{organization['id']}").error[0] == 404

    def test_the_last_admin_stays_one(self, ada: Visitor, organization: dict[str, Any]) -> None:
        path = f"/organizations/{organization['id']}/memberships/{user_id(ada)}"
        for answer in (
            ada.call("PATCH", path, role="org:member"),
            ada.call("DELETE", path),
            ada.call("DELETE", f"/me/organization_memberships/{organization['id']}"),
        ):
            assert answer.error[:2] == (400, "organization_minimum_permissions_needed")

    def test_a_member_leaves_and_is_nobody_there(
        self, ada: Visitor, emulator: Emulator, organization: dict[str, Any]
    ) -> None:
        grace = signed_in(emulator, "grace")
        emulator.organizations.add_member(organization["id"], {"user_id": user_id(grace), "role": "org:member"})
        activate(grace, organization)
        assert grace.token()["o"]["rol"] == "member"
        answer = grace.call("DELETE", f"/me/organization_memberships/{organization['id']}")
        assert answer.resource["deleted"] is True
        assert answer.client["sessions"][0]["last_active_organization_id"] is None
        assert "o" not in grace.token()

    def test_a_member_manages_nothing(self, ada: Visitor, emulator: Emulator, organization: dict[str, Any]) -> None:
        grace = signed_in(emulator, "grace")
        emulator.organizations.add_member(organization["id"], {"user_id": user_id(grace), "role": "org:member"})
        path = f"/organizations/{organization['id']}"
        for answer in (
            grace.call("PATCH", path, name="Mine"),
            grace.call("DELETE", path),
            grace.call("POST", f"{path}/memberships", user_id=user_id(ada), role="org:admin"),
            grace.call("PATCH", f"{path}/memberships/{user_id(grace)}", role="org:admin"),
            grace.call("DELETE", f"{path}/memberships/{user_id(ada)}"),
        ):
            assert answer.error[:2] == (403, "missing_organization_permission")

    def test_a_stranger_sees_nothing(self, ada: Visitor, emulator: Emulator, organization: dict[str, Any]) -> None:
        eve = signed_in(emulator, "eve")
        path = f"/organizations/{organization['id']}"
        for method, end in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("GET", "/memberships"), ("GET", "/roles")):
            assert eve.call(method, path + end).error[0] == 404
        assert activate(eve, organization).error[0] == 404
        answer = eve.call("POST", f"/client/sessions/{eve.session_id}/tokens", organization_id=organization["id"])
        assert answer.error[0] == 404
