"""Who is at the other end of a WebSocket when it opens: by which credential, and with which answer to the others."""

from __future__ import annotations

from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.consumer import AsyncConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.testing import ApplicationCommunicator
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from django_clerk.contrib.channels import ClerkConsumerMixin, ClerkWebSocketMiddleware
from tests.asynchronous import in_this_thread
from tests.callers import CALLERS, as_page, sign_up
from tests.channels.sockets import ORIGIN, Client, Guarded, end_session, routes, with_django_sessions, with_query
from tests.mint import bearer, mint, organization

pytestmark = pytest.mark.django_db

NOBODY = {"clerk_id": None, "user": None, "source": None, "org": None, "subprotocols": []}
BAD: list[dict[str, Any]] = [
    {"exp": 1},
    {"azp": "https://evil.example"},
    {"azp": None},
    {"sts": "pending"},
    {"iss": "https://clerk.evil.example"},
    {"sub": "mch_1"},
    CALLERS["forged"].claims,
]


@pytest.fixture
def ada() -> Any:
    return sign_up(CALLERS["owner"])


async def opened(*args: Any, **options: Any) -> Any:
    """Return what a client is told, or the code that it is refused with."""
    client = Client(*args, **options)
    answer = await client.open()
    await client.leave()
    return answer


@in_this_thread
async def test_subprotocol(ada: Any) -> None:
    client = Client("/guarded/", token=mint(o=organization()), subprotocols=["chat.v2"])
    assert await client.connect(timeout=10) == (True, "clerk")
    told = await client.receive_json_from(timeout=10)
    expected = {"clerk_id": "user_ada", "user": ada.pk, "source": "header", "org": "org_acme"}
    assert told == {**expected, "subprotocols": ["chat.v2"]}
    await client.leave()


@in_this_thread
async def test_subprotocol_of_the_application_is_its_own_to_choose(ada: Any) -> None:
    client = Client("/chooses/", token=mint(), subprotocols=["chat.v2"])
    assert await client.connect(timeout=10) == (True, "chat.v2")
    await client.leave()
    assert await Client("/chooses/", subprotocols=["chat.v2"]).connect(timeout=10) == (True, "chat.v2")
    assert await Client("/open/", subprotocols=["chat.v2"]).connect(timeout=10) == (True, None)


@in_this_thread
async def test_application_sees_no_token_in_the_handshake(ada: Any) -> None:
    seen: list[Any] = []

    async def look(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope)

    token = mint()
    client = Client(token=token, to=ClerkWebSocketMiddleware(look))
    await client.wait(10)
    (scope,) = seen
    assert token not in repr([scope["headers"], scope["subprotocols"], scope["query_string"], scope["clerk"]])


@in_this_thread
async def test_header_of_a_program(ada: Any) -> None:
    headers = [(b"authorization", bearer()["Authorization"].encode())]
    assert (await opened("/guarded/", headers=headers, origin=None))["clerk_id"] == "user_ada"


@in_this_thread
async def test_cookie_from_our_own_page(ada: Any) -> None:
    told = await opened("/guarded/", cookie=mint())
    assert (told["clerk_id"], told["user"], told["source"]) == ("user_ada", ada.pk, "cookie")


ELSEWHERE = [
    None,
    "",
    "null",
    "http://example.com",
    "https://evil.example",
    "https://example.com.evil.example",
    "https://example.com@evil.example",
    "https://example.com:8443",
    "https://sub.example.com",
    "https://example.com/",
    "https://example.com,https://evil.example",
    "https://EXAMPLE.com.",
    "//example.com",
    "example.com",
    "https://[",
    "https://example.com:x",
    "chrome-extension://example.com",
]


@pytest.mark.parametrize("origin", ELSEWHERE)
@in_this_thread
async def test_cookie_from_another_page_is_nobodys(ada: Any, origin: str | None) -> None:
    assert await opened("/open/", cookie=mint(), origin=origin) == NOBODY
    assert await opened("/guarded/", cookie=mint(), origin=origin) == 4401


