"""Organizations and memberships by the Backend API of the local Clerk, and what the webhooks are told of them."""

from __future__ import annotations

from typing import Any

import pytest

from django_clerk.emulator.instance import Emulator
from tests.emulator.calls import Caller, in_process, over_http
from tests.emulator.openapi import validate
from tests.emulator.receivers import received


@pytest.fixture
def acme(emulator: Emulator, ada: dict[str, Any]) -> dict[str, Any]:
    """Ada's organization."""
    organization = emulator.organizations.create({"name": "Acme Inc.", "created_by": ada["id"]})
    received.clear()
    return organization


@pytest.fixture
def grace(emulator: Emulator) -> dict[str, Any]:
    user = emulator.create_user(email_address="grace@example.com", first_name="Grace")
    received.clear()
    return user


def told() -> list[str]:
    return [delivery.event["type"] for delivery in received]


class Contract:
    call: Caller

    def test_an_organization_is_created_with_its_first_member(self, ada: dict[str, Any]) -> None:
        body = {"name": "Acme Inc.", "created_by": ada["id"], "public_metadata": {"tier": 1, "x": None}}
        reply = self.call("POST", "/v1/organizations", body)
        assert reply.status == 200
        validate("bapi-2026-05-12", "Organization", reply.json)
        assert (reply.json["slug"], reply.json["public_metadata"]) == ("acme-inc", {"tier": 1})
        assert told() == ["organization.created", "organizationMembership.created"]
        organization, membership = (delivery.event["data"] for delivery in received)
        assert organization == reply.json == membership["organization"]
        assert (membership["role"], membership["public_user_data"]["user_id"]) == ("org:admin", ada["id"])
        for delivery in received:
            validate("webhooks-2025-04-15", "WebhookEventPayload", delivery.event)

    def test_without_a_creator_it_is_empty(self) -> None:
        organization = self.call("POST", "/v1/organizations", {"name": "Acme", "created_by": None}).json
        validate("bapi-2026-05-12", "Organization", organization)
        path = f"/v1/organizations/{organization['id']}/memberships"
        assert self.call("GET", path).json == {"data": [], "total_count": 0}

    def test_it_is_served_by_id_and_slug(self, acme: dict[str, Any]) -> None:
        for name in (acme["id"], acme["slug"]):
            assert self.call("GET", f"/v1/organizations/{name}").json == acme
        counted = self.call("GET", f"/v1/organizations/{acme['id']}?include_members_count=true").json
        assert counted == {**acme, "members_count": 1, "pending_invitations_count": 0}
        validate("bapi-2026-05-12", "Organization", counted)

    @pytest.mark.parametrize(
        ("body", "code", "param"),
        [
            ({}, "form_param_missing", "name"),
            ({"name": ""}, "form_param_format_invalid", "name"),
            ({"name": "<b>"}, "form_param_format_invalid", "name"),
            ({"name": "x" * 257}, "form_param_format_invalid", "name"),
            ({"name": "A", "slug": "Not A Slug"}, "form_param_format_invalid", "slug"),
            ({"name": "A", "slug": "acme-inc"}, "form_identifier_exists", "slug"),
            ({"name": "A", "max_allowed_memberships": -1}, "form_param_format_invalid", "max_allowed_memberships"),
            ({"name": "A", "color": "red"}, "form_param_unknown", "color"),
        ],
    )
    def test_one_that_makes_no_sense(self, acme: dict[str, Any], body: Any, code: str, param: str) -> None:
        reply = self.call("POST", "/v1/organizations", body)
        assert (reply.status, reply.error["code"]) == (422, code)
        assert reply.error["meta"]["param_name"] == param

    def test_by_nobody_it_is_not_created(self, emulator: Emulator) -> None:
        assert self.call("POST", "/v1/organizations", {"name": "A", "created_by": "user_nobody"}).status == 404
        assert emulator.organizations.count() == 0

    def test_two_of_one_name_have_two_slugs(self, acme: dict[str, Any]) -> None:
        assert self.call("POST", "/v1/organizations", {"name": "Acme Inc."}).json["slug"] == "acme-inc-2"
        assert self.call("POST", "/v1/organizations", {"name": "北京"}).json["slug"] == "organization"

    def test_it_is_changed(self, acme: dict[str, Any]) -> None:
        path = f"/v1/organizations/{acme['id']}"
        changed = self.call("PATCH", path, {"name": "Acme", "slug": "acme", "max_allowed_memberships": 3}).json
        assert (changed["name"], changed["slug"], changed["max_allowed_memberships"]) == ("Acme", "acme", 3)
        assert changed["updated_at"] > acme["updated_at"]
        merged = self.call("PATCH", path + "/metadata", {"public_metadata": {"a": {"b": 1}}}).json
        assert merged["public_metadata"] == {"a": {"b": 1}}
        replaced = self.call("PUT", path + "/metadata", {"public_metadata": {"c": 2}}).json
        assert replaced["public_metadata"] == {"c": 2}
        assert self.call("PATCH", path, {"public_metadata": {}}).error["code"] == "form_param_unknown"
        assert told() == ["organization.updated"] * 3
        assert received[-1].event["data"] == replaced
        validate("webhooks-2025-04-15", "WebhookEventPayload", received[-1].event)

    def test_it_is_deleted_with_all_that_hangs_on_it(self, ada: dict[str, Any], acme: dict[str, Any]) -> None:
        reply = self.call("DELETE", f"/v1/organizations/{acme['id']}")
        assert reply.json == {"object": "organization", "id": acme["id"], "slug": "acme-inc", "deleted": True}
        validate("bapi-2026-05-12", "DeletedObject", reply.json)
        assert told() == ["organization.deleted"]
        validate("webhooks-2025-04-15", "WebhookEventPayload", received[0].event)
        assert self.call("GET", f"/v1/users/{ada['id']}/organization_memberships").json["total_count"] == 0
        for method, path in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("PUT", "/metadata"), ("GET", "/memberships")):
            assert self.call(method, f"/v1/organizations/{acme['id']}{path}", {}).status == 404

    def test_a_list(self, emulator: Emulator, ada: dict[str, Any], acme: dict[str, Any]) -> None:
        other = emulator.organizations.create({"name": "Zeta", "slug": "z-z"})
        reply = self.call("GET", "/v1/organizations")
        validate("bapi-2026-05-12", "Organizations", reply.json)
        assert reply.json == {"data": [other, acme], "total_count": 2}, "the newest first"
        for query, wanted in (
            ("order_by=created_at", [acme, other]),
            ("order_by=-name", [other, acme]),
            ("limit=1&offset=1", [acme]),
            (f"user_id={ada['id']}", [acme]),
            (f"organization_id={other['id']}", [other]),
            ("query=ACME", [acme]),
            (f"query={other['id']}", [other]),
            ("query=%25", []),
        ):
            assert self.call("GET", f"/v1/organizations?{query}").json["data"] == wanted, query
        counted = self.call("GET", "/v1/organizations?include_members_count=true&order_by=-members_count").json["data"]
        assert [organization["members_count"] for organization in counted] == [1, 0]
        for query in ("order_by=slug", "limit=501", "offset=-1"):
            assert self.call("GET", f"/v1/organizations?{query}").status == 422

    def test_a_member_comes_rises_and_goes(self, acme: dict[str, Any], grace: dict[str, Any]) -> None:
        path = f"/v1/organizations/{acme['id']}/memberships"
        body = {"user_id": grace["id"], "role": "org:member", "public_metadata": {"desk": 4}}
        created = self.call("POST", path, body).json
        assert created["permissions"] == ["org:sys_memberships:read", "org:sys_billing:read"]
        assert created["public_user_data"]["identifier"] == "grace@example.com"
        raised = self.call("PATCH", f"{path}/{grace['id']}", {"role": "org:admin"}).json
        assert (raised["id"], raised["role_name"], raised["public_metadata"]) == (created["id"], "Admin", {"desk": 4})
        assert "org:sys_profile:delete" in raised["permissions"]
        assert raised["updated_at"] > created["updated_at"]
        merged = self.call("PATCH", f"{path}/{grace['id']}/metadata", {"public_metadata": {"desk": None}}).json
        assert merged["public_metadata"] == {}
        gone = self.call("DELETE", f"{path}/{grace['id']}").json
        assert gone == merged
        again = self.call("POST", path, body).json
        assert again["id"] != created["id"], "whoever comes back has another membership"
        assert told() == [
            f"organizationMembership.{what}" for what in ["created", "updated", "updated", "deleted", "created"]
        ]
        for delivery, document in zip(received, (created, raised, merged, gone, again), strict=True):
            assert delivery.event["data"] == document
            validate("bapi-2026-05-12", "OrganizationMembership", document)
            validate("webhooks-2025-04-15", "WebhookEventPayload", delivery.event)

    def test_a_membership_that_makes_no_sense(
        self, ada: dict[str, Any], acme: dict[str, Any], grace: dict[str, Any]
    ) -> None:
        path = f"/v1/organizations/{acme['id']}/memberships"
        for method, rest, body, status, code in (
            ("POST", "", {"user_id": grace["id"]}, 422, "form_param_missing"),
            ("POST", "", {"user_id": "user_nobody", "role": "org:member"}, 404, "resource_not_found"),
            ("POST", "", {"user_id": grace["id"], "role": "org:king"}, 404, "resource_not_found"),
            ("POST", "", {"user_id": ada["id"], "role": "org:member"}, 400, "already_a_member_in_organization"),
            ("PATCH", f"/{grace['id']}", {"role": "org:admin"}, 404, "resource_not_found"),
            ("PATCH", f"/{ada['id']}", {}, 422, "form_param_missing"),
            ("DELETE", f"/{grace['id']}", None, 404, "resource_not_found"),
        ):
            reply = self.call(method, path + rest, body)
            assert (reply.status, reply.error["code"]) == (status, code)
        assert told() == []

    def test_an_organization_may_be_full(self, acme: dict[str, Any], grace: dict[str, Any]) -> None:
        path = f"/v1/organizations/{acme['id']}"
        self.call("PATCH", path, {"max_allowed_memberships": 1})
        reply = self.call("POST", path + "/memberships", {"user_id": grace["id"], "role": "org:member"})
        assert (reply.status, reply.error["code"]) == (403, "organization_membership_quota_exceeded")

    def test_lists_of_memberships(
        self, emulator: Emulator, ada: dict[str, Any], acme: dict[str, Any], grace: dict[str, Any]
    ) -> None:
        emulator.organizations.add_member(acme["id"], {"user_id": grace["id"], "role": "org:member"})
        first, second = emulator.organizations.members(acme["id"])
        path = f"/v1/organizations/{acme['id']}/memberships"
        reply = self.call("GET", path)
        validate("bapi-2026-05-12", "OrganizationMemberships", reply.json)
        assert reply.json == {"data": [second, first], "total_count": 2}
        for query, wanted in (
            ("order_by=created_at", [first, second]),
            ("order_by=-first_name", [second, first]),
            ("limit=1&offset=1&order_by=created_at", [second]),
            ("role=org:admin", [first]),
            ("role=org:admin&role=org:member&order_by=created_at", [first, second]),
            (f"user_id={grace['id']}", [second]),
            ("query=lovelace", [first]),
        ):
            assert self.call("GET", f"{path}?{query}").json["data"] == wanted, query
        assert self.call("GET", f"{path}?role=org:admin").json["total_count"] == 1
        assert self.call("GET", f"/v1/users/{grace['id']}/organization_memberships").json["data"] == [second]
        assert self.call("GET", "/v1/users/user_nobody/organization_memberships").status == 404
        for query, wanted in ((f"organization_id={acme['id']}", 2), (f"organization_id=-{acme['id']}", 0)):
            assert self.call("GET", f"/v1/users/count?{query}").json["total_count"] == wanted

    def test_who_is_deleted_is_no_member(self, emulator: Emulator, ada: dict[str, Any], acme: dict[str, Any]) -> None:
        emulator.delete_user(ada["id"])
        assert emulator.organizations.members(acme["id"]) == []
        assert told() == ["user.deleted"]

    def test_roles_and_permissions(self) -> None:
        roles = self.call("GET", "/v1/organization_roles").json
        permissions = self.call("GET", "/v1/organization_permissions?limit=3&offset=1").json
        validate("bapi-2026-05-12", "Roles", roles)
        validate("bapi-2026-05-12", "Permissions", permissions)
        assert [role["key"] for role in roles["data"]] == ["org:admin", "org:member"]
        assert (len(permissions["data"]), permissions["total_count"]) == (3, 8)


class TestInProcess(Contract):
    call = staticmethod(in_process)


class TestOverHTTP(Contract):
    call = staticmethod(over_http)
