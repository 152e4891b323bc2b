"""When a browser is sent to Clerk first, and with what; on both of Django's handlers."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import AsyncRequestFactory, Client, RequestFactory

from django_clerk.middleware import ClerkMiddleware
from tests.handshakes import (
    ASYNC,
    IN_DEVELOPMENT,
    LOCALHOST,
    LOOP_COOKIE,
    PRODUCTION,
    STALE,
    SYNC,
    ask,
    cookie_lines,
    frontend_api,
    on_the_wire,
)
from tests.mint import bearer, mint

NO_SESSION = "client-uat-but-no-session-token"


@pytest.fixture(params=["sync", "async"])
def kind(request: Any, settings: Any) -> str:
    settings.ROOT_URLCONF = SYNC if request.param == "sync" else ASYNC
    return str(request.param)


def told(response: Any) -> tuple[str | None, ...]:
    """Return what a response says of the decision: status, reason and message."""
    return tuple(response.headers.get(f"X-Clerk-Auth-{name}") for name in ("Status", "Reason", "Message"))


class TestTheRedirect:
    @pytest.mark.parametrize(
        "url", ["/page/?x=1", "/untouched/", "/members/", "/pending/", "/session-or-key/", "/api/", "/nowhere/"]
    )
    def test_comes_before_the_page(self, kind: str, url: str) -> None:
        response = ask(kind, url, STALE)
        assert (response.status_code, response.content) == (307, b"")
        assert response["Location"].startswith("https://clerk.example.com/v1/client/handshake?")
        assert frontend_api(response) == {
            "redirect_url": f"https://example.com{url}",
            "__clerk_api_version": "2026-05-12",
            "suffixed_cookies": "false",
            "__clerk_hs_reason": NO_SESSION,
            "format": "nonce",
        }
        assert response["Cache-Control"] == "no-store"
        assert "Content-Type" not in response
        assert cookie_lines(response) == [LOOP_COOKIE]
        assert told(response) == ("handshake", NO_SESSION, None)

    @pytest.mark.django_db
    def test_is_the_same_on_the_wire(self, kind: str) -> None:
        status, headers, body = on_the_wire(kind, "/page/", STALE)
        assert (status, body) == (307, b"")
        assert [value for name, value in headers if name == "set-cookie"] == [LOOP_COOKIE]
        (location,) = [value for name, value in headers if name == "location"]
        assert location.endswith(f"&__clerk_hs_reason={NO_SESSION}&format=nonce")

    def test_takes_an_expired_token_along(self, kind: str) -> None:
        expired = mint(exp=1)
        response = ask(kind, "/page/", f"__session={expired}", STALE)
        assert frontend_api(response)["__session"] == expired
        status, reason, message = told(response)
        assert (status, reason) == ("handshake", "session-token-expired-refresh-non-eligible-no-refresh-cookie")
        assert message is not None
        assert message.startswith("JWT is expired. Expiry date: Thu, 01 Jan 1970 00:00:01 GMT")
        assert message.endswith("(reason=token-expired, token-carrier=cookie)")
        assert frontend_api(ask(kind, "/page/", **bearer(token=expired)))["__session"] == expired

    def test_needs_the_right_family_of_cookies(self, kind: str) -> None:
        response = ask(kind, "/page/", f"{PRODUCTION.suffixed('__client_uat')}=5")
        assert frontend_api(response)["suffixed_cookies"] == "true"

    def test_of_a_development_browser_that_clerk_does_not_know(self, kind: str, settings: Any) -> None:
        for name, value in IN_DEVELOPMENT.items():
            setattr(settings, name, value)
        response = ask(kind, "/page/?x=1", origin=LOCALHOST)
        assert response.status_code == 307
        assert response["Location"] == (
            "https://foo-bar-13.clerk.accounts.dev/v1/client/handshake?"
            "redirect_url=http%3A%2F%2Flocalhost%3A8000%2Fpage%2F%3Fx%3D1&__clerk_api_version=2026-05-12"
            "&suffixed_cookies=false&__clerk_hs_reason=dev-browser-missing&format=nonce"
        )
        assert told(response) == ("handshake", "dev-browser-missing", None)

    def test_ends_after_three_in_a_row(self, settings: Any) -> None:
        settings.ROOT_URLCONF = SYNC
        client = Client()
        client.cookies["__client_uat"] = "5"
        browser = {"Sec-Fetch-Dest": "document", "Host": "example.com"}
        statuses = [client.get("/page/", headers=browser, secure=True).status_code for _ in range(5)]
        assert statuses == [307, 307, 307, 200, 200]
        assert client.cookies["__clerk_redirect_count"].value == "3"

    def test_that_is_not_made_any_more_is_reported(self, kind: str, caplog: pytest.LogCaptureFixture) -> None:
        response = ask(kind, "/page/", STALE, "__clerk_redirect_count=3")
        assert (response.status_code, response.json()["clerk"]) == (200, None)
        assert told(response) == ("signed-out", NO_SESSION, None)
        assert "again and again (client-uat-but-no-session-token)" in caplog.text


class TestWhoIsNotSentAway:
    @pytest.mark.parametrize(
        "headers",
        [
            {"HX_Request": "true"},
            {"HX_Request": "true", "HX_Boosted": "true"},
            {"X_Requested_With": "XMLHttpRequest"},
            {"Sec_Fetch_Dest": "empty", "Accept": "text/html"},
            {"Sec_Fetch_Dest": "image"},
            {"Sec_Fetch_Dest": "", "Accept": "*/*"},
            {"Sec_Fetch_Dest": "", "Accept": "application/json, text/html"},
        ],
        ids=str,
    )
    def test_scripts(self, kind: str, headers: dict[str, str]) -> None:
        response = ask(kind, "/page/", STALE, **headers)
        assert (response.status_code, response.json()["clerk"]) == (200, None)
        assert told(response)[:2] == ("signed-out", NO_SESSION)
        assert not {"Location", "Set-Cookie"} & set(response.headers)
        assert not response.cookies

    def test_an_older_browser_is(self, kind: str) -> None:
        assert ask(kind, "/page/", STALE, Sec_Fetch_Dest="").status_code == 307

    @pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
    def test_other_methods(self, kind: str, method: str) -> None:
        for cookies in ([STALE], [f"__session={mint(exp=1)}", STALE]):
            response = ask(kind, "/untouched/", *cookies, method=method)
            assert response.status_code == 200
            assert "Location" not in response
            assert not response.cookies

    @pytest.mark.parametrize("url", ["/key/", "/machines/", "/machine-api/"])
    def test_at_views_for_machines_alone(self, kind: str, url: str) -> None:
        response = ask(kind, url, STALE)
        assert response.status_code == 401
        assert "Location" not in response
        assert not response.cookies

    def test_whoever_brings_nothing(self, kind: str) -> None:
        response = ask(kind, "/page/")
        assert response.json()["clerk"] is None
        assert told(response) == ("signed-out", "session-token-and-uat-missing", None)
        assert told(ask(kind, "/untouched/")) == (None, None, None)

    @pytest.mark.django_db
    def test_whoever_is_signed_in(self, kind: str) -> None:
        for cookies, headers in (([f"__session={mint()}", STALE], {}), ([], bearer())):
            response = ask(kind, "/page/", *cookies, **headers)
            assert (response.status_code, response.json()["clerk"]) == (200, "user_ada")
            assert told(response) == (None, None, None)
            assert ask(kind, "/nowhere/", *cookies, **headers).status_code == 404

    def test_forgers(self, kind: str) -> None:
        forged = mint()[:-10] + "A" * 10
        response = ask(kind, "/page/", f"__session={forged}", STALE)
        assert response.json()["clerk"] is None
        assert told(response)[:2] == ("signed-out", "token-invalid-signature")


@pytest.mark.django_db
class TestPending:
    def test_is_nobody_and_goes_nowhere(self, kind: str) -> None:
        response = ask(kind, "/page/", f"__session={mint(sts='pending')}", STALE)
        assert (response.status_code, response.json()["clerk"]) == (200, None)
        assert ask(kind, "/pending/", f"__session={mint(sts='pending')}", STALE).json()["clerk"] == "user_ada"

    def test_that_has_expired_is_renewed(self, kind: str) -> None:
        for url in ("/page/", "/pending/"):
            assert ask(kind, url, f"__session={mint(sts='pending', exp=1)}", STALE).status_code == 307


class TestCaches:
    @pytest.mark.django_db
    @pytest.mark.parametrize("url", ["/page/", "/untouched/"])
    def test_keep_no_page_that_was_decided(self, kind: str, url: str) -> None:
        response = ask(kind, url, f"__session={mint()}", STALE)
        assert response["Cache-Control"] == "private"
        assert {"Authorization", "Cookie"} <= set(response["Vary"].split(", "))

    def test_may_keep_what_is_everybodys(self, kind: str) -> None:
        assert "Cache-Control" not in ask(kind, "/untouched/")


class TestPublicUrl:
    """Where the browser comes back to. What says so is believed as far as Django believes it."""

    @pytest.mark.parametrize(
        "headers",
        [
            {"X_Forwarded_Host": "evil.com"},
            {"X_Forwarded_Proto": "http"},
            {"X_Forwarded_Host": "app.example.com", "X_Forwarded_Proto": "http", "X_Forwarded_Port": "8443"},
            {"Forwarded": "host=evil.com;proto=http"},
            {"X_Original_URL": "/evil/", "X_Rewrite_URL": "/evil/", "Referer": "https://evil.com/"},
        ],
        ids=str,
    )
    def test_is_not_what_anybody_forwards(self, kind: str, headers: dict[str, str]) -> None:
        response = ask(kind, "/page/?x=1", STALE, **headers)
        assert frontend_api(response)["redirect_url"] == "https://example.com/page/?x=1"

    def test_is_what_a_trusted_proxy_says(self, kind: str, settings: Any) -> None:
        settings.USE_X_FORWARDED_HOST = True
        settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
        settings.ALLOWED_HOSTS = ["app.example.com", "inner.example"]
        inner = "http://inner.example"
        proxy = {"X_Forwarded_Host": "app.example.com:8443", "X_Forwarded_Proto": "https"}
        response = ask(kind, "/page/?x=1", STALE, origin=inner, **proxy)
        assert frontend_api(response)["redirect_url"] == "https://app.example.com:8443/page/?x=1"
        response = ask(kind, "/page/?x=1", STALE, origin=inner, X_Forwarded_Proto="https")
        assert frontend_api(response)["redirect_url"].startswith("https://inner.example")

    def test_of_a_host_that_django_refuses_is_none(self, kind: str, settings: Any) -> None:
        evil = "https://evil.com"
        response = ask(kind, "/page/", STALE, origin=evil)
        assert response.status_code == 400
        assert "Location" not in response
        settings.MIDDLEWARE = ["django_clerk.middleware.ClerkMiddleware"]
        response = ask(kind, "/untouched/", STALE, origin=evil)
        assert (response.status_code, response.content) == (200, b"hello")
        assert "Location" not in response
        assert not response.cookies

    @pytest.mark.django_db
    def test_keeps_what_the_path_spells(self, kind: str) -> None:
        _, headers, _ = on_the_wire(kind, "/page%2Fa/%C3%A9/?q=a%20b&q=%C3%A9&flag", STALE)
        back = parse_qs(urlsplit(dict(headers)["location"]).query)["redirect_url"]
        assert back == ["https://example.com/page%2Fa/%C3%A9/?q=a+b&q=%C3%A9&flag="]


class TestOnTheEventLoop:
    async def test_local_keys_need_no_thread(self) -> None:
        async def view(request: HttpRequest) -> HttpResponse:
            raise AssertionError("The view was called.")

        request = AsyncRequestFactory().get("/", headers={"Sec-Fetch-Dest": "document", "Cookie": STALE})
        response: Any = await ClerkMiddleware(view)(request)  # type: ignore[misc]
        assert response.status_code == 307
        assert asyncio.get_running_loop()._default_executor is None  # type: ignore[attr-defined]

    async def test_both_say_the_same(self) -> None:
        async def aview(request: HttpRequest) -> HttpResponse:
            return HttpResponse()

        headers = {"Sec-Fetch-Dest": "document", "Cookie": STALE}
        there: Any = await ClerkMiddleware(aview)(AsyncRequestFactory().get("/", headers=headers))  # type: ignore[misc]
        here: Any = ClerkMiddleware(lambda request: HttpResponse())(RequestFactory().get("/", headers=headers))
        assert there.items() == here.items()
        assert cookie_lines(there) == cookie_lines(here)
