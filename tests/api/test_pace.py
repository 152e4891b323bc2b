"""Calls begin no faster than Clerk allows."""

from __future__ import annotations

import threading

import pytest

from django_clerk.api.pace import WINDOW, Pace


class Clock:
    """Time that passes by sleeping only."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.mark.parametrize(("key", "most"), [("sk_live_x", 1000), ("sk_test_x", 100), ("other", 100)])
def test_no_ten_seconds_have_more_calls_than_the_instance_allows(key, most):
    clock = Clock()
    pace = Pace.of(key, sleep=clock.sleep, clock=clock)
    begun = []
    for _ in range(most * 5):
        pace.wait()
        begun.append(clock.now)
    for first in begun:
        assert sum(first <= moment < first + WINDOW for moment in begun) <= most
    assert clock.now - 100 < 5 * WINDOW * 1.3, "and not much slower than that"


def test_what_comes_slowly_does_not_wait():
    clock = Clock()
    pace = Pace(2, sleep=clock.sleep, clock=clock)
    for _ in range(10):
        pace.wait()
        clock.now += WINDOW / 2
    assert clock.slept == []


def test_threads_wait_in_turn():
    waits: list[float] = []
    pace = Pace(1, sleep=waits.append, clock=lambda: 0.0)
    threads = [threading.Thread(target=pace.wait) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(waits) == [10.0, 20.0, 30.0, 40.0]
