"""Who has been invited, to the application or to an organization. Only the latter is told to the webhooks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django_clerk.emulator.addresses import Addresses
from django_clerk.emulator.bapi import listing, parameters
from django_clerk.emulator.directory import Directory
from django_clerk.emulator.documents import Document
from django_clerk.emulator.exchange import Problem, not_found
from django_clerk.emulator.identifiers import new_id, new_secret
from django_clerk.emulator.store import InvitationTable, Selection
from django_clerk.emulator.users import merged, touched

from . import documents, roles
from .directory import Organizations

Fields = Mapping[str, Any]

PENDING = "pending"
_DAYS = 30  # for which an invitation is good
_DAY = 24 * 60 * 60 * 1000  # milliseconds
_STATUS = {
    PENDING: "status = 'pending' AND json_extract(document, '$.expires_at') > ?",
    "expired": "status = 'pending' AND json_extract(document, '$.expires_at') <= ?",
}
_OTHER = "status = ?"


class Invitations:
    """``clock`` gives milliseconds since the epoch. No mail is sent."""

    def __init__(
        self,
        table: InvitationTable,
        directory: Directory,
        organizations: Organizations,
        addresses: Addresses,
        *,
        emit: Callable[[str, Document], None],
        clock: Callable[[], int],
    ) -> None:
        self._table = table
        self._directory = directory
        self._organizations = organizations
        self._addresses = addresses
        self._emit = emit
        self._clock = clock

    def create(self, fields: Fields) -> Document:
        """Invite somebody to the application. Raises Problem for whoever is there, or invited, already."""
        values = parameters.checked(fields, parameters.CREATE_INVITATION, required=["email_address"])
        if not values.get("ignore_existing"):
            self._check_new(values["email_address"])
        return self._add(values, {"object": "invitation", "id": new_id("inv"), "revoked": False})

    def create_for(self, organization_id: str, fields: Fields) -> Document:
        """Invite somebody to an organization, in a role. Raises Problem for whoever is a member already."""
        return self.create_all_for(organization_id, [fields])[0]

    def create_all_for(self, organization_id: str, many: Iterable[Fields]) -> list[Document]:
        """Invite many to an organization, all of them or, where one cannot be, none."""
        organization = self._organizations.organization(organization_id)
        drafts = [self._draft(organization, fields) for fields in many]
        invitations = [self._add(values, own) for values, own in drafts]
        for invitation in invitations:
            self._emit("organizationInvitation.created", invitation)
        return invitations

    def _draft(self, organization: Document, fields: Fields) -> tuple[Fields, Document]:
        """Return the parameters of an invitation to an organization, checked, and what is its own."""
        required = ["email_address", "role"]
        values = parameters.checked(fields, parameters.CREATE_ORGANIZATION_INVITATION, required=required)
        role, inviter_id = roles.role(values["role"]), values.get("inviter_user_id")
        if inviter_id is not None:
            self._check_admin(organization["id"], inviter_id)
        invited = self._directory.find(values["email_address"])
        if invited is not None:
            self._organizations.check_absent(organization["id"], invited["id"])
        own: Document = {
            "object": "organization_invitation",
            "id": new_id("orginv"),
            "role": role["key"],
            "role_name": role["name"],
            "organization_id": organization["id"],
            "inviter_id": inviter_id,
            "public_inviter_data": (
                None if inviter_id is None else documents.public_data(self._directory.user(inviter_id))
            ),
            "private_metadata": merged({}, values.get("private_metadata") or {}),
        }
        return values, own

    def get(self, invitation_id: str, *, organization_id: str | None = None) -> Document:
        """Return an invitation, of that organization or of none. Raises Problem (404), as all do that take an id."""
        invitation = self._table.get(invitation_id)
        if invitation is None or invitation.get("organization_id") != organization_id:
            raise not_found(invitation_id, "invitation")
        return self._shown(invitation)

    def find(self, ticket: str) -> Document | None:
        """Return the pending invitation whose link has this ticket, or None."""
        invitation = self._table.by_secret(ticket)
        shown = None if invitation is None else self._shown(invitation)
        return shown if shown is not None and shown["status"] == PENDING else None

    def selected(
        self, organization_id: str | None, *, statuses: Sequence[str] = (), addresses: Sequence[str] = ()
    ) -> Selection:
        """Return a selection of those to an organization, or, where that is None, of those to the application."""
        selection = Selection()
        selection.add("organization_id IS ?", organization_id)
        if statuses:
            alternatives = " OR ".join("(" + _STATUS.get(status, _OTHER) + ")" for status in statuses)
            now = self._clock()
            selection.add(f"({alternatives})", *(now if status in _STATUS else status for status in statuses))
        if addresses:
            selection.within("email_address", [address.lower() for address in addresses])
        return selection

    def select(
        self, selection: Selection, *, order: str = "created_at, id", limit: int = -1, offset: int = 0
    ) -> list[Document]:
        """Return the selected ones, oldest first."""
        found = self._table.select(selection, order=order, limit=limit, offset=offset)
        return [self._shown(invitation) for invitation in found]

    def count(self, selection: Selection) -> int:
        return self._table.count(selection)

    def revoke(
        self, invitation_id: str, *, organization_id: str | None = None, requesting_user_id: str | None = None
    ) -> Document:
        """Take an invitation back. Raises Problem for one that is not pending."""
        self.get(invitation_id, organization_id=organization_id)
        if organization_id is not None and requesting_user_id is not None:
            self._check_admin(organization_id, requesting_user_id)
        invitation = self._end(invitation_id, "revoked")
        if organization_id is not None:
            self._emit("organizationInvitation.revoked", invitation)
        return invitation

    def accept(self, invitation_id: str, user_id: str) -> Document:
        """
        Use an invitation up; one to an organization makes the user a member. Returns the invitation.

        Raises Problem where that cannot be, and leaves it pending.
        """
        user = self._directory.user(user_id)
        self.check_acceptable(invitation_id, user_id)
        invitation = self._end(invitation_id, "accepted")
        if (organization_id := invitation.get("organization_id")) is None:
            return invitation
        self._emit("organizationInvitation.accepted", {**invitation, "user_id": user["id"]})
        metadata = {name: invitation[name] for name in documents.METADATA}
        self._organizations.add_member(organization_id, {"user_id": user_id, "role": invitation["role"], **metadata})
        return invitation

    def check_acceptable(self, invitation_id: str, user_id: str | None = None) -> None:
        """Raise Problem where ``accept`` would, for a user, or for one who is yet to be made for it."""
        invitation = self._table.get(invitation_id)
        if invitation is None:
            raise not_found(invitation_id, "invitation")
        self._check_pending(invitation)
        if (organization_id := invitation.get("organization_id")) is None:
            return
        self._organizations.check_vacancy(self._organizations.organization(organization_id))
        if user_id is not None:
            self._organizations.check_absent(organization_id, user_id)

    def _add(self, values: Fields, own: Document) -> Document:
        now, secret = self._clock(), new_secret("")
        invitation: Document = {
            **own,
            "email_address": values["email_address"],
            "public_metadata": merged({}, values.get("public_metadata") or {}),
            "status": PENDING,
            "url": f"{self._addresses.frontend_api}/v1/tickets/accept?ticket={secret}",
            "expires_at": now + (values.get("expires_in_days") or _DAYS) * _DAY,
            "created_at": now,
            "updated_at": now,
        }
        self._table.add(invitation, secret=secret)
        return invitation

    def _end(self, invitation_id: str, status: str) -> Document:
        def ended(invitation: Document) -> Document:
            self._check_pending(invitation)
            changed = {**invitation, "status": status}
            if "revoked" in changed:
                changed["revoked"] = status == "revoked"
            return touched(changed, now=self._clock())

        invitation = self._table.change(invitation_id, ended)
        if invitation is None:
            raise not_found(invitation_id, "invitation")
        return invitation

    def _shown(self, invitation: Document) -> Document:
        if invitation["status"] == PENDING and invitation["expires_at"] <= self._clock():
            return {**invitation, "status": "expired"}
        return invitation

    def _check_pending(self, invitation: Document) -> None:
        was = self._shown(invitation)["status"]
        if was != PENDING:
            raise Problem.of(400, f"{invitation['object']}_not_pending", "not pending", f"The invitation is {was}.")

    def _check_new(self, address: str) -> None:
        if self._directory.count(listing.selection([("email_address", address)])):
            raise Problem.of(
                422,
                "form_identifier_exists",
                "That email address is taken. Please try another.",
                param="email_address",
            )
        if self.count(self.selected(None, statuses=[PENDING], addresses=[address])):
            raise Problem.of(
                400, "duplicate_record", "duplicate invitation", "There is a pending invitation for this address."
            )

    def _check_admin(self, organization_id: str, user_id: str) -> None:
        if self._organizations.membership(organization_id, user_id)["role"] != roles.CREATOR:
            raise Problem.of(
                403, "not_an_admin_in_organization", "not an administrator", "The user is no admin of the organization."
            )
