"""Credentials of machines as Clerk makes them, and what its Backend API says of the opaque ones."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest

from django_clerk.core.machine_tokens import MachineTokenVerifier
from django_clerk.core.machines import classify
from django_clerk.exceptions import APINotFound, InvalidToken, KeysUnavailable
from tests.loopback import Handler, Loopback, ok, serve, status
from tests.mint import M2M, mint

PATHS = {
    "api_key": "/api_keys/verify",
    "m2m_token": "/m2m_tokens/verify",
    "oauth_token": "/oauth_applications/access_tokens/verify",
}
MEMBERS = {"api_key": "secret", "m2m_token": "token", "oauth_token": "access_token"}
OPAQUE = {"api_key": "ak_secret", "m2m_token": "mt_secret", "oauth_token": "oat_secret"}
NOT_FOUND = {"errors": [{"code": "resource_not_found", "message": "not found", "long_message": "not found"}]}


def document(token_type: str, **changes: Any) -> dict[str, Any]:
    """Return Clerk's answer about a good credential. ``changes`` are members; one set to None is null."""
    base = {"revoked": False, "revocation_reason": None, "expired": False, "expiration": None}
    own = {
        "api_key": {
            "object": "api_key", "id": "ak_id_1", "type": "api_key", "name": "ci", "subject": "user_ada",
            "scopes": ["read:posts"], "claims": {"plan": {"tier": 1}}, "created_by": "user_ada",
        },
        "m2m_token": {
            "object": "machine_to_machine_token", "id": "mt_id_1", "subject": "mch_1", "scopes": ["mch_2"],
            "claims": {"job": "nightly"},
        },
        "oauth_token": {
            "object": "clerk_idp_oauth_access_token", "id": "oat_id_1", "client_id": "client_1", "subject": "user_ada",
            "type": "oauth_token", "scopes": ["read:posts"],
        },
    }[token_type]  # fmt: skip
    return {**base, **own, "created_at": 1, "updated_at": 2, **changes}


def m2m_jwt(*, headers: dict[str, Any] | None = None, **changes: Any) -> str:
    """Return a machine-to-machine token that is a JWT; a claim or a header set to None is left out."""
    claims = {"azp": None, "fva": None, "sid": None, "sts": None, "v": None, "sub": "mch_1", "jti": "mt_jti_1"}
    return mint(headers={"cat": M2M, **(headers or {})}, **{**claims, "scopes": "mch_2 mch_3", **changes})


def oauth_jwt(*, headers: dict[str, Any] | None = None, **changes: Any) -> str:
    """Return an OAuth access token that is a JWT (RFC 9068)."""
    claims = {"azp": None, "fva": None, "sid": None, "sts": None, "v": None, "jti": "oat_jti_1"}
    own = {"client_id": "client_1", "scope": "read:posts profile"}
    return mint(headers={"cat": None, "typ": "at+jwt", **(headers or {})}, **{**claims, **own, **changes})


def serve_machines(server: Loopback, **good: dict[str, Any]) -> None:
    """Answer at the three endpoints: with the document of a credential, 404 for any other. ``good`` is by its text."""

    def play(token_type: str) -> Any:
        def mode(handler: Handler) -> None:
            body = json.loads(handler.server.received[-1].body)
            (found,) = [good.get(body[MEMBERS[token_type]])]
            (status(404, data=NOT_FOUND) if found is None else ok(found))(handler)

        return mode

    for token_type, path in PATHS.items():
        server.on(path, play(token_type))


def clerk_on_loopback(settings: Any, monkeypatch: pytest.MonkeyPatch) -> AbstractContextManager[Loopback]:
    """Return a server that knows the three opaque credentials, and make it the project's Clerk."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    @contextmanager
    def running() -> Iterator[Loopback]:
        with serve() as server:
            settings.CLERK_API_URL, settings.CLERK_SECRET_KEY = server.url, "sk_live_VeryUnlikelyToAppearByChance"
            settings.CLERK_PROVISION_USERS = "claims"
            serve_machines(server, **{token: document(token_type) for token_type, token in OPAQUE.items()})
            yield server

    return running()


class Clerk:
    """Clerk's answers about opaque credentials: a document by its text, or an error; and who asked."""

    def __init__(self) -> None:
        self.known: dict[str, dict[str, Any] | Exception] = {
            token: document(token_type) for token_type, token in OPAQUE.items()
        }
        self.asked: list[tuple[str, str]] = []

    def __call__(self, token_type: str, token: str) -> Mapping[str, Any]:
        self.asked.append((token_type, token))
        answer = self.known.get(token, APINotFound("404", status=404, code="resource_not_found"))
        if isinstance(answer, Exception):
            raise answer
        return answer


def reason_of(verifier: MachineTokenVerifier, token: str, token_type: str | None = None) -> str | None:
    """Return why a credential is refused, or None."""
    try:
        verifier.verify(token, token_type or classify(token))  # type: ignore[arg-type]
    except (InvalidToken, KeysUnavailable) as error:
        return error.reason
    return None
