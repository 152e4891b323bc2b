"""A local Clerk, and what tests, commands and pages do with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from django.utils.asyncio import async_unsafe

from . import seeds
from .bapi import listing, parameters
from .documents import Document
from .identifiers import new_id
from .machinery import Machinery
from .store import Delivery

_CREATE = {**parameters.CREATE, **parameters.FACTS}
_UPDATE = {**parameters.UPDATE, **parameters.FACTS}


class Emulator(Machinery):
    """
    One local instance of Clerk. Get the process's own with ``instance.get_emulator()``.

    Users come and go as Clerk's Backend API has them, as dictionaries. Whatever changes a user delivers its webhook
    before it returns. What Clerk would refuse raises ``exchange.Problem``. Methods that deliver webhooks must not be
    called on an event loop; wrap them in ``sync_to_async``.
    """

    # Users

    @async_unsafe
    def create_user(self, **fields: Any) -> Document:
        """
        Add a user: ``create_user(email_address="ada@example.com", public_metadata={"role": "admin"})``.

        Takes what ``POST /v1/users`` takes, an address as a string or a list, and ``parameters.FACTS`` besides.
        """
        return self.directory.create_user(_lists(fields), allowed=_CREATE)

    @async_unsafe
    def create_users(self, many: Iterable[Mapping[str, Any]], *, webhooks: bool = False) -> list[Document]:
        """Add many users at once, all or none, thousands a second. Silent unless ``webhooks`` is set."""
        return self.directory.create_users(map(_lists, many), webhooks=webhooks, allowed=_CREATE)

    @async_unsafe
    def seed_users(self, count: int, *, webhooks: bool = False) -> list[Document]:
        """Add those of the first ``count`` of a fixed cast, Ada the admin before all, who are absent. Returns them."""
        absent = [
            person
            for person in seeds.people(count)
            if self._table.owner("email_address", person["email_address"][0]) is None
        ]
        return self.create_users(absent, webhooks=webhooks)

    @async_unsafe
    def update_user(self, user_id: str, **fields: Any) -> Document:
        """
        Change a user. Takes what ``PATCH /v1/users/{id}`` takes, and ``parameters.FACTS`` besides.

        ``email_address`` replaces all of the user's addresses; the first is the primary one.
        """
        return self.directory.update_user(user_id, _lists(fields), allowed=_UPDATE)

    @async_unsafe
    def update_metadata(self, user_id: str, *, replace: bool = False, **metadata: dict[str, Any]) -> Document:
        """Merge into ``public_metadata``, ``private_metadata`` or ``unsafe_metadata``; None removes a key."""
        return self.directory.change_metadata(user_id, metadata, replace=replace)

    @async_unsafe
    def ban_user(self, user_id: str) -> Document:
        return self.directory.set_flag(user_id, "banned", True)

    @async_unsafe
    def unban_user(self, user_id: str) -> Document:
        return self.directory.set_flag(user_id, "banned", False)

    @async_unsafe
    def lock_user(self, user_id: str) -> Document:
        return self.directory.set_flag(user_id, "locked", True)

    @async_unsafe
    def unlock_user(self, user_id: str) -> Document:
        return self.directory.set_flag(user_id, "locked", False)

    @async_unsafe
    def delete_user(self, user_id: str) -> Document:
        """Remove a user. Returns the deleted object: id, and that it is deleted."""
        return self.directory.delete_user(user_id)

    def user(self, user_id: str) -> Document:
        return self.directory.user(user_id)

    def users(self, *, limit: int = -1, **filters: str | list[str]) -> list[Document]:
        """Return users, oldest first; ``filters`` are those of ``GET /v1/users``, as in ``users(query="ada")``."""
        return self.directory.users(listing.selection(_query(filters)), order="created_at, id", limit=limit)

    def count_users(self, **filters: str | list[str]) -> int:
        return self.directory.count(listing.selection(_query(filters)))

    # Sessions and tokens

    @async_unsafe
    def sign_in(self, user_id: str) -> Document:
        """Start a session, in a browser of its own, and return it."""
        return self.clients.sign_in(self.clients.open(), user_id)[1]

    @async_unsafe
    def sign_out(self, session_id: str) -> Document | None:
        """End a session and return it; None when it was not active."""
        return self.directory.sessions.end(session_id, "removed")

    @async_unsafe
    def browser_cookies(self, user_id: str, *, azp: str) -> dict[str, str]:
        """Sign in, and return the cookies that a browser has then, as ``Client().cookies.load()`` takes them."""
        client, _ = self.clients.sign_in(self.clients.open(), user_id)
        cookies = self.clients.state(client, azp=azp, renewable=False).cookies(self.instance)
        return {cookie.name: cookie.value for cookie in cookies}

    def mint_session_token(
        self, user_id: str, *, azp: str | None, lifetime: float = 60, session_id: str | None = None, **claims: Any
    ) -> str:
        """
        Return a token as Clerk would issue it, for any user id and without asking whether there is such a user.

        ``claims`` are added, as ``o={"id": …}``; a claim given as None is left out. A negative lifetime makes an
        expired token.
        """
        session_id = session_id or new_id("sess")
        return self.signer.session_token(user_id, session_id=session_id, azp=azp, lifetime=lifetime, **claims)

    def jwks(self) -> dict[str, Any]:
        return self.signer.jwks()

    # Webhooks

    def webhooks_paused(self) -> AbstractContextManager[None]:
        """Lose every event that is made inside: it is listed as lost, and ``redeliver`` can send it later."""
        return self._courier.paused()

    def webhooks_doubled(self) -> AbstractContextManager[None]:
        """Deliver every event that is made inside twice, under one id."""
        return self._courier.doubled()

    def webhooks_reordered(self) -> AbstractContextManager[None]:
        """Deliver the events that are made inside on the way out, the last one first."""
        return self._courier.reordered()

    def deliveries(self, limit: int = 100) -> list[Delivery]:
        """Return the latest events and what became of them, the newest first."""
        return self._deliveries.latest(limit)

    @async_unsafe
    def redeliver(self, delivery_id: str) -> Delivery:
        """Send an event again, signed anew under its old id. Raises KeyError for an unknown id."""
        return self._courier.redeliver(delivery_id)


def _lists(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Let a single address be given as a string."""
    return {
        name: [value] if name in ("email_address", "phone_number") and isinstance(value, str) else value
        for name, value in fields.items()
    }


def _query(filters: Mapping[str, str | list[str]]) -> list[tuple[str, str]]:
    return [
        (name, value) for name, given in filters.items() for value in ([given] if isinstance(given, str) else given)
    ]
