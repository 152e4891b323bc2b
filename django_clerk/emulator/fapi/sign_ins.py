"""Signing in: by password, by a code that was mailed, by a ticket."""

from __future__ import annotations

from typing import Any

from django_clerk.emulator.documents import Document
from django_clerk.emulator.exchange import Problem, not_emulated
from django_clerk.emulator.identifiers import new_id
from django_clerk.emulator.store import Client
from django_clerk.emulator.users import primary_email

from . import factors
from .desk import Desk
from .redemption import redeem
from .router import Routes
from .visits import Reply, Visit

ABANDONED_AFTER = 24 * 60 * 60 * 1000  # milliseconds
_SIGN_IN = r"/v1/client/sign_ins/(?P<sign_in_id>[^/]+)"
_LOCAL = ("", "password", "email_code", "ticket")  # strategies that need no other service


class SignInEndpoints:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @property
    def routes(self) -> Routes:
        return {
            "/v1/client/sign_ins": {"POST": self._create},
            _SIGN_IN: {"GET": self._get},
            _SIGN_IN + "/prepare_first_factor": {"POST": self._prepare},
            _SIGN_IN + "/attempt_first_factor": {"POST": self._attempt},
        }

    def _create(self, visit: Visit) -> Reply:
        """Begin, and come as far as what was sent allows: with a password or a ticket, to the end."""
        desk, form = self._desk, visit.form
        strategy = form.get("strategy", "")
        if strategy not in _LOCAL or form.get("transfer") == "true":
            raise not_emulated(f"signing in by {strategy or 'transfer'}")
        client = visit.client or desk.clients.open()
        if strategy == "ticket":
            return self._redeem(client, form.get("ticket", ""))
        check_vacant(desk, client)
        user = factors.find(desk, form["identifier"]) if form.get("identifier") else None
        attempt = self._new_attempt(user, form.get("identifier"))
        if user is None:
            return self._kept(client, attempt)
        if form.get("password"):
            factors.check_password(desk, user, form["password"])
            return self._complete(client, {**attempt, "strategy": "password"})
        if strategy == "email_code":
            desk.codes.send(attempt["id"], primary_email(user), purpose="Sign in")
            attempt["strategy"] = strategy
        return self._kept(client, attempt)

    def _get(self, visit: Visit, sign_in_id: str) -> Reply:
        client, attempt = self._current(visit, sign_in_id)
        return Reply(self._desk.attempts.sign_in(attempt), client)

    def _prepare(self, visit: Visit, sign_in_id: str) -> Reply:
        client, attempt = self._current(visit, sign_in_id)
        strategy = factors.prepare(self._desk, visit, self._user(attempt), subject=attempt["id"], purpose="Sign in")
        return self._kept(client, {**attempt, "strategy": strategy})

    def _attempt(self, visit: Visit, sign_in_id: str) -> Reply:
        client, attempt = self._current(visit, sign_in_id)
        strategy = factors.attempt(self._desk, visit, self._user(attempt), subject=attempt["id"])
        return self._complete(client, {**attempt, "strategy": strategy})

    def _redeem(self, client: Client, ticket: str) -> Reply:
        """Sign in whoever a ticket is for."""
        check_vacant(self._desk, client)
        client, session = redeem(self._desk, client, ticket)
        attempt = self._new_attempt(self._desk.directory.user(session["user_id"]), None)
        return self._completed(client, {**attempt, "strategy": "ticket"}, session)

    def _complete(self, client: Client, attempt: dict[str, Any]) -> Reply:
        check_vacant(self._desk, client)
        client, session = self._desk.clients.sign_in(client, attempt["user_id"], strategy=attempt["strategy"])
        return self._completed(client, attempt, session)

    def _completed(self, client: Client, attempt: dict[str, Any], session: Document) -> Reply:
        attempt = {**attempt, "status": "complete", "created_session_id": session["id"]}
        client = self._desk.clients.keep(client, sign_in=None)
        return Reply(self._desk.attempts.sign_in(attempt), client)

    def _kept(self, client: Client, attempt: dict[str, Any]) -> Reply:
        client = self._desk.clients.keep(client, sign_in=attempt)
        return Reply(self._desk.attempts.sign_in(attempt), client)

    def _new_attempt(self, user: Document | None, identifier: str | None) -> dict[str, Any]:
        return {
            "id": new_id("sia"),
            "user_id": None if user is None else user["id"],
            "identifier": identifier,
            "status": "needs_identifier" if user is None else "needs_first_factor",
            "strategy": None,
            "created_session_id": None,
            "abandon_at": self._desk.clock() + ABANDONED_AFTER,
        }

    def _user(self, attempt: dict[str, Any]) -> Document:
        if attempt["user_id"] is None:
            raise Problem.of(
                422, "form_param_missing", "is missing", "identifier must be included.", param="identifier"
            )
        return self._desk.directory.user(attempt["user_id"])

    def _current(self, visit: Visit, sign_in_id: str) -> tuple[Client, dict[str, Any]]:
        client = self._desk.client(visit)
        attempt = client.sign_in
        if attempt is None or attempt["id"] != sign_in_id or attempt["abandon_at"] <= self._desk.clock():
            raise Problem.of(
                404, "resource_not_found", "Sign in not found", f"No sign in was found with id {sign_in_id}."
            )
        return client, attempt


def check_vacant(desk: Desk, client: Client) -> None:
    """Raise Problem (400) where somebody is signed in already and the instance has one person at a time."""
    if desk.dashboard.configuration.single_session_mode and desk.clients.sessions(client):
        raise Problem.of(
            400, "session_exists", "Session already exists", "You're already signed in. Sign out to sign in as another."
        )
