"""What every group of endpoints works with, and who it has before it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django_clerk.emulator.addresses import Addresses
from django_clerk.emulator.clients import Clients
from django_clerk.emulator.configuration import Dashboard
from django_clerk.emulator.directory import Directory
from django_clerk.emulator.documents import Document
from django_clerk.emulator.email_codes import EmailCodes
from django_clerk.emulator.exchange import Problem
from django_clerk.emulator.organizations.directory import Organizations
from django_clerk.emulator.organizations.invitations import Invitations
from django_clerk.emulator.sign_in_tokens import SignInTokens
from django_clerk.emulator.store import Client

from .attempts import Attempts
from .resources import Resources
from .visits import Visit

_FRESH = 10  # minutes


@dataclass(frozen=True)
class Desk:
    directory: Directory
    organizations: Organizations
    invitations: Invitations
    sign_in_tokens: SignInTokens
    clients: Clients
    codes: EmailCodes
    dashboard: Dashboard
    addresses: Addresses
    attempts: Attempts
    resources: Resources
    clock: Callable[[], int]  #: milliseconds since the epoch

    @classmethod
    def of(
        cls,
        directory: Directory,
        organizations: Organizations,
        invitations: Invitations,
        sign_in_tokens: SignInTokens,
        clients: Clients,
        codes: EmailCodes,
        dashboard: Dashboard,
        addresses: Addresses,
        *,
        clock: Callable[[], int],
    ) -> Desk:
        """Return a desk for these parts of an instance."""
        attempts = Attempts(directory, codes)
        resources = Resources(directory, organizations, clients, attempts)
        return cls(
            directory,
            organizations,
            invitations,
            sign_in_tokens,
            clients,
            codes,
            dashboard,
            addresses,
            attempts,
            resources,
            clock,
        )

    def client(self, visit: Visit) -> Client:
        """Return the browser, which must be known. Raises Problem (401)."""
        if visit.client is None:
            raise unauthenticated()
        return visit.client

    def session(self, visit: Visit, session_id: str | None = None) -> Document:
        """
        Return a session in the browser that calls: one by its id, or the one that the call is made for.

        Raises Problem: 401 when nobody is signed in, 404 for a session that is over or in another browser.
        """
        client = self.client(visit)
        wanted = session_id or visit.query.get("_clerk_session_id")
        if wanted:
            session = next((item for item in self.clients.sessions(client) if item["id"] == wanted), None)
            if session is None and session_id:
                raise no_session(session_id)
        else:
            session = self.clients.session(client)
        if session is None:
            raise unauthenticated()
        return session

    def user(self, visit: Visit, *, is_sensitive: bool = False) -> Document:
        """
        Return the user that the call is made for. Raises Problem as ``session`` does.

        What is sensitive needs a proof of the last ten minutes; Clerk's JavaScript asks for one when it is told so.
        """
        session = self.session(visit)
        if is_sensitive and self.clients.factor_ages(session["id"])[0] >= _FRESH:
            raise Problem.of(
                403,
                "session_reverification_required",
                "Reverification required",
                "You need to provide additional verification to perform this operation.",
            )
        return self.directory.user(session["user_id"])


def unauthenticated() -> Problem:
    return Problem.of(401, "authentication_invalid", "Invalid authentication", "Unable to authenticate the request.")


def no_session(session_id: str) -> Problem:
    return Problem.of(404, "resource_not_found", "Session not found", f"No session was found with id {session_id}.")
