"""Clerk's Backend API as the fuzzer's projects reach it: quick, and in a bad mood when asked to be."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import requests
from requests.adapters import BaseAdapter

from django_clerk.api import mount
from tests.fuzz.projects import API, BROKEN_API, Project
from tests.fuzz.tokens import Token, text_of
from tests.jwks import document

#: What a nonce, or a refresh token, stands for: lines with tokens in them.
LINES: dict[str, list[tuple[str | Token, ...]]] = {
    "good": [
        ("__session=", Token(), "; Path=/; Secure; SameSite=Lax"),
        ("__client_uat=1; Path=/; Domain=example.com",),
    ],
    "suffixed": [("__session_abcdefgh=", Token(), "; Path=/"), ("__client_uat_abcdefgh=1",)],
    "hostile": [
        ("sessionid=stolen; Path=/",),
        ("__session=", Token(), "\r\nSet-Cookie: sessionid=1"),
        ("csrftoken=x; __session=", Token()),
        ("__session=", Token(claims=(("sub", "mch_1"),))),
    ],
    "split": [("__session=\r\nLocation: https://evil.example",), ("__session; __session=", Token()), ("\xe9=\xe9",)],
    "theirs": [("__session=", Token(key="theirs"), "; Path=/")],
    "expired": [("__session=", Token(claims=(("exp", "@-60"), ("iat", "@-120"), ("nbf", "@-130"))), "; Path=/")],
    "empty": [],
    "sign-out": [("__session=; Path=/; Max-Age=0",), ("__client_uat=0; Path=/",)],
}
#: What the API says of opaque machine credentials, by the credential: the subject of a good one.
OPAQUE = {"ak_good": "user_ada", "ak_org": "org_acme", "mt_good": "mch_1", "oat_good": "user_bob"}
_BROKEN: dict[str, tuple[int, bytes]] = {
    "no-json": (200, b"<html>"),
    "no-object": (200, b"[1, 2]"),
    "null": (200, b"null"),
    "wrong": (200, b'{"directives": [1, null], "cookies": {"a": 1}, "subject": ["user_ada"], "scopes": 5}'),
    "revoked": (200, b'{"subject": "user_ada", "revoked": true, "cookies": "x", "directives": "x"}'),
    "error": (500, b'{"errors": [{"code": "unexpected_error"}]}'),
    "refused": (422, b'{"errors": [{"code": "a\\r\\nb"}, {"code": "session_not_found"}]}'),
    "bytes": (200, b"\xff\xfe\x00"),
}
MOODS = [*LINES, *_BROKEN, "drop", "unknown"]


class BackendAPI(BaseAdapter):
    """Answers by what is asked for. ``gave`` are the lines that it handed out since the project was entered."""

    def __init__(self) -> None:
        super().__init__()
        self.project: Project | None = None
        self.gave: list[str] = []

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        path, _, query = request.path_url.partition("?")
        body = json.loads(request.body) if request.body else {}
        if request.url is None or request.url.startswith(BROKEN_API):
            raise requests.exceptions.ConnectionError("Nobody is there.")
        status, answer = self._answer(path, parse_qs(query), body)
        response = requests.Response()
        response.status_code, response._content = status, answer
        return response

    def close(self) -> None:
        """Nothing is open."""

    def _answer(self, path: str, query: dict[str, list[str]], body: dict[str, Any]) -> tuple[int, bytes]:
        if path == "/v1/jwks":
            return _ok(document())
        if path == "/v1/clients/handshake_payload":
            return self._by_mood(query["nonce"][0], lambda lines: {"directives": lines})
        if path.endswith("/refresh"):
            return self._by_mood(body["refresh_token"], lambda lines: {"cookies": lines})
        credential = body.get("secret") or body.get("token") or body.get("access_token") or ""
        if credential in OPAQUE:
            return _ok({"id": "id_1", "subject": OPAQUE[credential], "scopes": ["a"], "revoked": False})
        return self._by_mood(credential.partition("_")[2], lambda lines: {"subject": "mallory", "scopes": lines})

    def _by_mood(self, mood: str, wrap: Callable[[list[str]], Any]) -> tuple[int, bytes]:
        if mood == "drop":
            raise requests.exceptions.ConnectionError("The connection broke.")
        if mood in _BROKEN:
            return _BROKEN[mood]
        if mood not in LINES or self.project is None:
            return 404, b'{"errors": [{"code": "resource_not_found"}]}'
        lines = ["".join(text_of(part, self.project) for part in parts) for parts in LINES[mood]]
        self.gave += lines
        return _ok(wrap(lines))


def _ok(data: Any) -> tuple[int, bytes]:
    return 200, json.dumps(data).encode()


BACKEND = BackendAPI()
for address in (API, BROKEN_API):
    mount(address, BACKEND)
