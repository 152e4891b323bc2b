"""From a request to what Clerk says of it; with Clerk's keys behind its API, on loopback, where they matter."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.core.cache import cache
from django.test import AsyncClient, AsyncRequestFactory, RequestFactory, override_settings

from django_clerk.core.auth import Auth
from django_clerk.core.instance import Instance
from django_clerk.identify import identify, prepare
from tests.jwks import OTHER_KEY, document, jwk
from tests.loopback import Held, Loopback, ok, refuse, serve, stall
from tests.mint import bearer, claims, mint, organization

SECRET = "sk_live_VeryUnlikelyToAppearByChance"
SUFFIX = Instance.from_publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k").cookie_suffix


def seen(cookie: str = "", **headers: str) -> Auth:
    return identify(RequestFactory().get("/", headers={**headers, **({"Cookie": cookie} if cookie else {})}))


@pytest.fixture
def clerk(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    """Clerk's API, on loopback, as the only source of keys."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    cache.clear()
    with serve() as server:
        server.on("/v1/jwks", ok(document()))
        settings.CLERK_API_URL, settings.CLERK_SECRET_KEY, settings.CLERK_JWT_KEY = server.url, SECRET, None
        yield server


def test_the_answer_of_the_first_time_holds() -> None:
    request = RequestFactory().get("/", headers=bearer())
    auth = identify(request)
    request.META["HTTP_AUTHORIZATION"] = "Bearer x"
    assert identify(request) is auth
    assert auth.user_id == "user_ada"


@pytest.mark.parametrize(
    ("cookie", "reason"),
    [
        ("", "session-token-and-uat-missing"),
        ("__client_uat=0", "session-token-and-uat-missing"),
        ("__client_uat=5", "client-uat-but-no-session-token"),
        ("__session=x; __client_uat=1", "token-invalid"),
        ("__session=<T>", "session-token-but-no-client-uat"),
        ("__session=<T>; __client_uat=0", "session-token-but-no-client-uat"),
        ("__session=<T>; __client_uat=<N>", "session-token-iat-before-client-uat"),
        ("__session=<P>; __client_uat=1", "session-pending"),
        ("__session=<M>; __client_uat=1", "unexpected-error"),
    ],
)
def test_reasons(cookie: str, reason: str) -> None:
    marks = {
        "<T>": mint(),
        "<N>": str(claims()["iat"] + 1),
        "<P>": mint(sts="pending"),
        "<M>": mint(o=organization(), fea="malformed"),
    }
    for mark, value in marks.items():
        cookie = cookie.replace(mark, value)
    auth = seen(cookie)
    assert (auth.user_id, auth.token, auth.reason) == (None, None, reason)


def test_a_pending_session_says_so_and_nothing_else() -> None:
    auth = seen(f"__session={mint(sts='pending', o=organization('admin'))}; __client_uat=1")
    assert auth.session_status == "pending"
    assert (auth.org, dict(auth.claims)) == (None, {})


def test_what_the_browser_was_told_since_does_not_concern_a_header() -> None:
    assert seen("__client_uat=0", **bearer()).is_signed_in


def test_suffixed_cookies_count() -> None:
    assert seen(f"__session_{SUFFIX}={mint()}; __client_uat_{SUFFIX}=1").is_signed_in


def test_every_refusal_is_logged_with_its_reason_and_without_the_token(caplog: pytest.LogCaptureFixture) -> None:
    refused = [
        mint(exp=1, email="ada@example.com"),
        mint(aud="ada@example.com"),
        mint(key=OTHER_KEY),
        mint(azp="https://evil.example"),
        mint(sub="ada@example.com"),
        mint(o=organization(), fea="x", email="ada@example.com"),
        "garbage" * 50,
    ]
    with caplog.at_level(logging.DEBUG), override_settings(CLERK_AUDIENCE="api"):
        for token in refused:
            assert not seen(**bearer(token=token)).is_signed_in
            assert not seen(f"__session={token}; __client_uat=1").is_signed_in
    assert "token-expired" in caplog.text
    assert "token-invalid-signature" in caplog.text
    for token in refused:
        assert not any(part in caplog.text for part in token.split(".") if len(part) > 20)
    assert "ada@" not in caplog.text


