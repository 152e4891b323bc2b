"""Organizations, for those who belong to them."""

from __future__ import annotations

from django_clerk.emulator.documents import Document
from django_clerk.emulator.exchange import Problem
from django_clerk.emulator.organizations import roles

from . import resources
from .desk import Desk
from .router import Routes
from .visits import Reply, Visit

_ORGANIZATION = r"/v1/organizations/(?P<organization_id>[^/]+)"


class OrganizationEndpoints:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @property
    def routes(self) -> Routes:
        return {
            "/v1/organizations": {"POST": self._create},
            _ORGANIZATION: {"GET": self._get, "PATCH": self._update, "DELETE": self._delete},
            _ORGANIZATION + "/roles": {"GET": self._roles},
            _ORGANIZATION + "/domains": {"GET": self._nothing},
            _ORGANIZATION + "/membership_requests": {"GET": self._nothing},
        }

    def _create(self, visit: Visit) -> Reply:
        user = self._desk.user(visit)
        if not user["create_organization_enabled"]:
            raise Problem.of(
                403, "organization_creation_not_enabled", "not enabled", "This user may not create organizations."
            )
        fields = {name: value for name, value in visit.given("name", "slug").items() if value}
        organization = self._desk.organizations.create({**fields, "created_by": user["id"]})
        return self._reply(visit, organization)

    def _get(self, visit: Visit, organization_id: str) -> Reply:
        return self._reply(visit, membership(self._desk, visit, organization_id)["organization"])

    def _update(self, visit: Visit, organization_id: str) -> Reply:
        organization = membership(self._desk, visit, organization_id, "org:sys_profile:manage")["organization"]
        fields = {name: value for name, value in visit.given("name", "slug").items() if value}
        return self._reply(visit, self._desk.organizations.update(organization["id"], fields))

    def _delete(self, visit: Visit, organization_id: str) -> Reply:
        organization = membership(self._desk, visit, organization_id, "org:sys_profile:delete")["organization"]
        if not organization["admin_delete_enabled"]:
            raise Problem.of(
                403, "organization_admin_delete_not_enabled", "not enabled", "This organization cannot be deleted."
            )
        remains = self._desk.organizations.delete(organization["id"])
        return Reply({name: remains[name] for name in ("object", "id", "slug", "deleted")}, visit.client)

    def _roles(self, visit: Visit, organization_id: str) -> Reply:
        membership(self._desk, visit, organization_id)
        return Reply(resources.page(visit, roles.roles()), visit.client)

    def _nothing(self, visit: Visit, organization_id: str) -> Reply:
        membership(self._desk, visit, organization_id)
        return Reply({"data": [], "total_count": 0}, visit.client)

    def _reply(self, visit: Visit, organization: Document) -> Reply:
        return Reply(self._desk.resources.organization(organization), visit.client)


def membership(desk: Desk, visit: Visit, organization_id: str, permission: str | None = None) -> Document:
    """
    Return the membership of the user that a call is made for.

    Raises Problem: 404 for an organization that is none of theirs, as for one that does not exist; 403 where their role
    lacks the permission.
    """
    user = desk.user(visit)
    organization = desk.organizations.organization(organization_id)
    try:
        found = desk.organizations.membership(organization["id"], user["id"])
    except Problem:
        raise Problem.of(
            404, "resource_not_found", "not found", f"No organization was found with id {organization_id}."
        ) from None
    if permission is not None and permission not in found["permissions"]:
        raise Problem.of(
            403,
            "missing_organization_permission",
            "permission missing",
            f"{found['role_name']}s of this organization do not have {permission}.",
        )
    return found
