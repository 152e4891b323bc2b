"""When a browser comes back from Clerk, or is renewed without going there; on both of Django's handlers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as project
from django.http import HttpRequest, HttpResponse
from django.test import AsyncRequestFactory, Client

from django_clerk.middleware import ClerkMiddleware
from tests.handshakes import (
    ASYNC,
    BROWSER,
    DEVELOPMENT,
    IN_DEVELOPMENT,
    LOCALHOST,
    PRODUCTION,
    STALE,
    SYNC,
    ask,
    cookie_lines,
    directives,
    frontend_api,
    handshake_token,
    on_the_wire,
)
from tests.loopback import Held, Loopback, ok, serve, status
from tests.mint import bearer, mint
from tests.testapp.people import create_user

pytestmark = pytest.mark.django_db

SECRET = "sk_live_VeryUnlikelyToAppearByChance"
PAYLOAD = "/v1/clients/handshake_payload"
XHR = {"Sec_Fetch_Dest": "empty", "Accept": "*/*"}


@pytest.fixture(params=["sync", "async"])
def kind(request: Any, settings: Any) -> str:
    settings.ROOT_URLCONF = SYNC if request.param == "sync" else ASYNC
    settings.CLERK_PROVISION_USERS = "claims"
    return str(request.param)


@pytest.fixture
def development(settings: Any) -> None:
    for name, value in IN_DEVELOPMENT.items():
        setattr(settings, name, value)


@pytest.fixture
def clerk(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serve() as server:
        settings.CLERK_API_URL, settings.CLERK_SECRET_KEY = server.url, SECRET
        yield server


def cookie(lines: list[str], **more: Any) -> str:
    return f"__clerk_handshake={handshake_token(*lines, **more)}"


class TestInProduction:
    def test_the_page_itself_sets_the_cookies(self, kind: str) -> None:
        lines = directives()
        for url in ("/page/?x=1", "/untouched/", "/pending/", "/api/"):
            response = ask(kind, url, cookie(lines))
            assert response.status_code == 200
            assert cookie_lines(response) == lines
            assert "Location" not in response
            assert response["Access-Control-Allow-Origin"] == "null"
            assert response["Cache-Control"] == "private"
            assert {"Authorization", "Cookie"} <= set(response["Vary"].split(", "))
        assert ask(kind, "/page/", cookie(lines)).json()["clerk"] == "user_ada"

    def test_they_go_out_verbatim_and_in_order(self, kind: str) -> None:
        lines = directives()
        lines += ["__client_uat=1; Path=/; Domain=other.example.com", "__refresh_x=; max-age=0;path=/ ;SECURE"]
        code, headers, body = on_the_wire(kind, "/untouched/", cookie(lines))
        assert (code, body) == (200, b"hello")
        assert [value for name, value in headers if name == "set-cookie"] == lines

    def test_a_page_not_found_sets_them_too(self, kind: str) -> None:
        lines = directives()
        response = ask(kind, "/nowhere/", cookie(lines))
        assert (response.status_code, cookie_lines(response)) == (404, lines)

    def test_so_does_the_answer_to_a_script_and_to_a_form(self, kind: str) -> None:
        lines = directives()
        for how in ({"method": "POST"}, XHR, {"HX_Request": "true"}):
            response = ask(kind, "/page/", cookie(lines), **how)
            assert (response.status_code, response.json()["clerk"]) == (200, "user_ada")
            assert cookie_lines(response) == lines

    def test_beats_the_cookies_that_are_there(self, kind: str) -> None:
        signed_out = ["__session=; Path=/; Max-Age=0", "__client_uat=0; Path=/"]
        response = ask(kind, "/page/", f"__session={mint()}", STALE, cookie(signed_out))
        assert (response.status_code, response.json()["clerk"]) == (200, None)
        assert cookie_lines(response) == signed_out
        assert response["X-Clerk-Auth-Reason"] == "session-token-missing"

    def test_is_not_what_a_header_is_for(self, kind: str) -> None:
        response = ask(kind, "/page/", cookie(directives("user_eve")), **bearer())
        assert response.json()["clerk"] == "user_ada"
        assert cookie_lines(response) == []

    @pytest.mark.parametrize("more", ["", "__clerk_help=1&"])
    def test_a_link_cannot_sign_anybody_in(self, kind: str, clerk: Loopback, more: str) -> None:
        """Whoever writes a link would sign its reader in as themselves, to see what is done in their name."""
        clerk.on(PAYLOAD, ok({"directives": directives("user_eve")}))
        mine = [f"__session={mint()}", STALE]
        for query in (f"__clerk_handshake={handshake_token(*directives('user_eve'))}", "__clerk_handshake_nonce=abc"):
            for cookies, who in (([], None), (mine, "user_ada")):
                response = ask(kind, f"/page/?{more}{query}", *cookies)
                assert (response.status_code, response.json()["clerk"]) == (200, who)
                assert cookie_lines(response) == []
        assert clerk.received == []

    def test_a_nonce_is_exchanged(self, kind: str, clerk: Loopback) -> None:
        lines = directives()
        clerk.on(PAYLOAD, ok({"directives": lines}))
        response = ask(kind, "/page/", "__clerk_handshake_nonce=abc")
        assert (response.json()["clerk"], cookie_lines(response)) == ("user_ada", lines)
        (call,) = clerk.received
        assert (call.query["nonce"], call.headers["Authorization"]) == (["abc"], f"Bearer {SECRET}")

    def test_one_that_cannot_be_exchanged_proves_nothing(self, kind: str, clerk: Loopback) -> None:
        for number, fault in enumerate((status(404), status(500), ok({}), ok({"directives": [1]}))):
            clerk.on(PAYLOAD, fault)
            response = ask(kind, "/page/", f"__clerk_handshake_nonce=n{number}")
            assert (response.status_code, response.json()["clerk"]) == (200, None)
            assert cookie_lines(response) == []
        assert len(clerk.received) == 4

    @pytest.mark.parametrize(("fault", "who"), [(status(500), "user_ada"), (status(404), None)])
    def test_while_clerk_cannot_be_asked_the_cookies_count(
        self, kind: str, clerk: Loopback, fault: Any, who: str | None
    ) -> None:
        clerk.on(PAYLOAD, fault)
        cookies = f"__session={mint()}; __client_uat=1; __clerk_handshake_nonce=abc"
        assert ask(kind, "/page/", cookies).json()["clerk"] == who

    def test_another_applications_changes_nothing(self, kind: str) -> None:
        response = ask(kind, "/page/", "__clerk_handshake=x.y.z", f"__session={mint()}", STALE)
        assert response.json()["clerk"] == "user_ada"
        response = ask(kind, "/page/", "__clerk_handshake=x.y.z", STALE)
        assert frontend_api(response)["__clerk_hs_reason"] == "client-uat-but-no-session-token"


@pytest.mark.usefixtures("development")
class TestInDevelopment:
    LINK = "/page/?q=a%20b&__clerk_help=1&tag=1&tag=2&__clerk_handshake={}&__clerk_db_jwt=d&empty=&%C3%A9=%2B#part"

    def link(self, lines: list[str]) -> str:
        return self.LINK.format(handshake_token(*lines))

    def test_a_clean_url_follows(self, kind: str) -> None:
        lines = directives(instance=DEVELOPMENT)
        response = ask(kind, self.link(lines), origin=LOCALHOST)
        assert (response.status_code, response.content) == (307, b"")
        assert response["Location"] == "http://localhost:8000/page/?q=a+b&tag=1&tag=2&empty=&%C3%A9=%2B"
        assert response["Cache-Control"] == "no-store"
        assert response["Access-Control-Allow-Credentials"] == "true"
        assert cookie_lines(response) == lines
        assert "X-Clerk-Auth-Status" not in response

    def test_and_there_the_person_is_signed_in(self, settings: Any) -> None:
        settings.ROOT_URLCONF = SYNC
        client = Client()
        headers = {**BROWSER, "Host": "localhost:8000"}
        sent_away = client.get("/page/?x=1", headers=headers)
        assert frontend_api(sent_away)["redirect_url"] == "http://localhost:8000/page/?x=1"
        token = handshake_token(*directives(instance=DEVELOPMENT))
        back = client.get(f"/page/?x=1&__clerk_handshake={token}", headers=headers)
        assert back["Location"] == "http://localhost:8000/page/?x=1"
        page = client.get("/page/?x=1", headers=headers)
        assert (page.status_code, page.json()["clerk"]) == (200, "user_ada")

    def test_signing_out_comes_back_clean_too(self, kind: str) -> None:
        response = ask(kind, self.link(["__client_uat=0; Path=/"]), origin=LOCALHOST)
        assert (response.status_code, cookie_lines(response)) == (307, ["__client_uat=0; Path=/"])
        assert response["X-Clerk-Auth-Reason"] == "session-token-missing"
        assert response["X-Clerk-Auth-Status"] == "signed-out"

    def test_a_form_and_a_script_are_not_redirected(self, kind: str) -> None:
        lines = directives(instance=DEVELOPMENT)
        for how in ({"method": "POST"}, {"HX_Request": "true"}, {"X_Requested_With": "XMLHttpRequest"}):
            response = ask(kind, self.link(lines), origin=LOCALHOST, **how)
            assert (response.status_code, response.json()["clerk"]) == (200, "user_ada")
            assert cookie_lines(response) == lines
            assert "Location" not in response

    def test_nor_is_a_view_for_machines_alone(self, kind: str) -> None:
        url = f"/key/?__clerk_handshake={handshake_token(*directives(instance=DEVELOPMENT))}"
        response = ask(kind, url, origin=LOCALHOST)
        assert response.status_code == 401
        assert "Location" not in response
        assert cookie_lines(response) == []

    def test_a_bad_one_is_a_page_for_nobody(self, kind: str, caplog: pytest.LogCaptureFixture) -> None:
        response = ask(kind, "/page/?__clerk_handshake=garbage", origin=LOCALHOST)
        assert (response.status_code, response.json()["clerk"]) == (200, None)
        assert response["X-Clerk-Auth-Reason"] == "token-invalid"
        assert "If you have switched Clerk keys locally, clear your cookies" in caplog.text

    def test_a_nonce_is_exchanged(self, kind: str, clerk: Loopback) -> None:
        lines = directives(instance=DEVELOPMENT)
        clerk.on(PAYLOAD, ok({"directives": lines}))
        response = ask(kind, "/page/?__clerk_handshake_nonce=abc&y=1", origin=LOCALHOST)
        assert (response.status_code, response["Location"]) == (307, "http://localhost:8000/page/?y=1")
        assert cookie_lines(response) == lines


class TestRefreshing:
    COOKIES = (STALE, f"{PRODUCTION.suffixed('__refresh')}=rt_1")

    def test_needs_no_trip(self, kind: str, clerk: Loopback) -> None:
        lines, expired = directives(), mint(exp=1)
        clerk.on("/v1/sessions/sess_1/refresh", ok({"object": "cookies", "cookies": lines}))
        for how in ({}, XHR):
            response = ask(kind, "/page/", f"__session={expired}", *self.COOKIES, **how)
            assert (response.status_code, response.json()["clerk"]) == (200, "user_ada")
            assert cookie_lines(response) == lines
        assert {
            name: value for name, value in json.loads(clerk.received[0].body).items() if name != "request_headers"
        } == {
            "format": "cookie",
            "expired_token": expired,
            "refresh_token": "rt_1",
            "request_origin": "https://example.com",
        }

    def test_that_is_refused_ends_in_a_handshake(self, kind: str, clerk: Loopback) -> None:
        clerk.on("/v1/sessions/sess_1/refresh", status(401, data={"errors": [{"code": "session_not_found"}]}))
        response = ask(kind, "/page/", f"__session={mint(exp=1)}", *self.COOKIES)
        reason = "session-token-expired-refresh-session_not_found"
        assert (response.status_code, response["X-Clerk-Auth-Reason"]) == (307, reason)
        assert frontend_api(response)["__clerk_hs_reason"] == reason

    @pytest.mark.parametrize("code", ["a\r\nSet-Cookie: b=c", "é", "x" * 65, "", 5, None])
    def test_what_clerk_says_is_no_header_of_its_own(self, kind: str, clerk: Loopback, code: Any) -> None:
        clerk.on("/v1/sessions/sess_1/refresh", status(422, data={"errors": [{"code": code}]}))
        response = ask(kind, "/page/", f"__session={mint(exp=1)}", *self.COOKIES)
        assert response["X-Clerk-Auth-Reason"] == "session-token-expired-refresh-unexpected-bapi-error"

    def test_clerk_sees_its_own_cookies_only(self, kind: str, clerk: Loopback) -> None:
        clerk.on("/v1/sessions/sess_1/refresh", status(401, data={"errors": []}))
        ask(kind, "/page/", f"sessionid=secret; __session={mint(exp=1)}", *self.COOKIES, "csrftoken=secret")
        sent = json.loads(clerk.received[0].body)["request_headers"]
        assert "secret" not in str(sent)
        assert "__refresh" in sent["cookie"][0]


class TestBesideDjangosSession:
    @pytest.fixture
    def password(self) -> tuple[str, int]:
        client, user = Client(), create_user("root")
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        name = project.SESSION_COOKIE_NAME
        return f"{name}={client.cookies[name].value}", user.pk

    def test_it_goes_on(self, kind: str, password: tuple[str, int]) -> None:
        for cookies in ([], ["__client_uat=0"], [STALE, "__clerk_redirect_count=3"], [cookie(["__client_uat=0"])]):
            response = ask(kind, "/page/", password[0], *cookies)
            assert (response.status_code, response.json()) == (200, {"clerk": None, "user": password[1]})
        assert ask(kind, "/page/", password[0], STALE, **XHR).json()["user"] == password[1]

    def test_a_session_of_clerks_is_looked_for_first(self, kind: str, settings: Any, password: tuple[str, int]) -> None:
        assert ask(kind, "/page/", password[0], STALE).status_code == 307
        settings.CLERK_PROVISION_USERS = "never"
        response = ask(kind, "/page/", password[0], cookie(directives()))
        assert response.json() == {"clerk": "user_ada", "user": None}


class TestDjangoRestFramework:
    def test_behind_the_middleware(self, kind: str) -> None:
        assert ask(kind, "/api/", f"__session={mint()}", STALE, **XHR).json()["clerk"] == "user_ada"
        assert ask(kind, "/api/", f"__session={mint()}", STALE).status_code == 200
        assert ask(kind, "/open-api/", STALE).status_code == 307
        response = ask(kind, "/api/", STALE, **XHR)
        assert response.status_code == 401
        assert response["X-Clerk-Auth-Reason"] == "client-uat-but-no-session-token"
        assert ask(kind, "/open-api/", STALE, **XHR).json() == {"clerk": None, "user": None}


async def test_a_slow_exchange_does_not_stop_the_loop(clerk: Loopback) -> None:
    async def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    lines = directives()
    held = Held(ok({"directives": lines}))
    clerk.on(PAYLOAD, held)
    factory = AsyncRequestFactory()
    factory.cookies["__clerk_handshake_nonce"] = "abc"
    request = factory.get("/", headers=BROWSER)
    waiting = asyncio.ensure_future(ClerkMiddleware(view)(request))  # type: ignore[arg-type]
    await held.arrives()
    held.let_go()
    response = await waiting
    assert cookie_lines(response) == lines
    assert len(clerk.received) == 1
