"""Sessions by the Backend API: their tokens, their renewal and their end."""

from __future__ import annotations

from http.cookies import SimpleCookie
from typing import Any

import jwt
import pytest
from django.test import override_settings

from django_clerk.emulator.credentials import INSTANCE
from django_clerk.emulator.documents import SESSION_SECONDS
from django_clerk.emulator.emulator import Emulator
from django_clerk.emulator.store import Client
from tests.emulator.calls import Caller, Reply, in_process, over_http
from tests.emulator.openapi import validate, validate_answer
from tests.emulator.receivers import received

ORIGIN = "http://localhost:8000"


@pytest.fixture
def client(emulator: Emulator, ada: dict[str, Any]) -> Client:
    """A browser in which Ada has signed in."""
    client, _ = emulator.clients.sign_in(emulator.clients.open(), ada["id"])
    received.clear()
    return client


@pytest.fixture
def session(emulator: Emulator, client: Client) -> dict[str, Any]:
    session = emulator.clients.session(client)
    assert session is not None
    return session


def read(emulator: Emulator, token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, emulator.signer.public_key_pem(), algorithms=["RS256"])
    return claims


class Contract:
    call: Caller

    def test_a_session_is_served(self, session: dict[str, Any]) -> None:
        reply = self.call("GET", f"/v1/sessions/{session['id']}")
        assert (reply.status, reply.json) == (200, session)
        validate("bapi-2026-05-12", "Session", reply.json)

    def test_a_session_is_made(self, ada: dict[str, Any]) -> None:
        reply = self.call("POST", "/v1/sessions", {"user_id": ada["id"]})
        assert (reply.status, reply.json["user_id"], reply.json["status"]) == (200, ada["id"], "active")
        validate("bapi-2026-05-12", "Session", reply.json)
        assert [delivery.event["type"] for delivery in received] == ["session.created", "user.updated"]

    @pytest.mark.parametrize(
        ("body", "status"), [({}, 422), ({"user_id": 7}, 422), ({"user_id": "user_nobody"}, 404), (b"[]", 400)]
    )
    def test_for_nobody_it_is_not(self, body: Any, status: int) -> None:
        reply = self.call("POST", "/v1/sessions", body)
        assert reply.status == status
        validate("bapi-2026-05-12", "ClerkErrors", reply.json)

    def test_sessions_are_listed(self, emulator: Emulator, ada: dict[str, Any], session: dict[str, Any]) -> None:
        emulator.sign_in(emulator.create_user(username="other")["id"])
        ended = emulator.sign_in(ada["id"])
        emulator.sign_out(ended["id"])
        both = self.call("GET", f"/v1/sessions?user_id={ada['id']}")
        validate_answer("bapi-2026-05-12", "/sessions", "GET", both.json)
        assert set(both.ids) == {session["id"], ended["id"]}
        for query, wanted in (
            (f"user_id={ada['id']}&status=active", [session["id"]]),
            (f"user_id={ada['id']}&status=removed", [ended["id"]]),
            (f"client_id={session['client_id']}", [session["id"]]),
            (f"user_id={ada['id']}&limit=1&offset=1", both.ids[1:]),
            ("user_id=user_nobody", []),
        ):
            assert self.call("GET", f"/v1/sessions?{query}").ids == wanted, query
        paginated = self.call("GET", f"/v1/sessions?user_id={ada['id']}&limit=1&paginated=true").json
        assert paginated == {"data": both.json[:1], "total_count": 2}
        assert self.call("GET", "/v1/sessions").status == 422

    def test_a_banned_user_gets_none(self, emulator: Emulator, ada: dict[str, Any]) -> None:
        emulator.ban_user(ada["id"])
        assert self.call("POST", "/v1/sessions", {"user_id": ada["id"]}).error["code"] == "user_banned"

    @pytest.mark.parametrize(("body", "lifetime"), [({}, 60), (None, 60), ({"expires_in_seconds": 43200}, 43200)])
    def test_a_token_lives_as_long_as_asked(
        self, emulator: Emulator, session: dict[str, Any], body: Any, lifetime: int
    ) -> None:
        reply = self.call("POST", f"/v1/sessions/{session['id']}/tokens", body)
        assert (reply.status, reply.json["object"]) == (200, "token")
        validate_answer("bapi-2026-05-12", "/sessions/{session_id}/tokens", "POST", reply.json)
        claims = read(emulator, reply.json["jwt"])
        assert (claims["sid"], claims["sub"]) == (session["id"], session["user_id"])
        assert claims["exp"] - claims["iat"] == lifetime
        assert claims["azp"] == ORIGIN, "the first of CLERK_AUTHORIZED_PARTIES"

    def test_where_no_parties_are_named_a_token_names_none(self, emulator: Emulator, session: dict[str, Any]) -> None:
        with override_settings(CLERK_AUTHORIZED_PARTIES=[]):
            reply = self.call("POST", f"/v1/sessions/{session['id']}/tokens")
        assert "azp" not in read(emulator, reply.json["jwt"])

    @pytest.mark.parametrize("seconds", [29, 0, -1, 315_360_001, 60.5, "60", True])
    def test_but_not_any_time(self, session: dict[str, Any], seconds: Any) -> None:
        reply = self.call("POST", f"/v1/sessions/{session['id']}/tokens", {"expires_in_seconds": seconds})
        assert (reply.status, reply.error["meta"]) == (422, {"param_name": "expires_in_seconds"})

    def test_a_revoked_session_is_over_and_told(self, emulator: Emulator, session: dict[str, Any]) -> None:
        reply = self.call("POST", f"/v1/sessions/{session['id']}/revoke")
        assert (reply.status, reply.json["status"]) == (200, "revoked")
        validate("bapi-2026-05-12", "Session", reply.json)
        [delivery] = received
        event = delivery.event
        assert (event["type"], event["data"].pop("user")["id"]) == ("session.revoked", session["user_id"])
        assert event["data"] == reply.json
        validate("webhooks-2025-04-15", "Session", event["data"])
        again = self.call("POST", f"/v1/sessions/{session['id']}/revoke")
        assert (again.status, again.json, len(received)) == (200, reply.json, 1), "and nothing is told twice"
        assert self.call("POST", f"/v1/sessions/{session['id']}/tokens").status == 404

    @pytest.mark.parametrize(("method", "path"), [("GET", ""), ("POST", "/revoke"), ("POST", "/tokens")])
    def test_an_unknown_session_is_not_found(self, method: str, path: str) -> None:
        reply = self.call(method, f"/v1/sessions/sess_unknown{path}")
        assert (reply.status, reply.error["code"]) == (404, "resource_not_found")

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("GET", "/v1/sessions/sess_1"),
            ("POST", "/v1/sessions"),
            ("POST", "/v1/sessions/sess_1/tokens"),
            ("POST", "/v1/sessions/sess_1/refresh"),
            ("POST", "/v1/sessions/sess_1/revoke"),
            ("GET", "/v1/clients/handshake_payload?nonce=n"),
        ],
    )
    def test_nothing_opens_without_the_key(self, method: str, path: str) -> None:
        for key in (None, "Bearer sk_test_wrong"):
            reply = self.call(method, path, {}, key=key)
            assert (reply.status, reply.error["code"]) == (401, "clerk_key_invalid")


