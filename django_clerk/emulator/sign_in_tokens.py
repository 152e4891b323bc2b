"""Links that sign somebody in, made by a back end: as themselves, or as somebody else who acts for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .addresses import Addresses
from .bapi import parameters
from .directory import Directory
from .documents import Document
from .exchange import Problem, not_found
from .identifiers import new_id, new_secret
from .organizations.directory import Organizations
from .store import SignInToken, SignInTokenTable
from .users import touched

_SECONDS = 30 * 24 * 60 * 60  # Clerk's default lifetimes
_ACTOR_SECONDS = 60 * 60
_ACTED_SECONDS = 30 * 60  # of the session of somebody who acts for a user


class SignInTokens:
    """``clock`` gives milliseconds since the epoch."""

    def __init__(
        self,
        table: SignInTokenTable,
        directory: Directory,
        organizations: Organizations,
        addresses: Addresses,
        *,
        clock: Callable[[], int],
    ) -> None:
        self._table = table
        self._directory = directory
        self._organizations = organizations
        self._addresses = addresses
        self._clock = clock

    def create(self, fields: Mapping[str, Any]) -> Document:
        """Return a new token of a user with its secret, ``token``, and a link with it, which are in no other answer."""
        values = parameters.checked(fields, parameters.CREATE_SIGN_IN_TOKEN, required=["user_id"])
        user = self._directory.user(values["user_id"])
        organization_id = values.get("org_id")
        if organization_id is not None:
            self._organizations.membership(organization_id, user["id"])
        own: Document = {"object": "sign_in_token", "id": new_id("sit"), "user_id": user["id"]}
        return self._add(own, values.get("expires_in_seconds") or _SECONDS, organization_id=organization_id)

    def create_actor(self, fields: Mapping[str, Any]) -> Document:
        """Return a new token by which an actor is signed in as a user. Who acts is in the session and its tokens."""
        values = parameters.checked(fields, parameters.CREATE_ACTOR_TOKEN, required=["user_id", "actor"])
        user = self._directory.user(values["user_id"])
        own: Document = {
            "object": "actor_token",
            "id": new_id("act"),
            "user_id": user["id"],
            "actor": values["actor"],
        }
        return self._add(
            own,
            values.get("expires_in_seconds") or _ACTOR_SECONDS,
            session_seconds=values.get("session_max_duration_in_seconds") or _ACTED_SECONDS,
        )

    def revoke(self, token_id: str) -> Document:
        """Raises Problem for one that is unknown, used or revoked."""
        document = self._table.change(token_id, lambda token: self._ended(token, "revoked"))
        if document is None:
            raise not_found(token_id, "sign-in token")
        return document

    def find(self, secret: str) -> Document | None:
        """Return the token with this secret that is pending, or None."""
        token = self._find(secret)
        return token.document if token is not None and token.document["status"] == "pending" else None

    def redeem(self, secret: str) -> SignInToken:
        """
        Use a token up, and return it with the user whom it signs in.

        Raises Problem for one that is no good, and, leaving it as it is, where the user may not sign in.
        """
        token = self._find(secret)
        if token is None:
            raise Problem.of(
                400, "ticket_expired_code", "This ticket has expired", "The sign-in token is unknown or has expired."
            )
        self._directory.check_may_sign_in(token.document["user_id"])
        self._table.change(token.document["id"], lambda current: self._ended(current, "accepted"))
        return token

    def _find(self, secret: str) -> SignInToken | None:
        token = self._table.by_secret(secret)
        return token if token is not None and token.expires_at > self._clock() else None

    def _add(
        self, own: Document, lifetime: int, *, organization_id: str | None = None, session_seconds: int | None = None
    ) -> Document:
        now, secret = self._clock(), new_secret("")
        document: Document = {**own, "status": "pending", "created_at": now, "updated_at": now}
        self._table.add(SignInToken(document, organization_id, now + lifetime * 1000, session_seconds), secret=secret)
        url = f"{self._addresses.frontend_api}/v1/tickets/accept?ticket={secret}"
        return {**document, "token": secret, "url": url}

    def _ended(self, token: SignInToken, status: str) -> Document:
        was = token.document["status"]
        if was != "pending":
            code = f"sign_in_token_already_{'used' if was == 'accepted' else was}_code"
            raise Problem.of(400, code, f"already {was}", f"The sign-in token was {was} before.")
        return touched({**token.document, "status": status}, now=self._clock())
