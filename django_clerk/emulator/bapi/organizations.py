"""The endpoints for organizations, and for the roles that their members may have."""

from __future__ import annotations

from collections.abc import Iterable

from django_clerk.emulator.documents import Document
from django_clerk.emulator.exchange import Answer, Call
from django_clerk.emulator.organizations import roles
from django_clerk.emulator.organizations.directory import Organizations
from django_clerk.emulator.store import Selection

from . import listing
from .router import Routes

_ORGANIZATION = r"/v1/organizations/(?P<organization_id>[^/]+)"
_ORDERS = {"name": "name", "created_at": "created_at", "members_count": "members_count"}
_COUNTS = ("members_count", "pending_invitations_count")


class OrganizationEndpoints:
    def __init__(self, organizations: Organizations) -> None:
        self._organizations = organizations

    @property
    def routes(self) -> Routes:
        return {
            "/v1/organizations": {"GET": self._list, "POST": self._create},
            _ORGANIZATION: {"GET": self._get, "PATCH": self._update, "DELETE": self._delete},
            _ORGANIZATION + "/metadata": {"PATCH": self._merge_metadata, "PUT": self._replace_metadata},
            "/v1/organization_roles": {"GET": self._list_roles},
            "/v1/organization_permissions": {"GET": self._list_permissions},
        }

    def admits(self, call: Call) -> bool:
        return False

    def _list(self, call: Call) -> Answer:
        query = call.query
        selected, page = _selection(query), listing.page(query, orders=_ORDERS)
        found = self._organizations.organizations(selected, order=page.order, limit=page.limit, offset=page.offset)
        if dict(query).get("include_members_count") != "true":
            found = [_without_counts(document) for document in found]
        return listing.answer(found, self._organizations.count(selected))

    def _get(self, call: Call, organization_id: str) -> Answer:
        organization = self._organizations.organization(organization_id)
        if dict(call.query).get("include_members_count") == "true":
            [organization] = self._organizations.organizations(Selection(["id = ?"], [organization["id"]]))
        return Answer.json(organization)

    def _create(self, call: Call) -> Answer:
        return Answer.json(self._organizations.create(call.json()))

    def _update(self, call: Call, organization_id: str) -> Answer:
        return Answer.json(self._organizations.update(organization_id, call.json()))

    def _delete(self, call: Call, organization_id: str) -> Answer:
        return Answer.json(self._organizations.delete(organization_id))

    def _merge_metadata(self, call: Call, organization_id: str) -> Answer:
        return Answer.json(self._organizations.change_metadata(organization_id, call.json(), replace=False))

    def _replace_metadata(self, call: Call, organization_id: str) -> Answer:
        return Answer.json(self._organizations.change_metadata(organization_id, call.json(), replace=True))

    def _list_roles(self, call: Call) -> Answer:
        return listing.answer_part(roles.roles(), call.query)

    def _list_permissions(self, call: Call) -> Answer:
        return listing.answer_part(roles.permissions(), call.query)


def _selection(query: Iterable[tuple[str, str]]) -> Selection:
    selected = Selection()
    given = listing.values(query)
    if "organization_id" in given:
        selected.within("id", given["organization_id"])
    if "user_id" in given:
        members = Selection()
        members.within("user_id", given["user_id"])
        selected.add(
            f"id IN (SELECT organization_id FROM memberships{members.where})",  # noqa: S608 - text of our own
            *members.arguments,
        )
    if text := given.get("query", [""])[0]:
        pattern = listing.containing("query", text)
        selected.add(r"(id = ? OR name LIKE ? ESCAPE '\' OR slug LIKE ? ESCAPE '\')", text, pattern, pattern)
    return selected


def _without_counts(document: Document) -> Document:
    return {name: value for name, value in document.items() if name not in _COUNTS}
