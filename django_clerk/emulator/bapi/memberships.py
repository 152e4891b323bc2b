"""The endpoints for memberships: those of an organization, and those of a user."""

from __future__ import annotations

from django_clerk.emulator.directory import Directory
from django_clerk.emulator.exchange import Answer, Call
from django_clerk.emulator.organizations.directory import Organizations, selection_of

from . import listing
from .router import Routes

_MEMBERSHIPS = r"/v1/organizations/(?P<organization_id>[^/]+)/memberships"
_MEMBERSHIP = _MEMBERSHIPS + r"/(?P<user_id>[^/]+)"
_ORDERS = {
    "created_at": "m.created_at",
    **{name: f"u.{name}" for name in ("phone_number", "email_address", "first_name", "last_name", "username")},
}
_OWN = {"role", "role[]"}  # what is asked of the membership; the rest of the filters is about its user


class MembershipEndpoints:
    def __init__(self, organizations: Organizations, directory: Directory) -> None:
        self._organizations = organizations
        self._directory = directory

    @property
    def routes(self) -> Routes:
        return {
            _MEMBERSHIPS: {"GET": self._list, "POST": self._create},
            _MEMBERSHIP: {"PATCH": self._set_role, "DELETE": self._delete},
            _MEMBERSHIP + "/metadata": {"PATCH": self._merge_metadata},
            r"/v1/users/(?P<user_id>[^/]+)/organization_memberships": {"GET": self._list_of_user},
        }

    def admits(self, call: Call) -> bool:
        return False

    def _list(self, call: Call, organization_id: str) -> Answer:
        organization = self._organizations.organization(organization_id)
        query = call.query
        selected = selection_of("organization_id", organization["id"])
        users = listing.selection(pair for pair in query if pair[0] not in _OWN)
        if users.conditions:
            selected.add(f"m.user_id IN (SELECT id FROM users{users.where})", *users.arguments)  # noqa: S608 - our text
        if wanted := listing.values(query).get("role"):
            selected.within("m.role", wanted)
        page = listing.page(query, orders=_ORDERS, tie="m.id")
        found = self._organizations.memberships(selected, order=page.order, limit=page.limit, offset=page.offset)
        return listing.answer(found, self._organizations.count_memberships(selected))

    def _list_of_user(self, call: Call, user_id: str) -> Answer:
        selected = selection_of("user_id", self._directory.user(user_id)["id"])
        page = listing.page(call.query, orders=_ORDERS, tie="m.id")
        found = self._organizations.memberships(selected, order=page.order, limit=page.limit, offset=page.offset)
        return listing.answer(found, self._organizations.count_memberships(selected))

    def _create(self, call: Call, organization_id: str) -> Answer:
        return Answer.json(self._organizations.add_member(organization_id, call.json()))

    def _set_role(self, call: Call, organization_id: str, user_id: str) -> Answer:
        return Answer.json(self._organizations.set_role(organization_id, user_id, call.json()))

    def _merge_metadata(self, call: Call, organization_id: str, user_id: str) -> Answer:
        return Answer.json(self._organizations.change_membership_metadata(organization_id, user_id, call.json()))

    def _delete(self, call: Call, organization_id: str, user_id: str) -> Answer:
        return Answer.json(self._organizations.remove_member(organization_id, user_id))
