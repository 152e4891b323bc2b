"""What can be done to the sessions of the instance. Whatever changes them is told to the webhooks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from . import documents
from .documents import Document
from .exchange import Problem
from .store import Selection, Sessions, UserTable
from .store.sessions import LIVE


class SessionDirectory:
    """
    ``emit`` is called with the type of an event and its object once a change is stored, never during it.
    ``clock`` gives milliseconds since the epoch.
    """

    def __init__(
        self, table: Sessions, users: UserTable, *, emit: Callable[[str, Document], None], clock: Callable[[], int]
    ) -> None:
        self._table = table
        self._users = users
        self._emit = emit
        self._clock = clock

    def get(self, session_id: str) -> Document | None:
        """Return a session, whatever has become of it, or None."""
        return self._table.get(session_id)

    def select(self, selection: Selection, *, limit: int = -1, offset: int = 0) -> tuple[list[Document], int]:
        """Return sessions, the newest first, and how many there are."""
        return self._table.select(selection, limit=limit, offset=offset), self._table.count(selection)

    def live(self, session_id: str) -> Document | None:
        """Return a session that has neither been ended nor expired, or None. One that is pending counts."""
        session = self._table.get(session_id)
        return session if session is not None and self._is_live(session) else None

    def of_client(self, client_id: str) -> list[Document]:
        """Return the live sessions in a browser, the oldest first."""
        return list(filter(self._is_live, self._table.of_client(client_id)))

    def of_user(self, user_id: str) -> list[Document]:
        """Return the live sessions of a user, the oldest first."""
        return list(filter(self._is_live, self._table.active(user_id)))

    def start(
        self,
        user: Document,
        *,
        client_id: str,
        actor: Document | None = None,
        tasks: Sequence[Document] = (),
        seconds: int | None = None,
    ) -> Document:
        """
        Start the session of a user who has just signed in, in a client, and return it; with tasks to do first, it is
        pending. ``seconds`` is how long it may last, None for as long as any.
        """
        now = user["last_sign_in_at"]
        session = documents.session(user["id"], client_id=client_id, actor=actor, tasks=tasks, seconds=seconds, now=now)
        self._table.add(session)
        self._emit("session.pending" if tasks else "session.created", {**session, "user": user})
        return session

    def touch(self, session_id: str, *, organization_id: str | None, keep_organization: bool) -> Document:
        """
        Note that a session is in use, with an organization or none, and return it. Raises Problem (404) without one.

        ``keep_organization`` says that the session does not go back to having none. A session that was pending for want
        of one is active then.
        """
        now = self._clock()

        def touched(session: Document) -> Document:
            chosen = organization_id
            if keep_organization and chosen is None:
                chosen = session["last_active_organization_id"]
            changed = {**session, "last_active_organization_id": chosen, "last_active_at": now, "updated_at": now}
            if chosen is not None:
                changed.pop("tasks", None)
                changed["status"] = "active"
            return changed

        before = self.live(session_id)
        session = None if before is None else self._table.change(session_id, touched)
        if before is None or session is None:
            raise Problem.of(
                404, "resource_not_found", "Session not found", f"No session was found with id {session_id}."
            )
        if before["status"] == "pending" and session["status"] == "active":
            self._emit("session.created", self._with_user(session))
        return session

    def end(self, session_id: str, status: str) -> Document | None:
        """
        End a session, tell the webhooks, and return it; None when there was no live session of that id.

        ``status`` is "removed" for a sign-out, "revoked" for the act of somebody else, "ended" for any other reason.
        """
        session = self._table.end(session_id, status=status, now=self._clock())
        if session is not None:
            self._emit(f"session.{status}", self._with_user(session))
        return session

    def revoke_all(self, user_id: str, *, but: str = "") -> None:
        """End every session of a user, save perhaps one."""
        for session in self._table.active(user_id):
            if session["id"] != but:
                self.end(session["id"], "revoked")

    def _is_live(self, session: Document) -> bool:
        return session["status"] in LIVE and session["expire_at"] > self._clock()

    def _with_user(self, session: Document) -> Document:
        return {**session, "user": self._users.get(session["user_id"])}