@in_this_thread
async def test_two_origins_are_none(ada: Any) -> None:
    for second in (ORIGIN, "https://evil.example"):
        assert await opened("/guarded/", cookie=mint(), headers=[(b"origin", second.encode())]) == 4401


@in_this_thread
async def test_pages_that_django_trusts(ada: Any) -> None:
    with override_settings(CSRF_TRUSTED_ORIGINS=["https://app.example.org", "https://*.example.net"]):
        for origin in ("https://app.example.org", "https://www.example.net", "https://a.b.example.net"):
            assert (await opened("/guarded/", cookie=mint(), origin=origin))["clerk_id"] == "user_ada", origin
        for origin in ("http://app.example.org", "https://xapp.example.org", "https://evilexample.net", "null"):
            assert await opened("/guarded/", cookie=mint(), origin=origin) == 4401, origin


@in_this_thread
async def test_cookie_at_a_host_that_is_not_ours_is_nobodys(ada: Any) -> None:
    evil = Client("/guarded/", cookie=mint(), origin="https://evil.example")
    evil.scope["headers"] = [(b"host", b"evil.example"), *evil.scope["headers"][1:]]
    assert await evil.open() == 4401


@in_this_thread
async def test_token_from_another_page_is_for_its_authorized_party_to_judge(ada: Any) -> None:
    """Another site cannot have it: no browser sends it along by itself."""
    assert (await opened("/guarded/", token=mint(), origin="https://app.example"))["clerk_id"] == "user_ada"


@pytest.mark.parametrize("claims", BAD)
@in_this_thread
async def test_bad_token_is_refused_and_no_cookie_makes_it_good(ada: Any, claims: Any) -> None:
    assert await opened("/guarded/", token=mint(**claims), cookie=mint()) == 4401
    assert await opened("/guarded/", cookie=mint(**claims)) == 4401
    told = await opened("/open/", token=mint(**claims), cookie=mint())
    assert (told["clerk_id"], told["user"]) == (None, None)


@pytest.mark.parametrize(
    "subprotocols",
    [["clerk"], ["clerk", ""], ["clerk", "x"], ["clerk", "clerk"], ["chat", "clerk"], ["clerk", "ak_secret"],
     ["clerk", "{token}", "clerk", "{other}"], ["clerk", "{token}", "clerk"], ["clerk", "Bearer {token}"],
     ["clerk", "{token},{other}"], ["clerk", "\ud83d"], ["CLERK", "{token}"], ["clerk ", "{token}"], ["{token}"]],
)  # fmt: skip
@in_this_thread
async def test_malformed_subprotocols_are_nobody(ada: Any, subprotocols: list[str]) -> None:
    token, other = mint(), mint(sub="user_eve")
    offered = [one.replace("{token}", token).replace("{other}", other) for one in subprotocols]
    client = Client("/guarded/")
    client.scope["subprotocols"] = offered
    assert await client.open() == 4401


@in_this_thread
async def test_two_credentials_are_nobodys(ada: Any) -> None:
    sign_in = [(b"authorization", bearer()["Authorization"].encode())]
    assert await opened("/guarded/", token=mint(), headers=sign_in) == 4401
    assert await opened(f"/guarded/?token={mint()}", token=mint(), to=with_query) == 4401
    assert await opened(f"/guarded/?token={mint()}&token={mint(jti='2')}", to=with_query) == 4401


@in_this_thread
async def test_query_counts_only_where_it_is_named(ada: Any) -> None:
    url = f"/guarded/?token={mint()}&__session={mint()}&__clerk_handshake={mint()}"
    assert await opened(url) == 4401
    assert (await opened(url, to=with_query))["clerk_id"] == "user_ada"
    for query in ("", "?token=", "?token=x", f"?Token={mint()}", f"?token={mint(exp=1)}"):
        assert await opened(f"/guarded/{query}", to=with_query) == 4401, query
    assert await opened("/guarded/?token=", cookie=mint(), to=with_query) == 4401


