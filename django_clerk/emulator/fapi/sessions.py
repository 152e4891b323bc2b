"""The sessions in a browser: their tokens, which of them is active, and their end."""

from __future__ import annotations

from django_clerk.emulator.exchange import Problem

from .desk import Desk
from .router import Routes
from .visits import Reply, Visit

_SESSION = r"/v1/client/sessions/(?P<session_id>[^/]+)"


class SessionEndpoints:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @property
    def routes(self) -> Routes:
        return {
            "/v1/client/sessions": {"DELETE": self._end_all},
            _SESSION: {"GET": self._get},
            _SESSION + "/touch": {"POST": self._touch},
            _SESSION + "/remove": {"POST": self._remove},
            _SESSION + "/end": {"POST": self._end},
            _SESSION + "/tokens": {"POST": self._token},
            _SESSION + r"/tokens/(?P<template>[^/]+)": {"POST": self._template_token},
        }

    def _end_all(self, visit: Visit) -> Reply:
        client = self._desk.clients.sign_out(self._desk.client(visit))
        return Reply(self._desk.resources.client(client, azp=visit.origin), client, tells_client=False)

    def _get(self, visit: Visit, session_id: str) -> Reply:
        session = self._desk.session(visit, session_id)
        return Reply(self._desk.resources.session(session, azp=visit.origin), visit.client)

    def _touch(self, visit: Visit, session_id: str) -> Reply:
        """Make a session the active one; where the call names an organization, or none, that too."""
        session = self._desk.session(visit, session_id)
        organization_id = self._desk.clients.chosen_organization(session, visit.form.get("active_organization_id"))
        client, session = self._desk.clients.activate(
            self._desk.client(visit), session_id, organization_id=organization_id
        )
        return Reply(self._desk.resources.session(session, azp=visit.origin), client)

    def _remove(self, visit: Visit, session_id: str) -> Reply:
        return self._ended(visit, session_id, status="removed")

    def _end(self, visit: Visit, session_id: str) -> Reply:
        return self._ended(visit, session_id, status="ended")

    def _token(self, visit: Visit, session_id: str) -> Reply:
        session = self._desk.session(visit, session_id)
        organization_id = self._desk.clients.chosen_organization(session, visit.form.get("organization_id"))
        session = {**session, "last_active_organization_id": organization_id}
        return _bare_token(self._desk.clients.token(session, azp=visit.origin))

    def _template_token(self, visit: Visit, session_id: str, template: str) -> Reply:
        session = self._desk.session(visit, session_id)
        claims = self._desk.dashboard.configuration.jwt_templates.get(template)
        if claims is None:
            raise Problem.of(404, "resource_not_found", "not found", f"No JWT template exists with name: {template}")
        return _bare_token(self._desk.clients.template_token(session, claims, azp=visit.origin))

    def _ended(self, visit: Visit, session_id: str, *, status: str) -> Reply:
        session = self._desk.session(visit, session_id)
        resource = self._desk.resources.session(session, azp=visit.origin)
        client, ended = self._desk.clients.leave(self._desk.client(visit), session_id, status=status)
        return Reply({**resource, "status": status, "last_active_token": None} if ended else resource, client)


def _bare_token(token: str) -> Reply:
    return Reply({"object": "token", "jwt": token}, is_wrapped=False)
