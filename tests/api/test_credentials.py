"""The calls on the path of a request: what they ask, that they ask once, and what they make of answers."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from typing import Any

import pytest

from django_clerk.api import ClerkClient
from django_clerk.exceptions import APIError, APINotFound, APIRateLimited, APIUnauthorized, APIUnavailable
from tests.api import KEY
from tests.loopback import SOON, Handler, Loopback, html, ok, raw, refuse, stall, status, truncated

SECRET = "ak_VeryUnlikelyToAppearByChance"
NONCE = "nonce_VeryUnlikely-1"
COOKIES = ["__session=a.b.c; Path=/", "__client_uat=1; Path=/"]
HEADERS = {"user-agent": ["Firefox"], "accept-language": ["de", "en"]}

VERIFY: dict[str, Callable[..., dict[str, Any]]] = {
    "/api_keys/verify": ClerkClient.verify_api_key,
    "/m2m_tokens/verify": ClerkClient.verify_m2m_token,
    "/oauth_applications/access_tokens/verify": ClerkClient.verify_oauth_token,
}


def refresh(client: ClerkClient, **changes: Any) -> list[str]:
    arguments = {
        "expired_token": "ex.pi.red", "refresh_token": "rt_1", "request_origin": "https://example.com",
        "request_headers": HEADERS, "suffixed_cookies": False,
    }  # fmt: skip
    return client.refresh_session("sess_1", **{**arguments, **changes})


CALLS: dict[str, Callable[[ClerkClient], Any]] = {
    **{path: lambda client, call=call: call(client, SECRET) for path, call in VERIFY.items()},
    "/v1/clients/handshake_payload": lambda client: client.handshake_payload(NONCE),
    "/v1/sessions/sess_1/refresh": refresh,
}


@pytest.mark.parametrize(
    ("path", "member"),
    [
        ("/api_keys/verify", "secret"),
        ("/m2m_tokens/verify", "token"),
        ("/oauth_applications/access_tokens/verify", "access_token"),
    ],
)
def test_a_credential_is_verified_without_a_version_in_the_path(
    server: Loopback, client: ClerkClient, path: str, member: str
) -> None:
    server.on(path, ok({"id": "x", "active": False}))
    assert VERIFY[path](client, SECRET) == {"id": "x", "active": False}
    (request,) = server.received
    assert (request.method, request.query, json.loads(request.body)) == ("POST", {}, {member: SECRET})
    assert request.headers["Authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize("text", ["ak_ü", "ak_\ud800", 'ak_"}', "ak_\x00\n", "ak_" + "x" * 16_000])
def test_a_credential_is_whatever_was_sent(server: Loopback, client: ClerkClient, text: str) -> None:
    server.on("/api_keys/verify", ok({}))
    client.verify_api_key(text)
    assert json.loads(server.received[0].body) == {"secret": text}


def test_a_nonce_stands_for_cookies(server: Loopback, client: ClerkClient) -> None:
    server.on("/v1/clients/handshake_payload", ok({"directives": COOKIES}))
    assert client.handshake_payload(NONCE) == COOKIES
    (request,) = server.received
    assert (request.method, request.query, request.body) == ("GET", {"nonce": [NONCE]}, b"")


@pytest.mark.parametrize("nonce", ["", "a b", "a/../b", "a&b=c", "a#", "ü", "a\n", "x" * 1000])
def test_what_cannot_be_a_nonce_is_not_asked_about(server: Loopback, client: ClerkClient, nonce: str) -> None:
    with pytest.raises(ValueError, match="nonce"):
        client.handshake_payload(nonce)
    assert server.received == []


@pytest.mark.parametrize("suffixed", [True, False])
def test_a_session_goes_on(server: Loopback, client: ClerkClient, suffixed: bool) -> None:
    server.on("/v1/sessions/sess_1/refresh", ok({"object": "cookies", "cookies": COOKIES}))
    assert refresh(client, suffixed_cookies=suffixed) == COOKIES
    (request,) = server.received
    assert request.method == "POST"
    assert request.query == ({"suffixed_cookies": ["true"]} if suffixed else {})
    assert json.loads(request.body) == {
        "format": "cookie", "expired_token": "ex.pi.red", "refresh_token": "rt_1",
        "request_origin": "https://example.com", "request_headers": HEADERS,
    }  # fmt: skip


@pytest.mark.parametrize("session_id", ["", "../users", "sess_1/x", "sess_1?a", "ü"])
def test_what_cannot_be_a_session_is_not_asked_about(server: Loopback, client: ClerkClient, session_id: str) -> None:
    with pytest.raises(ValueError, match="An id of Clerk's"):
        client.refresh_session(
            session_id,
            expired_token="a", refresh_token="b", request_origin="c", request_headers={}, suffixed_cookies=False,
        )  # fmt: skip
    assert server.received == []


@pytest.mark.parametrize("path", list(CALLS))
class TestFailures:
    @pytest.mark.parametrize(
        ("code", "kind"),
        [(400, APIError), (401, APIUnauthorized), (404, APINotFound), (429, APIRateLimited), (500, APIUnavailable)],
    )
    def test_clerks_code_is_told_and_nothing_is_repeated(
        self, server: Loopback, client: ClerkClient, waits: list[float], path: str, code: int, kind: type[APIError]
    ) -> None:
        server.on(path, status(code, data={"errors": [{"code": "session_not_found", "message": "m"}]}))
        with pytest.raises(kind) as caught:
            CALLS[path](client)
        assert (caught.value.status, caught.value.code) == (code, "session_not_found")
        assert (len(server.received), waits) == (1, [])

    @pytest.mark.parametrize("fault", [refuse, html(), truncated({"x": 1}), raw(b"\xff"), status(503), status(404)])
    def test_whatever_breaks_is_an_error_of_ours(
        self, server: Loopback, client: ClerkClient, path: str, fault: Callable[[Handler], None]
    ) -> None:
        server.on(path, fault)
        with pytest.raises(APIError):
            CALLS[path](client)
        assert len(server.received) == 1

    @pytest.mark.parametrize("answer", [None, [], "x", 5, [{}]])
    def test_an_answer_of_another_shape(self, server: Loopback, client: ClerkClient, path: str, answer: Any) -> None:
        server.on(path, ok(answer))
        with pytest.raises(APIError, match="CLERK_API_URL"):
            CALLS[path](client)

    def test_nobody_waits_long(self, server: Loopback, client: ClerkClient, path: str) -> None:
        server.on(path, stall())
        began = time.monotonic()
        with pytest.raises(APIUnavailable, match="within 3 s"):
            CALLS[path](client)
        assert time.monotonic() - began < SOON

    def test_what_was_sent_is_in_no_message_and_in_no_log(
        self, server: Loopback, client: ClerkClient, caplog: pytest.LogCaptureFixture, path: str
    ) -> None:
        caplog.set_level(logging.DEBUG, logger="django_clerk")
        for fault in (status(401), status(500), refuse, html(), ok(None)):
            server.on(path, fault)
            with pytest.raises(APIError) as caught:
                CALLS[path](client)
            for secret in (SECRET, NONCE, "ex.pi.red", "rt_1", KEY):
                assert secret not in str(caught.value) + repr(caught.value)
        ours = "".join(record.getMessage() for record in caplog.records if record.name == "django_clerk")
        assert SECRET not in ours


@pytest.mark.parametrize("listed", [None, "a", {"a": 1}, ["a", 5], [["a"]], 7])
def test_cookies_that_are_no_lines(server: Loopback, client: ClerkClient, listed: Any) -> None:
    server.on("/v1/clients/handshake_payload", ok({"directives": listed}))
    server.on("/v1/sessions/sess_1/refresh", ok({"cookies": listed}))
    with pytest.raises(APIError):
        client.handshake_payload(NONCE)
    with pytest.raises(APIError):
        refresh(client)


def test_no_cookies_is_an_answer(server: Loopback, client: ClerkClient) -> None:
    server.on("/v1/sessions/sess_1/refresh", ok({"object": "cookies", "cookies": []}))
    assert refresh(client) == []
