"""One real socket: a browser's handshake, by Daphne, over TCP."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from tests.keys import PUBLIC_PEM
from tests.mint import mint

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free: int = probe.getsockname()[1]
    arguments = ["-b", "127.0.0.1", "-p", str(free), "tests.channels.server:application"]
    process = subprocess.Popen(
        [sys.executable, "-m", "daphne", *arguments],
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": str(PROJECT), "TEST_JWT_KEY": PUBLIC_PEM},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", free)) == 0:
                    break
            assert process.poll() is None, process.stderr and process.stderr.read()
            time.sleep(0.1)
        yield free
    finally:
        process.terminate()
        process.communicate(timeout=30)


def opened(port: int, path: str = "/guarded/", **options: Any) -> Any:
    url = f"ws://127.0.0.1:{port}{path}"
    return connect(url, open_timeout=30, proxy=None, **options)


def test_token_in_the_subprotocol(port: int) -> None:
    with opened(port, "/open/") as first:
        assert '"clerk_id": null' in first.recv(timeout=30)  # and the tables are there, so that what follows is quick
    with opened(port, subprotocols=["clerk", mint(exp=int(time.time()) + 3)]) as client:
        assert client.subprotocol == "clerk"
        assert '"clerk_id": "user_ada"' in client.recv(timeout=30)
        client.send(json.dumps({"type": "clerk.token", "token": mint(exp=int(time.time()) + 5)}))
        client.send('"hello"')
        assert '"echo": "hello"' in client.recv(timeout=30)
        with pytest.raises(ConnectionClosed) as caught:
            client.recv(timeout=30)
    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == 4401


def test_cookie_from_our_own_page_and_from_another(port: int) -> None:
    cookie = {"Cookie": f"__session={mint()}; __client_uat=1"}
    with opened(port, origin=f"http://127.0.0.1:{port}", additional_headers=cookie) as client:
        assert '"source": "cookie"' in client.recv(timeout=30)
    with pytest.raises(InvalidStatus) as caught:
        opened(port, origin="https://evil.example", additional_headers=cookie)
    assert caught.value.response.status_code == 403


def test_nobody_is_refused(port: int) -> None:
    for options in (
        {},
        {"subprotocols": ["clerk", mint(exp=1)]},
        {"additional_headers": {"Authorization": "Bearer x"}},
    ):
        with pytest.raises(InvalidStatus) as caught:
            opened(port, **options)
        assert caught.value.response.status_code == 403
