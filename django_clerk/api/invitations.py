"""Invitations by e-mail: to the application, and to an organization."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .calls import quoted
from .objects import LARGEST_PAGE, ObjectCalls, given
from .organizations import OLDEST_FIRST
from .resources import Invitation

_INVITATIONS = "/v1/invitations"


class InvitationCalls(ObjectCalls):
    """``status`` narrows a list to "pending", "accepted", "revoked" or "expired"."""

    def invitations(self, *, status: str | None = None, page_size: int = LARGEST_PAGE) -> Iterator[list[Invitation]]:
        """Yield the invitations to the application, oldest first, in pages."""
        params = {**OLDEST_FIRST, "paginated": "true", **given(status=status)}
        return self._list(Invitation, _INVITATIONS, page_size=page_size, params=params)

    def create_invitation(
        self,
        email_address: str,
        *,
        public_metadata: Mapping[str, Any] | None = None,
        redirect_url: str | None = None,
        expires_in_days: int | None = None,
        notify: bool | None = None,
        ignore_existing: bool | None = None,
    ) -> Invitation:
        """
        Invite somebody to the application and return the invitation; Clerk sends the mail unless ``notify`` is False.

        ``public_metadata`` becomes that of the user who signs up. Clerk allows 100 an hour.
        """
        options = given(
            public_metadata=public_metadata,
            redirect_url=redirect_url,
            expires_in_days=expires_in_days,
            notify=notify,
            ignore_existing=ignore_existing,
        )
        return self._one(Invitation, "POST", _INVITATIONS, body={"email_address": email_address, **options})

    def revoke_invitation(self, invitation_id: str) -> Invitation:
        path = f"{_INVITATIONS}/{quoted(invitation_id)}/revoke"
        return self._one(Invitation, "POST", path, clerk_id=invitation_id)

    def organization_invitations(
        self, organization_id: str, *, status: str | None = None, page_size: int = LARGEST_PAGE
    ) -> Iterator[list[Invitation]]:
        """Yield the invitations to an organization, oldest first, in pages."""
        params = {**OLDEST_FIRST, **given(status=status)}
        return self._list(Invitation, _path(organization_id), page_size=page_size, params=params)

    def create_organization_invitation(
        self,
        organization_id: str,
        email_address: str,
        role: str,
        *,
        inviter_user_id: str | None = None,
        public_metadata: Mapping[str, Any] | None = None,
        private_metadata: Mapping[str, Any] | None = None,
        redirect_url: str | None = None,
        expires_in_days: int | None = None,
        notify: bool | None = None,
    ) -> Invitation:
        """Invite somebody to an organization and return the invitation. Clerk allows 250 an hour."""
        options = given(
            inviter_user_id=inviter_user_id,
            public_metadata=public_metadata,
            private_metadata=private_metadata,
            redirect_url=redirect_url,
            expires_in_days=expires_in_days,
            notify=notify,
        )
        body = {"email_address": email_address, "role": role, **options}
        return self._one(Invitation, "POST", _path(organization_id), body=body)

    def revoke_organization_invitation(
        self, organization_id: str, invitation_id: str, *, requesting_user_id: str | None = None
    ) -> Invitation:
        path = f"{_path(organization_id)}/{quoted(invitation_id)}/revoke"
        body = given(requesting_user_id=requesting_user_id)
        return self._one(Invitation, "POST", path, body=body, clerk_id=invitation_id)


def _path(organization_id: str) -> str:
    return f"/v1/organizations/{quoted(organization_id)}/invitations"