class TestKeysByApi:
    def test_one_fetch_serves_all(self, clerk: Loopback) -> None:
        for _ in range(20):
            assert seen(**bearer(jti=str(_))).is_signed_in
        assert len(clerk.received) == 1
        assert clerk.received[0].headers["Authorization"] == f"Bearer {SECRET}"

    def test_a_new_process_finds_them_in_the_cache(self, clerk: Loopback) -> None:
        assert seen(**bearer()).is_signed_in
        with override_settings(CLERK_CLOCK_SKEW=4):  # everything is made anew
            assert seen(**bearer()).is_signed_in
        assert len(clerk.received) == 1

    def test_a_new_key_is_accepted_in_the_request_that_brings_it(self, clerk: Loopback) -> None:
        assert seen(**bearer()).is_signed_in
        clerk.on("/v1/jwks", ok(document(jwk(), jwk("ins_new", OTHER_KEY))))
        assert seen(**bearer(token=mint(key=OTHER_KEY, headers={"kid": "ins_new"}))).is_signed_in
        assert seen(**bearer(jti="other")).is_signed_in
        assert len(clerk.received) == 2

    def test_nobody_can_tell_while_clerk_is_away(self, clerk: Loopback) -> None:
        clerk.on("/v1/jwks", refuse)
        for auth in (seen(**bearer()), seen(f"__session={mint()}; __client_uat=1")):
            assert not auth.is_signed_in
            assert auth.is_unavailable
            assert auth.reason == "jwk-remote-failed-to-load"
        assert not seen(**bearer(token="x.y.z")).is_unavailable
        assert len(clerk.received) == 1

    def test_forgeries_cost_a_bounded_number_of_requests(self, clerk: Loopback) -> None:
        for number in range(200):
            assert not seen(**bearer(headers={"kid": f"ins_{number}"})).is_signed_in
            assert not seen(**bearer(key=OTHER_KEY)).is_signed_in
        assert len(clerk.received) <= 2

    def test_the_secret_key_is_in_no_log(self, clerk: Loopback, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level(logging.DEBUG):
            seen(**bearer())
            clerk.on("/v1/jwks", refuse)
            seen(**bearer(headers={"kid": "ins_new"}))
        assert "could not be loaded" in caplog.text
        assert "VeryUnlikely" not in caplog.text


async def ask(**changes: Any) -> Auth:
    request = AsyncRequestFactory().get("/", headers=bearer(**changes))
    await prepare(request)
    return identify(request)


class TestOnTheEventLoop:
    async def test_a_fetch_does_not_stop_the_loop(self, clerk: Loopback) -> None:
        held = Held(ok(document()))
        clerk.on("/v1/jwks", held)
        callers = asyncio.gather(*(ask() for _ in range(50)))
        await held.arrives()
        held.let_go()
        assert all(auth.is_signed_in for auth in await callers)
        assert len(clerk.received) == 1

    async def test_nor_does_it_under_the_middleware(self, clerk: Loopback) -> None:
        held = Held(ok(document()))
        clerk.on("/v1/jwks", held)
        with override_settings(ROOT_URLCONF="tests.pages"):
            caller = asyncio.ensure_future(AsyncClient().get("/async/clerk/", headers=bearer()))
            await held.arrives()
            held.let_go()
            assert (await caller).json()["user_id"] == "user_ada"

    async def test_nor_does_it_keep_sync_views_from_their_thread(self, clerk: Loopback) -> None:
        """Django runs them all in one; a thread of our own does the waiting."""
        held = Held(ok(document()))
        clerk.on("/v1/jwks", held)
        caller = asyncio.ensure_future(ask())
        await held.arrives()
        await sync_to_async(held.let_go)()  # a sync view
        assert (await caller).is_signed_in

    async def test_a_failing_fetch_is_not_waited_for_later_either(self, clerk: Loopback) -> None:
        clerk.on("/v1/jwks", refuse)
        await ask()
        clerk.on("/v1/jwks", stall(5.0))
        callers = await asyncio.gather(*(ask(headers={"kid": f"ins_{n}"}) for n in range(50)))
        assert all(auth.is_unavailable for auth in callers)
        assert len(clerk.received) == 1

    async def test_a_key_is_fetched_before_the_view_asks(self, clerk: Loopback) -> None:
        assert (await ask()).is_signed_in
        clerk.on("/v1/jwks", ok(document(jwk(), jwk("ins_new", OTHER_KEY))))
        assert (await ask(key=OTHER_KEY, headers={"kid": "ins_new"})).is_signed_in
        assert len(clerk.received) == 2

    async def test_keys_that_come_of_age_during_a_request_serve_it_to_its_end(self, clerk: Loopback) -> None:
        with override_settings(CLERK_JWKS_CACHE_SECONDS=0.2):
            await ask()
            clerk.on("/v1/jwks", stall(5.0))
            request = AsyncRequestFactory().get("/", headers=bearer())
            await prepare(request)
            await asyncio.sleep(0.3)
            assert identify(request).is_signed_in
        assert len(clerk.received) == 1

    async def test_warm_keys_need_no_thread(self, clerk: Loopback) -> None:
        await ask()
        loop = asyncio.get_running_loop()
        loop._default_executor = None  # type: ignore[attr-defined]
        for token in (mint(), mint(key=OTHER_KEY), "x.y.z", "", "x" * 20_000, json.dumps({})):
            await ask(token=token)
        await prepare(AsyncRequestFactory().get("/"))
        assert loop._default_executor is None  # type: ignore[attr-defined]

    async def test_nor_does_a_pem(self) -> None:
        assert (await ask()).is_signed_in
        assert asyncio.get_running_loop()._default_executor is None  # type: ignore[attr-defined]

    async def test_preparing_verifies_nothing(self, clerk: Loopback) -> None:
        await ask()
        request = AsyncRequestFactory().get("/", headers=bearer())
        await prepare(request)
        assert "_clerk_auth" not in request.__dict__
