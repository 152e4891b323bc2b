"""The endpoints for invitations, to the application and to organizations."""

from __future__ import annotations

from django_clerk.emulator.documents import Document
from django_clerk.emulator.exchange import Answer, Call
from django_clerk.emulator.organizations.directory import Organizations
from django_clerk.emulator.organizations.invitations import Invitations

from . import listing, parameters
from .router import Routes

_INVITATION = r"/v1/invitations/(?P<invitation_id>[^/]+)"
_OF_ORGANIZATION = r"/v1/organizations/(?P<organization_id>[^/]+)/invitations"
_ONE_OF_ORGANIZATION = _OF_ORGANIZATION + r"/(?P<invitation_id>[^/]+)"
_ORDERS = {
    "created_at": "created_at",
    "email_address": "email_address",
    "expires_at": "json_extract(document, '$.expires_at')",
}


class InvitationEndpoints:
    def __init__(self, invitations: Invitations, organizations: Organizations) -> None:
        self._invitations = invitations
        self._organizations = organizations

    @property
    def routes(self) -> Routes:
        return {
            "/v1/invitations": {"GET": self._list, "POST": self._create},
            _INVITATION + "/revoke": {"POST": self._revoke},
            _OF_ORGANIZATION: {"GET": self._list_of_organization, "POST": self._create_for_organization},
            _ONE_OF_ORGANIZATION: {"GET": self._get_of_organization},
            _ONE_OF_ORGANIZATION + "/revoke": {"POST": self._revoke_of_organization},
        }

    def admits(self, call: Call) -> bool:
        return False

    def _list(self, call: Call) -> Answer:
        paginated = dict(call.query).get("paginated") == "true"
        return listing.answer(*self._page(call, None, statuses=("pending", "accepted", "expired")), paginated=paginated)

    def _create(self, call: Call) -> Answer:
        return Answer.json(self._invitations.create(call.json()))

    def _revoke(self, call: Call, invitation_id: str) -> Answer:
        return Answer.json(self._invitations.revoke(invitation_id))

    def _list_of_organization(self, call: Call, organization_id: str) -> Answer:
        organization = self._organizations.organization(organization_id)
        return listing.answer(*self._page(call, organization["id"]))

    def _create_for_organization(self, call: Call, organization_id: str) -> Answer:
        return Answer.json(self._invitations.create_for(organization_id, call.json()))

    def _get_of_organization(self, call: Call, organization_id: str, invitation_id: str) -> Answer:
        return Answer.json(self._invitations.get(invitation_id, organization_id=organization_id))

    def _revoke_of_organization(self, call: Call, organization_id: str, invitation_id: str) -> Answer:
        values = parameters.checked(call.json(), parameters.REVOKE_ORGANIZATION_INVITATION)
        return Answer.json(
            self._invitations.revoke(
                invitation_id,
                organization_id=organization_id,
                requesting_user_id=values.get("requesting_user_id"),
            )
        )

    def _page(
        self, call: Call, organization_id: str | None, *, statuses: tuple[str, ...] = ()
    ) -> tuple[list[Document], int]:
        """Return a page and how many there are; without a status in the query, of those with these ``statuses``."""
        query, given = listing.page(call.query, orders=_ORDERS), listing.values(call.query)
        selected = self._invitations.selected(
            organization_id, statuses=given.get("status", statuses), addresses=given.get("email_address", ())
        )
        found = self._invitations.select(selected, order=query.order, limit=query.limit, offset=query.offset)
        return found, self._invitations.count(selected)
