"""How long a WebSocket lasts: until its token expires, or as long as the client sends fresh ones."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.core.cache import cache

from django_clerk.models import ClerkUser
from tests.asynchronous import in_this_thread
from tests.callers import CALLERS, sign_up
from tests.channels.sockets import Client, end_session, with_database
from tests.mint import mint, organization

pytestmark = with_database


@pytest.fixture(autouse=True)
def _no_skew(settings: Any) -> None:
    settings.CLERK_CLOCK_SKEW = 0


@pytest.fixture(autouse=True)
def ada() -> Any:
    return sign_up(CALLERS["owner"])


def soon(seconds: int = 2, **claims: Any) -> str:
    """Return a token that expires in a moment."""
    return mint(exp=int(time.time()) + seconds, **claims)


def renewal(token: Any) -> dict[str, Any]:
    return {"type": "clerk.token", "token": token}


async def opened(path: str = "/guarded/", token: str | None = None, **options: Any) -> Client:
    client = Client(path, token=token or mint(), **options)
    assert isinstance(await client.open(), (dict, str))
    return client


@pytest.mark.parametrize("path", ["/open/", "/guarded/", "/sync/"])
@in_this_thread
async def test_closed_when_the_token_expires(path: str) -> None:
    expires_at = int(time.time()) + 2
    client = await opened(path, mint(exp=expires_at))
    assert (await client.ask("hello"))["echo"] == "hello"
    assert await client.answer() == 4401
    assert time.time() >= expires_at
    await client.wait(10)  # the application has heard of it, and ended


@in_this_thread
async def test_cookie_s_token_expires_as_well() -> None:
    client = Client("/guarded/", cookie=soon())
    await client.open()
    assert await client.answer() == 4401


@in_this_thread
async def test_tolerance_of_clocks_holds(settings: Any) -> None:
    settings.CLERK_CLOCK_SKEW = 3
    expires_at = int(time.time()) + 1
    client = await opened(token=mint(exp=expires_at))
    assert await client.answer() == 4401
    assert time.time() >= expires_at + 3


@in_this_thread
async def test_closed_although_the_application_never_listens() -> None:
    client = await opened("/deaf/", soon())
    while (answer := await client.answer()) == "tick":
        pass
    assert answer == 4401
    await asyncio.sleep(0.3)
    assert await client.receive_nothing()  # whatever it says, nobody hears it
    client.future.cancel()


@pytest.mark.parametrize("path", ["/open/", "/guarded/", "/sync/"])
@in_this_thread
async def test_fresh_token_prolongs(path: str) -> None:
    client = await opened(path, soon(2))
    await client.send_json_to(renewal(soon(5, jti="fresh")))
    started = time.time()
    assert (await client.ask("hello"))["echo"] == "hello"  # and the renewal itself was not for the application
    assert await client.answer() == 4401
    assert time.time() - started > 2.5


@pytest.mark.parametrize("path", ["/open/", "/guarded/", "/sync/"])
@in_this_thread
async def test_fresh_token_by_the_consumer_s_own_message(path: str) -> None:
    client = await opened(path, soon(2))
    assert await client.ask("renewed by hand") is True
    await asyncio.sleep(2.2)
    assert (await client.ask("hello"))["echo"] == "hello"
    await client.leave()


@in_this_thread
async def test_older_token_brings_nothing_back() -> None:
    client = await opened(token=soon(60))
    before = soon(30, jti="before", o=organization("admin"))  # from when she was in an organization
    await client.send_json_to(renewal(before))
    assert (await client.ask("hello"))["org"] is None
    await client.leave()


@in_this_thread
async def test_older_token_shortens_nothing() -> None:
    client = await opened(token=soon(6))
    await client.send_json_to(renewal(soon(1, jti="older")))
    await asyncio.sleep(1.5)
    assert (await client.ask("hello"))["echo"] == "hello"
    await client.leave()


@in_this_thread
async def test_consumer_sees_the_fresh_token() -> None:
    client = await opened("/guarded/", mint())
    assert (await client.ask("who"))["org"] is None
    await client.send_json_to(renewal(mint(o=organization())))
    told = await client.ask("who")
    assert (told["org"], told["clerk_id"]) == ("org_acme", "user_ada")
    await client.leave()


WORTHLESS: list[Any] = [
    "",
    None,
    5,
    ["x"],
    "x",
    "ak_secret",
    lambda: mint(exp=1),
    lambda: mint(sts="pending"),
    lambda: mint(azp="https://evil.example"),
    lambda: mint(**CALLERS["forged"].claims),
    lambda: mint(sub="user_eve"),
    lambda: mint(sid="sess_2"),
    lambda: f"{mint()},{mint()}",
]


@pytest.mark.parametrize("token", WORTHLESS)
@in_this_thread
async def test_worthless_or_another_s_token_ends_it(token: Any) -> None:
    await sync_to_async(sign_up)(CALLERS["owner"], "eve")
    client = await opened(cookie=mint())
    assert await client.ask(renewal(token() if callable(token) else token)) == 4401
    await client.wait(10)


@in_this_thread
async def test_cookie_of_the_handshake_makes_no_token_good() -> None:
    client = Client("/guarded/", cookie=mint())
    await client.open()
    assert await client.ask(renewal(mint(exp=1))) == 4401


@in_this_thread
async def test_policy_is_asked_again(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "django_clerk.access")
    admin = {"metadata": {"role": "admin"}}
    client = await opened("/admins/", mint(**admin))
    await client.send_json_to(renewal(mint(**admin, jti="fresh")))
    assert (await client.ask("hello"))["echo"] == "hello"
    assert await client.ask(renewal(mint(metadata={}))) == 4403
    assert [record.__dict__["rule"] for record in caplog.records if record.name == "django_clerk.access"] == [
        "has_role(admin)"
    ]


@in_this_thread
async def test_user_is_asked_for_again() -> None:
    client = await opened()
    await ClerkUser.objects.filter(clerk_id="user_ada").aupdate(banned=True)
    assert await client.ask(renewal(mint())) == 4401


@in_this_thread
async def test_session_that_has_ended_cannot_be_renewed(settings: Any) -> None:
    settings.CLERK_REVOKE_SESSIONS = True
    client = await opened()
    end_session()
    assert await client.ask(renewal(mint(jti="fresh"))) == 4401
    cache.clear()


@in_this_thread
async def test_keys_that_cannot_be_had_end_nothing(settings: Any) -> None:
    client = await opened(token=soon(3))
    settings.CLERK_JWT_KEY = None
    await client.send_json_to(renewal(mint(jti="fresh")))
    assert (await client.ask("hello"))["echo"] == "hello"
    assert await client.answer() == 4401  # when the old one expires


@pytest.mark.parametrize(
    "text",
    ['{"type": "clerk.tokens", "token": "x"}', '"clerk.token"', '["clerk.token"]', '{"kind": "clerk.token"}',
     json.dumps({"type": "clerk.token", "token": "x" * 20_000})],
)  # fmt: skip
@in_this_thread
async def test_other_messages_are_the_application_s(text: str) -> None:
    client = await opened()
    await client.send_to(text_data=text)
    assert (await client.answer())["echo"] == json.loads(text)
    await client.leave()


@in_this_thread
async def test_without_a_session_there_is_nothing_to_renew() -> None:
    client = Client("/open/")
    assert (await client.open())["clerk_id"] is None
    assert (await client.ask(renewal(mint())))["clerk_id"] is None
    assert await client.ask("renewed by hand") is False
    await client.leave()


@in_this_thread
async def test_application_may_end_it_first() -> None:
    client = await opened(token=soon(1))
    assert await client.ask("bye") == 4000
    await client.wait(10)
    await asyncio.sleep(1.5)
    assert await client.receive_nothing()


@in_this_thread
async def test_no_message_is_lost_or_doubled() -> None:
    client = await opened()
    for number in range(50):
        await client.send_json_to(number)
        if number % 10 == 0:
            await client.send_json_to(renewal(mint(jti=str(number))))
    assert [(await client.answer())["echo"] for _ in range(50)] == list(range(50))
    await client.leave()
