"""What a ticket is for, and its redemption: a token of the back end's, or an invitation."""

from __future__ import annotations

from django_clerk.emulator.documents import Document
from django_clerk.emulator.store import Client

from . import factors
from .desk import Desk


def redeem(desk: Desk, client: Client, ticket: str, *, makes_users: bool = False) -> tuple[Client, Document]:
    """
    Sign in whoever a ticket is for, and return the client as it is then with the session.

    With ``makes_users``, somebody who was invited and is not known yet becomes a user, without a password. Raises
    Problem where nobody is signed in, and leaves a ticket that is good as it is.
    """
    invitation = desk.invitations.find(ticket)
    if invitation is not None:
        user = _invited(desk, invitation, makes_users=makes_users)
        desk.invitations.check_acceptable(invitation["id"], user["id"])
        client, session = desk.clients.sign_in(client, user["id"])
        desk.invitations.accept(invitation["id"], user["id"])
        return client, session
    token = desk.sign_in_tokens.redeem(ticket)
    client, session = desk.clients.sign_in(
        client, token.document["user_id"], actor=token.document.get("actor"), seconds=token.session_seconds
    )
    if token.organization_id is not None:
        client, session = desk.clients.activate(client, session["id"], organization_id=token.organization_id)
    return client, session


def _invited(desk: Desk, invitation: Document, *, makes_users: bool) -> Document:
    address = invitation["email_address"]
    if not makes_users or desk.directory.find(address) is not None:
        return factors.find(desk, address)
    desk.invitations.check_acceptable(invitation["id"])
    metadata = invitation["public_metadata"] if invitation["object"] == "invitation" else {}
    return desk.directory.create_user({"email_address": [address], "public_metadata": metadata})
