"""Who belongs to an organization, and the organizations of whoever is signed in."""

from __future__ import annotations

from django_clerk.emulator.bapi import listing
from django_clerk.emulator.exchange import Problem
from django_clerk.emulator.organizations.directory import selection_of
from django_clerk.emulator.organizations.roles import CREATOR

from . import resources
from .desk import Desk
from .organizations import membership
from .router import Routes
from .visits import Reply, Visit

_MEMBERS = r"/v1/organizations/(?P<organization_id>[^/]+)/memberships"
_MEMBER = _MEMBERS + r"/(?P<user_id>[^/]+)"
_READ, _MANAGE = "org:sys_memberships:read", "org:sys_memberships:manage"


class MembershipEndpoints:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @property
    def routes(self) -> Routes:
        return {
            _MEMBERS: {"GET": self._list, "POST": self._create},
            _MEMBER: {"PATCH": self._set_role, "DELETE": self._remove},
            "/v1/me/organization_memberships": {"GET": self._own},
            r"/v1/me/organization_memberships/(?P<organization_id>[^/]+)": {"DELETE": self._leave},
            "/v1/me/organization_suggestions": {"GET": self._suggestions},
        }

    def _list(self, visit: Visit, organization_id: str) -> Reply:
        organization = membership(self._desk, visit, organization_id, _READ)["organization"]
        selected = selection_of("organization_id", organization["id"])
        if visit.query.get("query"):
            users = listing.selection([("query", visit.query["query"])])
            selected.add(f"m.user_id IN (SELECT id FROM users{users.where})", *users.arguments)  # noqa: S608 - our text
        if visit.query.get("role"):
            selected.within("m.role", [visit.query["role"]])
        found = self._desk.organizations.memberships(selected)
        return Reply(resources.page(visit, map(self._desk.resources.membership, found)), visit.client)

    def _create(self, visit: Visit, organization_id: str) -> Reply:
        organization = membership(self._desk, visit, organization_id, _MANAGE)["organization"]
        added = self._desk.organizations.add_member(organization["id"], visit.given("user_id", "role"))
        return Reply(self._desk.resources.membership(added), visit.client)

    def _set_role(self, visit: Visit, organization_id: str, user_id: str) -> Reply:
        organization = membership(self._desk, visit, organization_id, _MANAGE)["organization"]
        if visit.form.get("role") != CREATOR:
            self._keep_an_admin(organization["id"], user_id)
        changed = self._desk.organizations.set_role(organization["id"], user_id, visit.given("role"))
        return Reply(self._desk.resources.membership(changed), visit.client)

    def _remove(self, visit: Visit, organization_id: str, user_id: str) -> Reply:
        organization = membership(self._desk, visit, organization_id, _MANAGE)["organization"]
        self._keep_an_admin(organization["id"], user_id)
        removed = self._desk.organizations.remove_member(organization["id"], user_id)
        return Reply(self._desk.resources.membership(removed), visit.client)

    def _own(self, visit: Visit) -> Reply:
        found = self._desk.organizations.memberships_of(self._desk.user(visit)["id"])
        return Reply(resources.page(visit, map(self._desk.resources.membership, found)), visit.client)

    def _leave(self, visit: Visit, organization_id: str) -> Reply:
        own = membership(self._desk, visit, organization_id)
        user_id = own["public_user_data"]["user_id"]
        self._keep_an_admin(own["organization"]["id"], user_id)
        self._desk.organizations.remove_member(own["organization"]["id"], user_id)
        return Reply({"object": "organization_membership", "id": own["id"], "deleted": True}, visit.client)

    def _suggestions(self, visit: Visit) -> Reply:
        self._desk.user(visit)
        return Reply({"data": [], "total_count": 0}, visit.client)

    def _keep_an_admin(self, organization_id: str, user_id: str) -> None:
        """Raise Problem (400) where the organization's only admin would be none."""
        admins = [item for item in self._desk.organizations.members(organization_id) if item["role"] == CREATOR]
        if [item["public_user_data"]["user_id"] for item in admins] == [user_id]:
            raise Problem.of(
                400,
                "organization_minimum_permissions_needed",
                "minimum permissions needed",
                "There has to be at least one member who may manage the organization.",
            )
