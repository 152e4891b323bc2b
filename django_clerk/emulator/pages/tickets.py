"""What the sign-in page says of a ticket that a link has brought."""

from __future__ import annotations

from django_clerk.emulator.instance import Emulator
from django_clerk.emulator.users import display_name

TICKET = "__clerk_ticket"  # the parameter by which a link brings it


def holder(emulator: Emulator, ticket: str) -> dict[str, str] | None:
    """Return the ``name`` of whom a ticket is for and ``what`` it is; None for one that is not good any more."""
    invitation = emulator.invitations.find(ticket)
    if invitation is not None:
        organization_id = invitation.get("organization_id")
        to = "" if organization_id is None else f" to {emulator.organizations.organization(organization_id)['name']}"
        return {"name": invitation["email_address"], "what": f"Your link is an invitation{to}."}
    token = emulator.sign_in_tokens.find(ticket)
    if token is None:
        return None
    actor = token.get("actor")
    acting = "" if actor is None else f" {actor['sub']} acts for them."
    return {"name": display_name(emulator.user(token["user_id"])), "what": f"Your link signs you in.{acting}"}
