"""The profile of whoever is signed in, and their sessions in every browser."""

from __future__ import annotations

from typing import Any

from django_clerk.emulator.bapi import parameters
from django_clerk.emulator.documents import Document, deleted
from django_clerk.emulator.exchange import Problem

from . import factors
from .desk import Desk, no_session
from .router import Routes
from .sign_ups import json_object
from .visits import Reply, Visit

_PROFILE = ("first_name", "last_name", "username", "primary_email_address_id")
#: Where sessions are used: on this machine, and no more is known of it.
_ACTIVITY = {"object": "session_activity", "device_type": "Computer", "is_mobile": False, "ip_address": "127.0.0.1"}


class ProfileEndpoints:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @property
    def routes(self) -> Routes:
        return {
            "/v1/me": {"GET": self._get, "PATCH": self._update, "DELETE": self._delete},
            "/v1/me/metadata": {"PATCH": self._merge_metadata},
            "/v1/me/change_password": {"POST": self._change_password},
            "/v1/me/sessions": {"GET": self._sessions},
            "/v1/me/sessions/active": {"GET": self._active_sessions},
            r"/v1/me/sessions/(?P<session_id>[^/]+)/revoke": {"POST": self._revoke},
        }

    def _get(self, visit: Visit) -> Reply:
        return self._reply(visit, self._desk.user(visit))

    def _update(self, visit: Visit) -> Reply:
        user = self._desk.user(visit)
        values: dict[str, Any] = {name: value or None for name, value in visit.given(*_PROFILE).items()}
        if "unsafe_metadata" in visit.form:
            metadata = {"unsafe_metadata": json_object(visit.form["unsafe_metadata"], param="unsafe_metadata")}
            user = self._desk.directory.change_metadata(user["id"], metadata, replace=True)
        if values:
            user = self._desk.directory.update_user(user["id"], values)
        return self._reply(visit, user)

    def _merge_metadata(self, visit: Visit) -> Reply:
        user = self._desk.user(visit)
        metadata = {"unsafe_metadata": json_object(visit.form.get("unsafe_metadata", ""), param="unsafe_metadata")}
        return self._reply(visit, self._desk.directory.change_metadata(user["id"], metadata, replace=False))

    def _delete(self, visit: Visit) -> Reply:
        user = self._desk.user(visit, is_sensitive=True)
        if not user["delete_self_enabled"]:
            raise Problem.of(
                403, "user_delete_self_not_enabled", "not enabled", "This user may not delete their own account."
            )
        self._desk.directory.delete_user(user["id"])
        return Reply(deleted({"object": "user", "id": user["id"]}), visit.client)

    def _change_password(self, visit: Visit) -> Reply:
        """Set a new password. Whoever has one already gives it, too."""
        user = self._desk.user(visit, is_sensitive=True)
        session = self._desk.session(visit)
        if user["password_enabled"]:
            factors.check_password(self._desk, user, visit.form.get("current_password", ""), param="current_password")
        values = {"password": visit.form.get("new_password", "")}
        parameters.checked(values, {"password": parameters.CREATE["password"]})
        user = self._desk.directory.update_user(user["id"], values)
        if visit.form.get("sign_out_of_other_sessions") == "true":
            self._desk.directory.sessions.revoke_all(user["id"], but=session["id"])
        return self._reply(visit, user)

    def _sessions(self, visit: Visit) -> Reply:
        sessions = self._desk.directory.sessions.of_user(self._desk.user(visit)["id"])
        documents = [self._desk.resources.session(session, azp=visit.origin) for session in sessions]
        return Reply([{**document, "last_active_token": None} for document in documents], is_wrapped=False)

    def _active_sessions(self, visit: Visit) -> Reply:
        sessions = self._desk.directory.sessions.of_user(self._desk.user(visit)["id"])
        return Reply(
            [
                {
                    **self._desk.resources.session_base(session),
                    "latest_activity": {**_ACTIVITY, "id": f"sess_activity_{session['id'].removeprefix('sess_')}"},
                }
                for session in sessions
            ],
            is_wrapped=False,
        )

    def _revoke(self, visit: Visit, session_id: str) -> Reply:
        """End a session of the same user, in whichever browser."""
        own: list[Document] = self._desk.directory.sessions.of_user(self._desk.user(visit)["id"])
        session = next((item for item in own if item["id"] == session_id), None)
        if session is None:
            raise no_session(session_id)
        document = self._desk.resources.session(session, azp=visit.origin)
        self._desk.directory.sessions.end(session_id, "revoked")
        return Reply({**document, "status": "revoked", "last_active_token": None}, visit.client)

    def _reply(self, visit: Visit, user: Document) -> Reply:
        return Reply(self._desk.resources.user(user), visit.client)
