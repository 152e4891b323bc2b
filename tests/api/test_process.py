"""Connections belong to the process: threads share them, forks do not inherit them, adapters can be mounted."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest
import requests

from django_clerk.api import ClerkClient, mount
from django_clerk.api.transport import ProcessSession
from django_clerk.exceptions import APIError
from tests.api import COUNT, KEY
from tests.loopback import ok, stall

PROJECT = Path(__file__).parents[2]


def test_a_forked_child_is_not_held_by_what_its_parent_was_doing(server):
    """When it forks, the parent has pooled connections, a call under way and, worst of all, the lock."""
    server.on("/v1/users/count", ok(COUNT))
    server.on("/v1/jwks", stall(5.0))
    program = textwrap.dedent(
        """
        import os, sys, threading, time
        from django_clerk.api import ClerkClient, transport
        client = ClerkClient("sk_test_x", base_url=sys.argv[1])
        client.count_users()
        threading.Thread(target=client.jwks, daemon=True).start()
        time.sleep(0.1)
        threading.Thread(target=lambda: transport._process._lock.acquire(), daemon=True).start()
        time.sleep(0.1)
        children = []
        for _ in range(8):
            child = os.fork()
            if child == 0:
                os._exit(0 if client.count_users() == 7 else 1)
            children.append(child)
        sys.exit(any([os.waitpid(child, 0)[1] for child in children]))
        """
    )
    command = [sys.executable, "-W", "ignore", "-c", program, server.url]
    assert subprocess.run(command, cwd=PROJECT, timeout=10, check=False).returncode == 0
    counts = [request for request in server.received if request.path == "/v1/users/count"]
    assert len(counts) == 9
    assert len({request.peer for request in counts}) == 9  # no child speaks on its parent's connection


def test_threads_share_the_process_connections(server, client):
    server.on("/v1/users/count", ok(COUNT))
    for _ in range(5):
        assert client.count_users() == ClerkClient(KEY, base_url=server.url).count_users()
    assert len({request.peer for request in server.received}) == 1


def test_connections_idle_for_a_minute_are_not_trusted():
    now = 1000.0
    process = ProcessSession(clock=lambda: now)
    first = process.current()
    now += 59
    assert process.current() is first
    now += 61
    assert process.current() is not first


class InProcess(requests.adapters.BaseAdapter):
    def __init__(self, data):
        super().__init__()
        self.data = data
        self.seen = []

    def send(self, request, stream=False, timeout=None, verify=True, cert=None, proxies=None):
        self.seen.append((threading.current_thread(), request.url, request.headers["Authorization"], timeout))
        response = requests.Response()
        response.status_code = 200
        response.raw = io.BytesIO(json.dumps(self.data).encode())
        response.request = request
        return response

    def close(self):
        pass


def test_a_mounted_adapter_is_called_in_the_callers_thread():
    first, second = InProcess(COUNT), InProcess({**COUNT, "total_count": 8})
    client = ClerkClient(KEY, base_url="https://api.mounted.invalid")
    mount("https://api.mounted.invalid", first)
    assert client.count_users() == 7
    assert first.seen == [
        (threading.current_thread(), "https://api.mounted.invalid/v1/users/count", f"Bearer {KEY}", 10.0)
    ]
    mount("https://api.mounted.invalid", second)
    assert client.count_users() == 8
    assert len(first.seen) == 1


def test_a_mounted_adapters_answer_is_bounded_too():
    mount("https://huge.mounted.invalid", InProcess({"keys": ["x" * 300_000]}))
    with pytest.raises(APIError, match="larger than 262144 bytes"):
        ClerkClient(KEY, base_url="https://huge.mounted.invalid").jwks()
