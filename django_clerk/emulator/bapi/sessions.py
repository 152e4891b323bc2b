"""The endpoints for sessions: their tokens, their end, and what a back end asks in a handshake."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django_clerk.emulator import cookies
from django_clerk.emulator.addresses import Addresses
from django_clerk.emulator.clients import Clients
from django_clerk.emulator.credentials import INSTANCE
from django_clerk.emulator.directory import Directory
from django_clerk.emulator.documents import Document
from django_clerk.emulator.exchange import Answer, Call, Problem
from django_clerk.emulator.handshakes import Handshakes
from django_clerk.emulator.signing import Signer
from django_clerk.emulator.store import Selection

from . import listing
from .router import Routes

_SESSION = r"/v1/sessions/(?P<session_id>[^/]+)"
_TOKEN_SECONDS = (30, 315_360_000)  # of the tokens that are asked for: from, to
_REFRESH: Mapping[str, type] = {
    "expired_token": str,
    "refresh_token": str,
    "request_origin": str,
    "request_headers": dict,
    "format": str,
    "request_originating_ip": str,
}
_REQUIRED = ("expired_token", "refresh_token", "request_origin")


class SessionEndpoints:
    def __init__(
        self,
        directory: Directory,
        clients: Clients,
        handshakes: Handshakes,
        addresses: Addresses,
        *,
        signer: Signer,
    ) -> None:
        self._directory = directory
        self._clients = clients
        self._handshakes = handshakes
        self._addresses = addresses
        self._signer = signer

    @property
    def routes(self) -> Routes:
        return {
            "/v1/sessions": {"GET": self._list_sessions, "POST": self._create_session},
            _SESSION: {"GET": self._get_session},
            _SESSION + "/revoke": {"POST": self._revoke},
            _SESSION + "/tokens": {"POST": self._create_token},
            _SESSION + "/refresh": {"POST": self._refresh},
            "/v1/clients/handshake_payload": {"GET": self._handshake_payload},
        }

    def admits(self, call: Call) -> bool:
        return False

    def _list_sessions(self, call: Call) -> Answer:
        given, page = listing.values(call.query), listing.page(call.query)
        selected = Selection()
        for name in ("user_id", "client_id"):
            if name in given:
                selected.add(f"json_extract(document, '$.{name}') = ?", given[name][0])
        if not selected.conditions:
            raise Problem.of(422, "form_param_missing", "is missing", "user_id or client_id must be included.")
        if "status" in given:
            selected.within("status", given["status"])
        found, total = self._directory.sessions.select(selected, limit=page.limit, offset=page.offset)
        return listing.answer(found, total, paginated=given.get("paginated") == ["true"])

    def _create_session(self, call: Call) -> Answer:
        user_id = call.json().get("user_id")
        if not isinstance(user_id, str):
            raise Problem.of(422, "form_param_missing", "is missing", "user_id must be included.", param="user_id")
        return Answer.json(self._clients.sign_in(self._clients.open(), user_id)[1])

    def _get_session(self, call: Call, session_id: str) -> Answer:
        return Answer.json(self._session(session_id))

    def _revoke(self, call: Call, session_id: str) -> Answer:
        return Answer.json(self._directory.sessions.end(session_id, "revoked") or self._session(session_id))

    def _create_token(self, call: Call, session_id: str) -> Answer:
        session = self._directory.sessions.live(session_id)
        if session is None:
            raise _no_session(session_id)
        seconds = call.json().get("expires_in_seconds")
        if seconds is not None and (type(seconds) is not int or not _TOKEN_SECONDS[0] <= seconds <= _TOKEN_SECONDS[1]):
            raise Problem.of(
                422,
                "form_param_value_invalid",
                "is invalid",
                f"expires_in_seconds must be an integer from {_TOKEN_SECONDS[0]} to {_TOKEN_SECONDS[1]}.",
                param="expires_in_seconds",
            )
        # For the first site that is served, as if its own page had asked: whoever names parties takes no token without.
        parties = self._addresses.parties
        token = self._clients.token(session, azp=parties[0] if parties else None, lifetime=seconds or 60)
        return Answer.json({"object": "token", "jwt": token})

    def _refresh(self, call: Call, session_id: str) -> Answer:
        """Answer 401 for all that a handshake would put right."""
        body = call.json()
        _check_refresh(body)
        session = self._directory.sessions.live(session_id)
        if session is None:
            raise Problem.of(401, "session_not_found", "Session not found", f"No active session has id {session_id}.")
        claims = self._signer.read(body["expired_token"])
        if claims is None or claims.get("sid") != session_id or claims.get("sub") != session["user_id"]:
            raise Problem.of(
                401, "expired_token_invalid", "Invalid expired token", "The expired token is none of this session."
            )
        if not self._clients.renews(session, body["refresh_token"]):
            raise Problem.of(
                401, "refresh_token_invalid", "Invalid refresh token", "The refresh token is none of this session."
            )
        token = self._clients.token(session, azp=body["request_origin"])
        if body.get("format") != "cookie":
            return Answer.json({"object": "token", "jwt": token})
        written = cookies.session_cookies(token, INSTANCE, suffixed=dict(call.query).get("suffixed_cookies") == "true")
        secure = body["request_origin"].startswith("https:")
        return Answer.json({"object": "cookies", "cookies": cookies.directives(written, secure=secure)})

    def _handshake_payload(self, call: Call) -> Answer:
        directives = self._handshakes.redeem(dict(call.query).get("nonce", ""))
        if directives is None:
            raise Problem.of(
                404,
                "resource_not_found",
                "not found",
                "The nonce is unknown, has been used, or is older than a minute.",
            )
        return Answer.json({"directives": directives})

    def _session(self, session_id: str) -> Document:
        session = self._directory.sessions.get(session_id)
        if session is None:
            raise _no_session(session_id)
        return session


def _no_session(session_id: str) -> Problem:
    return Problem.of(404, "resource_not_found", "Session not found", f"No session was found with id {session_id}.")


def _check_refresh(body: Mapping[str, Any]) -> None:
    for name, value in body.items():
        is_absent = value is None and name not in _REQUIRED
        if name not in _REFRESH or not (is_absent or isinstance(value, _REFRESH[name])):
            raise Problem.of(400, "form_param_format_invalid", "is invalid", f"{name} is not valid.", param=name)
    for name in _REQUIRED:
        if name not in body:
            raise Problem.of(400, "form_param_missing", "is missing", f"{name} must be included.", param=name)
