"""Invitations: those of an organization, and those of whoever is signed in."""

from __future__ import annotations

from collections.abc import Iterable

from django_clerk.emulator.documents import Document
from django_clerk.emulator.email_addresses import verified_of
from django_clerk.emulator.exchange import not_found

from . import resources
from .desk import Desk
from .organizations import membership
from .router import Routes
from .visits import Reply, Visit

_INVITATIONS = r"/v1/organizations/(?P<organization_id>[^/]+)/invitations"
_MANAGE = "org:sys_memberships:manage"
_SHOWN = (
    "id",
    "object",
    "email_address",
    "role",
    "role_name",
    "organization_id",
    "status",
    "public_metadata",
    "expires_at",
    "created_at",
    "updated_at",
)


class InvitationEndpoints:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @property
    def routes(self) -> Routes:
        return {
            _INVITATIONS: {"GET": self._list, "POST": self._create},
            _INVITATIONS + "/bulk": {"POST": self._create_all},
            _INVITATIONS + "/pending": {"GET": self._pending},
            _INVITATIONS + r"/(?P<invitation_id>[^/]+)/revoke": {"POST": self._revoke},
            "/v1/me/organization_invitations": {"GET": self._own},
            r"/v1/me/organization_invitations/(?P<invitation_id>[^/]+)/accept": {"POST": self._accept},
        }

    def _list(self, visit: Visit, organization_id: str) -> Reply:
        statuses = [visit.query["status"]] if visit.query.get("status") else []
        return self._listed(visit, organization_id, statuses)

    def _pending(self, visit: Visit, organization_id: str) -> Reply:
        return self._listed(visit, organization_id, ["pending"])

    def _create(self, visit: Visit, organization_id: str) -> Reply:
        return Reply(self._invite(visit, organization_id, [visit.form.get("email_address", "")])[0], visit.client)

    def _create_all(self, visit: Visit, organization_id: str) -> Reply:
        addresses = visit.lists.get("email_address") or [""]
        return Reply(self._invite(visit, organization_id, addresses), visit.client)

    def _revoke(self, visit: Visit, organization_id: str, invitation_id: str) -> Reply:
        own = membership(self._desk, visit, organization_id, _MANAGE)
        revoked = self._desk.invitations.revoke(invitation_id, organization_id=own["organization"]["id"])
        return Reply(_shown(revoked), visit.client)

    def _own(self, visit: Visit) -> Reply:
        """Answer with what came to the verified addresses of whoever is signed in."""
        statuses = [visit.query["status"]] if visit.query.get("status") else ["pending"]
        found = [self._with_organization(item) for item in self._addressed(visit, statuses)]
        return Reply(resources.page(visit, found), visit.client)

    def _accept(self, visit: Visit, invitation_id: str) -> Reply:
        if invitation_id not in {item["id"] for item in self._addressed(visit, ["pending"])}:
            raise not_found(invitation_id, "invitation")
        accepted = self._desk.invitations.accept(invitation_id, self._desk.user(visit)["id"])
        return Reply(self._with_organization(accepted), visit.client)

    def _listed(self, visit: Visit, organization_id: str, statuses: list[str]) -> Reply:
        own = membership(self._desk, visit, organization_id, _MANAGE)
        selected = self._desk.invitations.selected(own["organization"]["id"], statuses=statuses)
        found = map(_shown, self._desk.invitations.select(selected, order="created_at DESC, id DESC"))
        return Reply(resources.page(visit, found), visit.client)

    def _invite(self, visit: Visit, organization_id: str, addresses: Iterable[str]) -> list[Document]:
        own = membership(self._desk, visit, organization_id, _MANAGE)
        inviter_id = own["public_user_data"]["user_id"]
        common = {"inviter_user_id": inviter_id, **visit.given("role")}
        many = [{"email_address": address, **common} for address in addresses]
        return [_shown(item) for item in self._desk.invitations.create_all_for(own["organization"]["id"], many)]

    def _addressed(self, visit: Visit, statuses: list[str]) -> list[Document]:
        addresses = sorted(verified_of(self._desk.user(visit)))
        if not addresses:
            return []
        selected = [
            self._desk.invitations.selected(organization["id"], statuses=statuses, addresses=addresses)
            for organization in self._desk.organizations.organizations()
        ]
        return [invitation for selection in selected for invitation in self._desk.invitations.select(selection)]

    def _with_organization(self, invitation: Document) -> Document:
        organization = self._desk.organizations.organization(invitation["organization_id"])
        names = ("id", "name", "slug", "image_url", "has_image")
        return {**_shown(invitation), "public_organization_data": resources.pick(organization, names)}


def _shown(invitation: Document) -> Document:
    """Return an invitation without its link, which is for whoever gets the mail."""
    return {**resources.pick(invitation, _SHOWN), "url": None}
