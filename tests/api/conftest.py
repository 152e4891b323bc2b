"""A server on loopback, and a client that does not really wait between its attempts."""

from __future__ import annotations

import pytest

from django_clerk.api import ClerkClient
from tests.api import KEY
from tests.loopback import serve


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def server():
    with serve() as server:
        yield server


@pytest.fixture
def waits():
    """The seconds that ``client`` would have slept, in order."""
    return []


@pytest.fixture
def client(server, waits):
    return ClerkClient(KEY, base_url=server.url, sleep=waits.append)