class RefreshContract:
    call: Caller

    @pytest.fixture
    def body(self, emulator: Emulator, client: Client, session: dict[str, Any]) -> dict[str, Any]:
        token = emulator.mint_session_token(session["user_id"], azp=ORIGIN, session_id=session["id"], lifetime=-60)
        return {
            "format": "cookie",
            "expired_token": token,
            "refresh_token": emulator.clients.refresh_token(session["id"]),
            "request_origin": ORIGIN,
            "request_headers": {"user-agent": ["a browser"]},
        }

    def refresh(self, session: dict[str, Any], body: Any, query: str = "") -> Reply:
        return self.call("POST", f"/v1/sessions/{session['id']}/refresh{query}", body)

    @pytest.mark.parametrize(
        ("query", "names"),
        [
            ("", ["__session"]),
            ("?suffixed_cookies=false", ["__session"]),
            ("?suffixed_cookies=true", ["__session", INSTANCE.suffixed("__session")]),
        ],
    )
    def test_an_expired_token_is_renewed(
        self, emulator: Emulator, session: dict[str, Any], body: dict[str, Any], query: str, names: list[str]
    ) -> None:
        reply = self.refresh(session, body, query)
        assert (reply.status, reply.json["object"]) == (200, "cookies")
        validate("bapi-2026-05-12", "Cookies", reply.json)
        jar: dict[str, Any] = {}
        for directive in reply.json["cookies"]:
            jar |= SimpleCookie(directive)
        assert list(jar) == names
        for cookie in jar.values():
            assert (cookie["path"], cookie["samesite"], cookie["httponly"]) == ("/", "Lax", "")
            claims = read(emulator, cookie.value)
            assert (claims["sid"], claims["sub"], claims["azp"]) == (session["id"], session["user_id"], ORIGIN)
            assert claims["exp"] - claims["iat"] == 60

    def test_as_a_token_it_comes_bare(self, emulator: Emulator, session: dict[str, Any], body: dict[str, Any]) -> None:
        for form in ("token", None):
            reply = self.refresh(session, {**body, "format": form})
            validate("bapi-2026-05-12", "Token", reply.json)
            assert read(emulator, reply.json["jwt"])["sid"] == session["id"]

    def test_over_https_the_cookie_is_secure(self, session: dict[str, Any], body: dict[str, Any]) -> None:
        [cookie] = self.refresh(session, {**body, "request_origin": "https://localhost:8000"}).json["cookies"]
        assert "; Secure" in cookie

    def test_the_refresh_token_lasts_as_long_as_the_session(
        self, session: dict[str, Any], body: dict[str, Any]
    ) -> None:
        assert [self.refresh(session, body).status for _ in range(3)] == [200, 200, 200]

    @pytest.mark.parametrize("end", ["revoke", "sign out", "ban", "delete", "somebody else"])
    def test_what_has_ended_is_not_renewed(
        self, emulator: Emulator, client: Client, session: dict[str, Any], body: dict[str, Any], end: str
    ) -> None:
        grace = emulator.create_user(email_address="grace@example.com")
        ends: dict[str, Any] = {
            "revoke": lambda: self.call("POST", f"/v1/sessions/{session['id']}/revoke"),
            "sign out": lambda: emulator.clients.sign_out(client),
            "ban": lambda: emulator.ban_user(session["user_id"]),
            "delete": lambda: emulator.delete_user(session["user_id"]),
            "somebody else": lambda: emulator.clients.sign_in(client, grace["id"]),
        }
        ends[end]()
        reply = self.refresh(session, body)
        assert (reply.status, reply.error["code"]) == (401, "session_not_found")

    def test_another_sessions_tokens_renew_nothing(
        self, emulator: Emulator, session: dict[str, Any], body: dict[str, Any]
    ) -> None:
        """Neither the expired token nor the refresh token alone is enough, nor are two that do not belong together."""
        grace = emulator.create_user(email_address="grace@example.com")
        _, other_session = emulator.clients.sign_in(emulator.clients.open(), grace["id"])
        token = emulator.mint_session_token(grace["id"], azp=ORIGIN, session_id=other_session["id"], lifetime=-60)
        mixed = emulator.mint_session_token(grace["id"], azp=ORIGIN, session_id=session["id"], lifetime=-60)
        for change in (
            {"refresh_token": emulator.clients.refresh_token(other_session["id"])},
            {"refresh_token": ""},
            {"refresh_token": "rft_guess"},
            {"expired_token": token},
            {"expired_token": mixed},
            {"expired_token": body["expired_token"][:-8] + "AAAAAAAA"},
            {"expired_token": jwt.encode({"sid": session["id"], "sub": session["user_id"]}, "k" * 32)},
            {"expired_token": ""},
            {"expired_token": "a.b.c"},
        ):
            reply = self.refresh(session, {**body, **change})
            assert reply.status == 401, change
            assert reply.error["code"] in ("expired_token_invalid", "refresh_token_invalid")
        assert self.refresh(other_session, body).status == 401

    @pytest.mark.parametrize(
        "change",
        [
            {"expired_token": None},
            {"expired_token": 7},
            {"refresh_token": ["a"]},
            {"request_origin": None},
            {"request_headers": "a"},
            {"format": 1},
            {"surprise": "a"},
        ],
    )
    def test_a_malformed_question_is_refused(
        self, session: dict[str, Any], body: dict[str, Any], change: dict[str, Any]
    ) -> None:
        reply = self.refresh(session, {**body, **change})
        assert (reply.status, reply.error["meta"]) == (400, {"param_name": next(iter(change))})

    @pytest.mark.parametrize("name", ["expired_token", "refresh_token", "request_origin"])
    def test_so_is_half_a_question(self, session: dict[str, Any], body: dict[str, Any], name: str) -> None:
        reply = self.refresh(session, {key: value for key, value in body.items() if key != name})
        assert (reply.status, reply.error["code"]) == (400, "form_param_missing")

    def test_what_is_optional_may_be_null(self, session: dict[str, Any], body: dict[str, Any]) -> None:
        nothing = {"request_headers": None, "request_originating_ip": None}
        assert self.refresh(session, {**body, **nothing}).status == 200


