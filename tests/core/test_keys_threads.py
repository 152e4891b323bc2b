"""Keys among threads, and after a fork: who asks, and who waits."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from django_clerk.core.keys import JwksKeys
from django_clerk.core.tokens import TokenVerifier
from django_clerk.exceptions import APIUnavailable, InvalidToken, KeysUnavailable
from tests.clock import Clock
from tests.jwks import OTHER_KEY, document, jwk
from tests.mint import mint

PROJECT = Path(__file__).parents[2]
OLD, NEW = jwk("ins_old"), jwk("ins_new", OTHER_KEY)


class Slow:
    """An endpoint that answers when the test opens the gate."""

    def __init__(self, answer: Callable[[], Mapping[str, Any]]) -> None:
        self.answer = answer
        self.asked = 0
        self.gate = threading.Event()

    def __call__(self) -> Mapping[str, Any]:
        self.asked += 1
        assert self.gate.wait(10)
        return self.answer()


def down() -> Mapping[str, Any]:
    raise APIUnavailable("GET /v1/jwks: the connection failed.")


def until(condition: Callable[[], bool]) -> None:
    ends = time.monotonic() + 5
    while not condition() and time.monotonic() < ends:
        time.sleep(0.001)
    assert condition()


def knock(keys: JwksKeys, kid: str = "ins_old") -> str:
    try:
        keys.get(kid)
    except (InvalidToken, KeysUnavailable) as error:
        return error.reason
    return "key"


class TestThreads:
    def test_one_asks_and_all_get_the_answer(self) -> None:
        endpoint = Slow(document(OLD).copy)
        keys = JwksKeys(endpoint)
        with ThreadPoolExecutor(16) as pool:
            answers = [pool.submit(knock, keys) for _ in range(16)]
            until(lambda: endpoint.asked == 1)
            endpoint.gate.set()
            assert {answer.result(5) for answer in answers} == {"key"}
        assert endpoint.asked == 1

    def test_one_asks_in_vain_and_all_are_told(self) -> None:
        endpoint = Slow(down)
        keys = JwksKeys(endpoint)
        with ThreadPoolExecutor(16) as pool:
            answers = [pool.submit(knock, keys) for _ in range(16)]
            until(lambda: endpoint.asked == 1)
            endpoint.gate.set()
            assert {answer.result(5) for answer in answers} == {"jwk-remote-failed-to-load"}
        assert endpoint.asked == 1

    def test_nobody_waits_for_ever(self) -> None:
        endpoint = Slow(document(OLD).copy)
        keys = JwksKeys(endpoint, patience=0.05)
        with ThreadPoolExecutor(1) as pool:
            first = pool.submit(knock, keys)
            until(lambda: endpoint.asked == 1)
            assert knock(keys) == "jwk-remote-failed-to-load"
            endpoint.gate.set()
            assert first.result(5) == "key"

    def test_who_has_a_key_does_not_wait_and_who_has_a_new_one_does(self) -> None:
        """When keys rotate, a burst of requests with the new one must not be turned away but for the first."""
        endpoint, clock = Slow(document(OLD).copy), Clock(1000.0)
        keys = JwksKeys(endpoint, clock=clock)
        endpoint.gate.set()
        keys.get("ins_old")
        endpoint.gate.clear()
        endpoint.answer = document(OLD, NEW).copy
        clock.forward(300)
        with ThreadPoolExecutor(9) as pool:
            new = [pool.submit(knock, keys, "ins_new") for _ in range(8)]
            until(lambda: endpoint.asked == 2)
            assert pool.submit(knock, keys, "ins_old").result(1) == "key"
            endpoint.gate.set()
            assert {answer.result(5) for answer in new} == {"key"}
        assert endpoint.asked == 2

    def test_who_cannot_wait_for_a_new_key_is_not_called_a_forger(self) -> None:
        endpoint = Slow(document(OLD).copy)
        keys = JwksKeys(endpoint, patience=0.05)
        endpoint.gate.set()
        keys.get("ins_old")
        endpoint.gate.clear()
        with ThreadPoolExecutor(1) as pool:
            first = pool.submit(knock, keys, "ins_new")
            until(lambda: endpoint.asked == 2)
            assert knock(keys, "ins_new") == "jwk-remote-failed-to-load"
            endpoint.gate.set()
            assert first.result(5) == "jwk-kid-mismatch"

    def test_the_memory_of_tokens_takes_many_hands(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("django_clerk.core.tokens._MOST_REMEMBERED", 16)
        verifier = TokenVerifier(JwksKeys(lambda: document()))
        tokens = {f"user_{number}": mint(sub=f"user_{number}") for number in range(50)}

        def work() -> bool:
            return all(verifier.verify(token).user_id == user for _ in range(10) for user, token in tokens.items())

        with ThreadPoolExecutor(8) as pool:
            assert all(pool.map(lambda _: work(), range(8)))


def test_a_forked_child_is_not_held_by_its_parents_lock() -> None:
    program = textwrap.dedent(
        """
        import os, sys, threading, time
        from django_clerk.core.keys import JwksKeys
        from tests.jwks import document
        parent, stalled = os.getpid(), threading.Event()
        def fetch():
            if os.getpid() == parent:
                stalled.set()
                time.sleep(60)
            return document()
        keys = JwksKeys(fetch)
        threading.Thread(target=keys.get, args=("ins_tests",), daemon=True).start()
        stalled.wait()
        children = []
        for _ in range(8):
            child = os.fork()
            if child == 0:
                began = time.monotonic()
                keys.get("ins_tests")
                os._exit(0 if time.monotonic() - began < 3 else 1)
            children.append(child)
        sys.exit(any([os.waitpid(child, 0)[1] for child in children]))
        """
    )
    command = [sys.executable, "-W", "ignore", "-c", program]
    assert subprocess.run(command, cwd=PROJECT, timeout=30, check=False).returncode == 0
