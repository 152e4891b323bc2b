"""What can be done to the users and sessions of the instance. Whatever changes them is told to the webhooks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.contrib.auth.hashers import make_password

from . import documents, users
from .bapi import parameters
from .documents import Document
from .exchange import Problem, not_found
from .store import Selection, Sessions, Taken, UserTable
from .store.users import Password

Fields = Mapping[str, Any]

_NAMES = {
    "email_address": "email address",
    "phone_number": "phone number",
    "username": "username",
    "external_id": "external id",
}


class Directory:
    """
    ``emit`` is called with the type of an event and its object once a change is stored, never during it.
    ``clock`` gives milliseconds since the epoch.
    """

    def __init__(
        self, table: UserTable, sessions: Sessions, *, emit: Callable[[str, Document], None], clock: Callable[[], int]
    ) -> None:
        self._table = table
        self._sessions = sessions
        self._emit = emit
        self._clock = clock

    def user(self, user_id: str) -> Document:
        """Raises Problem (404) when there is none. So do all methods that take a user's id."""
        document = self._table.get(user_id)
        if document is None:
            raise not_found(user_id)
        return document

    def users(self, selection: Selection, *, order: str, limit: int = -1) -> list[Document]:
        return self._table.select(selection, order=order, limit=limit)

    def users_json(self, selection: Selection, *, order: str, limit: int, offset: int) -> str:
        return self._table.select_json(selection, order=order, limit=limit, offset=offset)

    def count(self, selection: Selection) -> int:
        return self._table.count(selection)

    def created_at(self, user_id: str) -> int | None:
        return self._table.created_at(user_id)

    def session(self, session_id: str) -> Document | None:
        return self._sessions.get(session_id)

    def sessions(self, selection: Selection, *, limit: int = -1, offset: int = 0) -> tuple[list[Document], int]:
        """Return sessions, the newest first, and how many there are."""
        return self._sessions.select(selection, limit=limit, offset=offset), self._sessions.count(selection)

    def create_user(self, fields: Fields, *, allowed: Mapping[str, parameters.Check] = parameters.CREATE) -> Document:
        """Add a user and tell the webhooks. Raises Problem (422) where Clerk would refuse the fields."""
        [document] = self._add([fields], allowed)
        self._emit("user.created", document)
        return document

    def create_users(
        self, many: Iterable[Fields], *, webhooks: bool, allowed: Mapping[str, parameters.Check] = parameters.CREATE
    ) -> list[Document]:
        """Add all of the users, or none, in the given order. Without ``webhooks`` nobody is told."""
        created = self._add(many, allowed)
        if webhooks:
            for document in created:
                self._emit("user.created", document)
        return created

    def update_user(
        self, user_id: str, fields: Fields, *, allowed: Mapping[str, parameters.Check] = parameters.UPDATE
    ) -> Document:
        values = parameters.checked(fields, allowed)
        now = self._clock()
        document = self._change(
            user_id, lambda user: users.updated(user, values, now=now), password=_password_of(values)
        )
        if values.get("sign_out_of_other_sessions"):
            self._end_sessions(document)
        return document

    def change_metadata(self, user_id: str, fields: Fields, *, replace: bool) -> Document:
        values = parameters.checked(fields, parameters.METADATA)
        now = self._clock()
        return self._change(user_id, lambda user: users.with_metadata(user, values, replace=replace, now=now))

    def set_flag(self, user_id: str, name: str, value: bool) -> Document:
        """Ban, lock, or undo it. A ban ends the user's sessions."""
        now = self._clock()
        document = self._change(user_id, lambda user: users.updated(user, {name: value}, now=now))
        if name == "banned" and value:
            self._end_sessions(document)
        return document

    def delete_user(self, user_id: str) -> Document:
        """Remove a user with their sessions. Returns what Clerk answers: the id, and that it is deleted."""
        document = self._table.remove(user_id)
        if document is None:
            raise not_found(user_id)
        remains = documents.deleted(document)
        self._emit("user.deleted", remains)
        return remains

    def active_session(self, session_id: str) -> Document | None:
        """Return a session that has neither been ended nor expired, or None."""
        session = self._sessions.get(session_id)
        if session is None or session["status"] != "active" or session["expire_at"] <= self._clock():
            return None
        return session

    def sign_in(self, user_id: str, *, client_id: str) -> Document:
        """Start a session in a client and return it. Raises Problem (403) for banned and locked users."""
        now = self._clock()

        def signed_in(user: Document) -> Document:
            for state in ("banned", "locked"):
                if user[state]:
                    raise Problem.of(
                        403, f"user_{state}", f"User is {state}", f"This user is {state} and cannot sign in."
                    )
            return users.updated(user, {"last_sign_in_at": now, "last_active_at": now}, now=now)

        document = self._apply(user_id, signed_in)
        session = documents.session(user_id, client_id=client_id, now=now)
        self._sessions.add(session)
        self._emit("session.created", {**session, "user": document})
        self._emit("user.updated", document)  # last_sign_in_at has changed
        return session

    def end_session(self, session_id: str, status: str) -> Document | None:
        """
        End a session, tell the webhooks, and return it; None when there was no active session of that id.

        ``status`` is "removed" for a sign-out, "revoked" for the act of somebody else, "ended" for any other reason.
        """
        session = self._sessions.end(session_id, status=status, now=self._clock())
        if session is not None:
            self._emit(f"session.{status}", {**session, "user": self.user(session["user_id"])})
        return session

    def _add(self, many: Iterable[Fields], allowed: Mapping[str, parameters.Check]) -> list[Document]:
        created: list[Document] = []
        passwords: list[tuple[str, Password]] = []
        now = self._clock()
        for number, fields in enumerate(many):
            values = parameters.checked(fields, allowed)
            parameters.check_new_user(values)
            # A millisecond apart, so that a listing has them in the order in which they were given.
            document = users.create(values, now=now + number)
            created.append(document)
            password = _password_of(values)
            if password is not None:
                passwords.append((document["id"], password))
        try:
            self._table.add(created, passwords)
        except Taken as taken:
            raise _taken(taken.kind) from taken
        return created

    def _change(
        self, user_id: str, change: Callable[[Document], Document], *, password: Password | None = None
    ) -> Document:
        document = self._apply(user_id, change, password=password)
        self._emit("user.updated", document)
        return document

    def _apply(
        self, user_id: str, change: Callable[[Document], Document], *, password: Password | None = None
    ) -> Document:
        try:
            document = self._table.change(user_id, change, password=password)
        except Taken as taken:
            raise _taken(taken.kind) from taken
        if document is None:
            raise not_found(user_id)
        return document

    def _end_sessions(self, user: Document) -> None:
        for session in self._sessions.active(user["id"]):
            ended = self._sessions.end(session["id"], status="revoked", now=self._clock())
            if ended is not None:
                self._emit("session.revoked", {**ended, "user": user})


def _password_of(values: Mapping[str, Any]) -> Password | None:
    if values.get("password"):
        return "django", make_password(values["password"])
    if values.get("password_digest"):
        return values["password_hasher"], values["password_digest"]
    return None


def _taken(kind: str) -> Problem:
    return Problem.of(
        422,
        "form_identifier_exists",
        f"That {_NAMES[kind]} is taken. Please try another.",
        param=kind,
    )
