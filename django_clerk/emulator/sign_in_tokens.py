"""Links that sign somebody in, made by a back end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .addresses import frontend_api
from .bapi import parameters
from .directory import Directory
from .documents import Document
from .exchange import Problem, not_found
from .identifiers import new_id, new_secret
from .organizations.directory import Organizations
from .store import SignInToken, SignInTokenTable
from .users import touched

_SECONDS = 30 * 24 * 60 * 60  # Clerk's default lifetime


class SignInTokens:
    """``clock`` gives milliseconds since the epoch."""

    def __init__(
        self,
        table: SignInTokenTable,
        directory: Directory,
        organizations: Organizations,
        *,
        clock: Callable[[], int],
    ) -> None:
        self._table = table
        self._directory = directory
        self._organizations = organizations
        self._clock = clock

    def create(self, fields: Mapping[str, Any]) -> Document:
        """Return a new token of a user with its secret, ``token``, and a link with it, which are in no other answer."""
        values = parameters.checked(fields, parameters.CREATE_SIGN_IN_TOKEN, required=["user_id"])
        user = self._directory.user(values["user_id"])
        organization_id = values.get("org_id")
        if organization_id is not None:
            self._organizations.membership(organization_id, user["id"])
        now, secret = self._clock(), new_secret("")
        document: Document = {
            "object": "sign_in_token",
            "id": new_id("sit"),
            "user_id": user["id"],
            "status": "pending",
            "created_at": now,
            "updated_at": now,
        }
        expires_at = now + (values.get("expires_in_seconds") or _SECONDS) * 1000
        self._table.add(SignInToken(document, organization_id, expires_at), secret=secret)
        return {**document, "token": secret, "url": f"{frontend_api()}/v1/tickets/accept?ticket={secret}"}

    def revoke(self, token_id: str) -> Document:
        """Raises Problem for one that is unknown, used or revoked."""
        document = self._table.change(token_id, lambda token: self._ended(token, "revoked"))
        if document is None:
            raise not_found(token_id, "sign-in token")
        return document

    def redeem(self, secret: str) -> SignInToken:
        """Use a token up, and return it with the user whom it signs in. Raises Problem for one that is no good."""
        token = self._table.by_secret(secret)
        if token is None or token.expires_at <= self._clock():
            raise Problem.of(
                400, "ticket_expired_code", "This ticket has expired", "The sign-in token is unknown or has expired."
            )
        self._table.change(token.document["id"], lambda current: self._ended(current, "accepted"))
        return token

    def _ended(self, token: SignInToken, status: str) -> Document:
        was = token.document["status"]
        if was != "pending":
            code = f"sign_in_token_already_{'used' if was == 'accepted' else was}_code"
            raise Problem.of(400, code, f"already {was}", f"The sign-in token was {was} before.")
        return touched({**token.document, "status": status}, now=self._clock())
