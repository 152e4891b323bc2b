"""django_clerk's own client against the local Clerk: no socket is opened."""

from __future__ import annotations

import json
import socket
import time
from typing import Any

import pytest
import requests
from django.test import override_settings

from django_clerk.api import ClerkClient
from django_clerk.emulator.adapter import EmulatorAdapter
from django_clerk.emulator.instance import Emulator
from django_clerk.emulator.settings import API_URL
from django_clerk.exceptions import APINotFound, APIRateLimited, APIUnauthorized, APIUnavailable
from tests.emulator.calls import in_process
from tests.emulator.receivers import received


@pytest.fixture(autouse=True)
def _no_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.fixture
def client(emulator: Emulator) -> ClerkClient:
    return ClerkClient(emulator.credentials.secret_key, base_url=API_URL, sleep=lambda seconds: None)


def test_a_user(client: ClerkClient, ada: dict[str, Any]) -> None:
    assert client.get_user(ada["id"]) == ada
    with pytest.raises(APINotFound) as caught:
        client.get_user("user_nobody")
    assert caught.value.code == "resource_not_found"
    assert caught.value.trace_id


def test_metadata_and_its_webhook(client: ClerkClient, ada: dict[str, Any]) -> None:
    user = client.update_user_metadata(ada["id"], public_metadata={"role": "owner"})
    assert user["public_metadata"] == {"role": "owner"}
    assert [delivery.event["data"]["public_metadata"] for delivery in received] == [{"role": "owner"}]


def test_all_users_in_pages(client: ClerkClient, emulator: Emulator) -> None:
    emulator.seed_users(7)
    assert [len(page) for page in client.users(page_size=3)] == [3, 3, 1]
    assert [user["id"] for page in client.users(page_size=3) for user in page] == [u["id"] for u in emulator.users()]
    assert client.count_users() == 7


def test_the_key_set(client: ClerkClient, emulator: Emulator) -> None:
    assert client.jwks() == emulator.jwks()


def test_the_wrong_key(emulator: Emulator) -> None:
    with pytest.raises(APIUnauthorized):
        ClerkClient("sk_test_wrong", base_url=API_URL).jwks()


def test_faults_reach_the_client_as_clerks_would(client: ClerkClient, emulator: Emulator, ada: dict[str, Any]) -> None:
    emulator.faults.fail_next(status=429, retry_after=1, times=2)
    assert client.get_user(ada["id"]) == ada, "it waits and asks again"
    assert len(emulator.api.calls) == 3
    emulator.faults.fail_next(status=429, retry_after=7)
    with pytest.raises(APIRateLimited) as caught:
        client.jwks()
    assert caught.value.retry_after == 7
    emulator.faults.fail_next(status=503)
    with pytest.raises(APIUnavailable):
        client.jwks()


def test_clerk_can_be_down(client: ClerkClient, emulator: Emulator) -> None:
    with emulator.faults.unreachable(), pytest.raises(APIUnavailable):
        client.jwks()
    emulator.faults.drop_next(path="/v1/jwks")
    client.count_users()
    with pytest.raises(APIUnavailable):
        client.jwks()
    assert client.jwks()["keys"]


def test_clerk_can_be_slow(client: ClerkClient, emulator: Emulator) -> None:
    emulator.faults.delay_next(30, path="/v1/jwks")
    started = time.monotonic()
    with pytest.raises(APIUnavailable):
        client.jwks(deadline=0.2)
    assert 0.2 <= time.monotonic() - started < 5
    emulator.faults.delay_next(0.1)
    assert client.jwks(deadline=5)["keys"]


def test_the_answer_can_be_streamed() -> None:
    with requests.Session() as session:
        session.mount(API_URL, EmulatorAdapter())
        response = session.get(f"{API_URL}/v1/jwks", stream=True, timeout=(1, 1))
        assert response.status_code == 401
        content = b"".join(response.iter_content(10))
        assert json.loads(content)["errors"][0]["code"] == "clerk_key_invalid"
        assert (response.reason, response.url) == ("Unauthorized", f"{API_URL}/v1/jwks")


def test_it_follows_the_settings(client: ClerkClient, emulator: Emulator, tmp_path: Any) -> None:
    emulator.seed_users(2)
    with override_settings(CLERK_EMULATOR_DIR=str(tmp_path / ".clerk")), pytest.raises(APIUnauthorized):
        client.count_users()
    assert client.count_users() == 2, "what is in memory stays there"


def test_the_keys_alone_may_be_out_of_reach(emulator: Emulator) -> None:
    with emulator.faults.unreachable("/v1/jwks"):
        with pytest.raises(requests.exceptions.ConnectionError):
            in_process("GET", "/v1/jwks")
        assert in_process("GET", "/v1/users").status == 200
    assert in_process("GET", "/v1/jwks").status == 200
