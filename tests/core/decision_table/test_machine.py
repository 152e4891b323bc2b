"""D45 to D65: views that accept machines, at the door that decorators use, with Clerk's API on loopback."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.http import HttpRequest
from django.test import RequestFactory

from django_clerk.callers import accept
from django_clerk.core.machines import TokenType
from django_clerk.identify import headers_of
from tests.loopback import Loopback, Mode, ok, serve, status
from tests.machines import PATHS, document, m2m_jwt, oauth_jwt
from tests.mint import SESSION, TEMPLATE, mint

SECRET = "sk_live_VeryUnlikelyToAppearByChance"
ANY: tuple[TokenType, ...] = ("session_token", "api_key", "m2m_token", "oauth_token")
SESSION_OR_KEY: tuple[TokenType, ...] = ("session_token", "api_key")
KEY, M2M, OAUTH = PATHS.values()
UNAUTHORIZED = status(401, data={"errors": [{"code": "clerk_key_invalid", "message": "Of no instance."}]})


@dataclass(frozen=True)
class Row:
    """A request to a view, and who it is of: ``reason`` is None for whoever is let in."""

    id: str
    accepts: TokenType | tuple[TokenType, ...]
    reason: str | None
    token_type: TokenType | None
    bearer: str | Callable[[], str] | None = None
    has_cookies: bool = False
    subject: str | None = None
    answers: dict[str, Mode] = field(default_factory=dict)
    calls: tuple[tuple[str, Any], ...] = ()  #: path and body of what Clerk is asked
    settings: dict[str, Any] = field(default_factory=dict)
    is_document: bool = True
    is_unavailable: bool = False


@pytest.fixture
def clerk(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serve() as server:
        settings.CLERK_API_URL, settings.CLERK_SECRET_KEY = server.url, SECRET
        yield server


def request_of(row: Row) -> HttpRequest:
    bearer = row.bearer() if callable(row.bearer) else row.bearer
    headers = {"Authorization": f"Bearer {bearer}"} if bearer is not None else {}
    if row.has_cookies:
        headers["Cookie"] = f"__session={mint()}; __client_uat=1"
    if row.is_document:
        headers |= {"Sec-Fetch-Dest": "document", "Accept": "text/html"}
    return RequestFactory().get("/", headers=headers)


def asked(token: str) -> tuple[tuple[str, Any], ...]:
    """Return the one call that verifies an opaque credential."""
    path, member = {"ak_": (KEY, "secret"), "mt_": (M2M, "token"), "oat": (OAUTH, "access_token")}[token[:3]]
    return ((path, {member: token}),)


def key(**changes: Any) -> dict[str, Mode]:
    return {KEY: ok(document("api_key", subject="user_9", **changes))}


ROWS = [
    Row("D45", "api_key", "No token in header", "api_key", has_cookies=True),
    Row("D46", "api_key", "token-type-mismatch", "api_key", mint),
    Row("D47", "api_key", "token-type-mismatch", "api_key", "mt_1"),
    Row("D48", "api_key", None, "api_key", "ak_1", subject="user_9", answers=key(), calls=asked("ak_1")),
    Row("D49", "api_key", "token-invalid", "api_key", "ak_1", answers={KEY: status(404)}, calls=asked("ak_1")),
    # The last two are no fault of the caller's: the answer is 503, and Clerk is left alone for a while.
    Row(
        "D50",
        "api_key",
        "secret-key-invalid",
        "api_key",
        "ak_1",
        answers={KEY: UNAUTHORIZED},
        calls=asked("ak_1"),
        is_unavailable=True,
    ),
    Row(
        "D51",
        "api_key",
        "unexpected-error",
        "api_key",
        "ak_1",
        answers={KEY: status(500)},
        calls=asked("ak_1"),
        is_unavailable=True,
    ),
    # Clerk's SDK looks at no flag and lets all of these in.
    Row(
        "D52",
        "api_key",
        "token-invalid",
        "api_key",
        "ak_1",
        answers=key(revoked=True, expired=True),
        calls=asked("ak_1"),
    ),
    Row("D52-revoked", "api_key", "token-invalid", "api_key", "ak_1", answers=key(revoked=True)),
    Row("D52-expired", "api_key", "token-invalid", "api_key", "ak_1", answers=key(expired=True)),
    Row("D53", ANY, None, "api_key", "ak_1", subject="user_9", answers=key(), calls=asked("ak_1")),
    Row("D54", ANY, None, "session_token", has_cookies=True, subject="user_ada"),
    Row("D55", SESSION_OR_KEY, "token-type-mismatch", None, "mt_1"),
    Row("D56", ("api_key",), "token-type-mismatch", None, has_cookies=True),
    Row("D57", SESSION_OR_KEY, None, "session_token", has_cookies=True, subject="user_ada"),
    Row("D58", ANY, None, "m2m_token", m2m_jwt, subject="mch_1"),
    Row("D59", ANY, "token-invalid", "m2m_token", lambda: m2m_jwt(headers={"cat": SESSION})),
    Row("D60", ANY, "token-verification-failed", "m2m_token", lambda: m2m_jwt(exp=1)),
    Row("D61", "oauth_token", None, "oauth_token", oauth_jwt, subject="user_ada"),
    Row(
        "D62",
        "oauth_token",
        "token-verification-failed",
        "oauth_token",
        oauth_jwt,
        settings={"CLERK_AUDIENCE": ["https://api.example.com"]},
    ),
    # Clerk's SDK lets this in, as nobody.
    Row(
        "D63",
        "oauth_token",
        "token-invalid",
        "oauth_token",
        "oat_1",
        answers={OAUTH: ok({"active": False})},
        calls=asked("oat_1"),
    ),
    Row(
        "D64",
        "m2m_token",
        None,
        "m2m_token",
        "mt_1",
        subject="mch_1",
        answers={M2M: ok(document("m2m_token"))},
        calls=asked("mt_1"),
        settings={"CLERK_MACHINE_SECRET_KEY": "ak_m"},
    ),
    Row("D65", ANY, "token-type-mismatch", "session_token", lambda: mint(headers={"cat": TEMPLATE})),
]


@pytest.mark.parametrize("row", ROWS, ids=[row.id for row in ROWS])
def test_row(clerk: Loopback, settings: Any, row: Row) -> None:
    for path, mode in row.answers.items():
        clerk.on(path, mode)
    for name, value in row.settings.items():
        setattr(settings, name, value)
    request = request_of(row)
    auth = accept(request, row.accepts)
    assert (auth.reason, auth.token_type, auth.is_signed_in) == (row.reason, row.token_type, row.reason is None)
    assert auth.is_unavailable is row.is_unavailable
    assert auth.subject == row.subject
    assert auth.user_id == (row.subject if (row.subject or "").startswith("user_") else None)
    if row.calls or not row.answers:
        assert tuple((call.path, json.loads(call.body)) for call in clerk.received) == row.calls
    secret = row.settings.get("CLERK_MACHINE_SECRET_KEY", SECRET)
    assert {call.headers["Authorization"] for call in clerk.received} <= {f"Bearer {secret}"}
    assert not any(name in ("Location", "Set-Cookie") for name, _ in headers_of(request))