class TestInProcess(Contract):
    call = staticmethod(in_process)


class TestOverHTTP(Contract):
    call = staticmethod(over_http)


class TestRefreshInProcess(RefreshContract):
    call = staticmethod(in_process)


class TestRefreshOverHTTP(RefreshContract):
    call = staticmethod(over_http)


def test_a_session_ends_by_itself_after_a_week() -> None:
    now = [1_700_000_000.0]
    emulator = Emulator(":memory:", clock=lambda: now[0])
    ada = emulator.create_user(email_address="ada@example.com")
    client, session = emulator.clients.sign_in(emulator.clients.open(), ada["id"])
    now[0] += SESSION_SECONDS - 1
    assert emulator.clients.session(client) == session
    assert emulator.clients.state(client, azp=ORIGIN).client_uat == 1_700_000_000
    now[0] += 1
    assert emulator.clients.session(client) is None
    state = emulator.clients.state(client, azp=ORIGIN)
    assert (state.token, state.client_uat, state.refresh_token) == ("", 0, None)
    emulator.close()


def test_cookies_for_a_test_client(emulator: Emulator, ada: dict[str, Any]) -> None:
    jar = emulator.browser_cookies(ada["id"], azp=ORIGIN)
    plain = ("__session", "__client_uat", "__clerk_db_jwt")
    assert set(jar) == {*plain, *map(INSTANCE.suffixed, plain)}
    claims = read(emulator, jar["__session"])
    assert (claims["sub"], claims["azp"]) == (ada["id"], ORIGIN)
    assert 0 < int(jar["__client_uat"]) <= claims["iat"]