@pytest.mark.parametrize("name", ["banned", "inactive", "tombstoned"])
@in_this_thread
async def test_users_who_are_shut_out_are_nobody(name: str) -> None:
    await sync_to_async(sign_up)(CALLERS[name])
    for options in ({"token": mint()}, {"cookie": mint()}):
        assert await opened("/guarded/", **options) == 4401
        assert (await opened("/open/", **options))["user"] is None


@in_this_thread
async def test_session_that_has_ended_is_refused(ada: Any) -> None:
    with override_settings(CLERK_REVOKE_SESSIONS=True):
        end_session()
        assert await opened("/guarded/", token=mint()) == 4401
        assert (await opened("/guarded/", token=mint(sid="sess_2")))["clerk_id"] == "user_ada"
    cache.clear()


@in_this_thread
async def test_keys_that_cannot_be_had(ada: Any) -> None:
    with override_settings(CLERK_JWT_KEY=None):
        assert await opened("/guarded/", token=mint()) == 4503
        assert (await opened("/open/", token=mint()))["user"] is None


@in_this_thread
async def test_policies(ada: Any) -> None:
    admin, member = {"metadata": {"role": "admin"}}, {"o": organization()}
    for path, claims, code in (
        ("/admins/", {}, 4403), ("/admins/", admin, None), ("/acme/", {}, 4403), ("/acme/", member, None),
        ("/verified/", {"fva": [99, -1]}, 4403), ("/verified/", {}, None),
        ("/not-suspended/", {}, None), ("/not-suspended/", {"metadata": {"role": "suspended"}}, 4403),
    ):  # fmt: skip
        told = await opened(path, token=mint(**claims))
        assert (told if isinstance(told, int) else None) == code, (path, claims)
    for path in ("/admins/", "/acme/", "/verified/", "/not-suspended/", "/sync/"):
        assert await opened(path) == 4401, path


class TestBesideDjangosSession:
    @pytest.fixture
    def boss(self) -> Any:
        return sign_up(CALLERS["superuser"], "boss")

    @pytest.fixture
    def options(self, boss: Any) -> dict[str, Any]:
        cookie = (b"cookie", as_page(CALLERS["superuser"], boss)["Cookie"].encode())
        return {"headers": [cookie], "to": with_django_sessions}

    @in_this_thread
    async def test_password_session_is_no_session_of_clerks(self, boss: Any, options: Any) -> None:
        told = await opened("/open/", **options)
        assert (told["user"], told["clerk_id"]) == (boss.pk, None)
        assert await opened("/guarded/", **options) == 4401

    @in_this_thread
    async def test_two_identities_never_mix(self, ada: Any, options: Any) -> None:
        told = await opened("/open/", token=mint(), **options)
        assert (told["user"], told["clerk_id"]) == (ada.pk, "user_ada")
        told = await opened("/open/", token=mint(exp=1), **options)
        assert (told["user"], told["clerk_id"]) == (None, None)

    @pytest.mark.parametrize("origin", [None, "https://evil.example", "null"])
    @in_this_thread
    async def test_it_counts_from_our_own_pages_only(self, options: Any, origin: str | None) -> None:
        assert (await opened("/open/", origin=origin, **options))["user"] is None


@in_this_thread
async def test_other_protocols_pass_through() -> None:
    seen: list[Any] = []

    async def look(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope)

    scope = {"type": "http", "headers": []}
    await ApplicationCommunicator(ClerkWebSocketMiddleware(look), scope).wait(10)
    assert "clerk" not in seen[0]


@in_this_thread
async def test_consumer_without_the_middleware_is_an_error(ada: Any) -> None:
    with pytest.raises(ImproperlyConfigured, match="ClerkWebSocketMiddleware"):
        await Client("/guarded/", token=mint(), to=routes).connect(timeout=0.5)


def test_misplaced_guards_are_errors() -> None:
    with pytest.raises(TypeError, match="put ClerkConsumerMixin before"):
        type("Backwards", (AsyncWebsocketConsumer, ClerkConsumerMixin), {})
    for wrong in ("admin", True, lambda subject, obj: True):
        with pytest.raises(TypeError, match="must be a policy"):
            Guarded(clerk_policy=wrong)
    assert issubclass(Guarded, AsyncConsumer)
