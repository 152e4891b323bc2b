"""What can be done to the users of the instance. Whatever changes them is told to the webhooks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django.contrib.auth.hashers import make_password

from . import documents, email_addresses, passwords, users
from .bapi import parameters
from .documents import Document
from .exchange import Problem, not_found
from .sessions import SessionDirectory
from .store import Selection, Taken, UserTable
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
        self,
        table: UserTable,
        sessions: SessionDirectory,
        *,
        emit: Callable[[str, Document], None],
        clock: Callable[[], int],
    ) -> None:
        self._table = table
        self.sessions = sessions
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

    def find(self, identifier: str) -> Document | None:
        """Return the user with a verified e-mail address or a username, or None."""
        wanted = identifier.strip().lower()
        for kind in ("email_address", "username"):
            user_id = self._table.owner(kind, wanted)
            user = None if user_id is None else self._table.get(user_id)
            if user is not None and (kind == "username" or wanted in email_addresses.verified_of(user)):
                return user
        return None

    def is_taken(self, kind: str, value: str) -> bool:
        """Tell whether a user has an identifier: an "email_address", verified or not, or a "username"."""
        return self._table.owner(kind, value.lower()) is not None

    def created_at(self, user_id: str) -> int | None:
        return self._table.created_at(user_id)

    def create_user(self, fields: Fields, *, allowed: Mapping[str, parameters.Check] = parameters.CREATE) -> Document:
        """Add a user and tell the webhooks. Raises Problem (422) where Clerk would refuse the fields."""
        [document] = self._add([fields], allowed)
        self._emit("user.created", document)
        return document

    def sign_up(self, fields: Fields) -> Document:
        """Add a user who has proven their one address, and tell the webhooks. ``fields`` have been checked."""
        values = {**fields, "email_address": [fields["email_address"]], "email_address_strategy": "email_code"}
        document = users.create(values, now=self._clock())
        self._store([document], [(document["id"], ("django", fields["password_digest"]))])
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
            self.sessions.revoke_all(user_id)
        return document

    def change_user(self, user_id: str, change: Callable[[Document], Document]) -> Document:
        """Put ``change(user)`` in a user's place and tell the webhooks."""
        return self._change(user_id, change)

    def change_metadata(self, user_id: str, fields: Fields, *, replace: bool) -> Document:
        values = parameters.checked(fields, parameters.METADATA)
        now = self._clock()
        return self._change(user_id, lambda user: users.with_metadata(user, values, replace=replace, now=now))

    def set_flag(self, user_id: str, name: str, value: bool) -> Document:
        """Ban, lock, or undo it. A ban ends the user's sessions."""
        now = self._clock()
        document = self._change(user_id, lambda user: users.updated(user, {name: value}, now=now))
        if name == "banned" and value:
            self.sessions.revoke_all(user_id)
        return document

    def delete_user(self, user_id: str) -> Document:
        """Remove a user with their sessions. Returns what Clerk answers: the id, and that it is deleted."""
        document = self._table.remove(user_id)
        if document is None:
            raise not_found(user_id)
        remains = documents.deleted(document)
        self._emit("user.deleted", remains)
        return remains

    def sign_in(
        self,
        user_id: str,
        *,
        client_id: str,
        actor: Document | None = None,
        tasks: Sequence[Document] = (),
        seconds: int | None = None,
    ) -> Document:
        """
        Start a session in a client and return it; with tasks to do first, it is pending. ``seconds`` is how long it may
        last, None for as long as any.

        Raises Problem (403) for banned and locked users.
        """
        now = self._clock()

        def signed_in(user: Document) -> Document:
            _check_admitted(user)
            return users.updated(user, {"last_sign_in_at": now, "last_active_at": now}, now=now)

        document = self._apply(user_id, signed_in)
        session = self.sessions.start(document, client_id=client_id, actor=actor, tasks=tasks, seconds=seconds)
        self._emit("user.updated", document)  # last_sign_in_at has changed
        return session

    def check_may_sign_in(self, user_id: str) -> None:
        """Raise Problem where ``sign_in`` would, before something is used up for it."""
        _check_admitted(self.user(user_id))

    def has_password(self, user_id: str, password: str) -> bool:
        """Tell whether this is the user's password. Raises Problem (501) where its digest is one we cannot compute."""
        stored = self._table.password(user_id)
        return stored is not None and passwords.matches(stored, password)

    def _add(self, many: Iterable[Fields], allowed: Mapping[str, parameters.Check]) -> list[Document]:
        created: list[Document] = []
        secrets: list[tuple[str, Password]] = []
        now = self._clock()
        for number, fields in enumerate(many):
            values = parameters.checked(fields, allowed)
            parameters.check_new_user(values)
            # A millisecond apart, so that a listing has them in the order in which they were given.
            document = users.create(values, now=now + number)
            created.append(document)
            password = _password_of(values)
            if password is not None:
                secrets.append((document["id"], password))
        self._store(created, secrets)
        return created

    def _store(self, created: Sequence[Document], secrets: Sequence[tuple[str, Password]]) -> None:
        try:
            self._table.add(created, secrets)
        except Taken as taken:
            raise _taken(taken.kind) from taken

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


def _check_admitted(user: Document) -> None:
    for state in ("banned", "locked"):
        if user[state]:
            raise Problem.of(403, f"user_{state}", f"User is {state}", f"This user is {state} and cannot sign in.")


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
