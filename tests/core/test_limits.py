"""A stranger must not spend the instance's quota."""

from __future__ import annotations

from django_clerk.core.limits import MOST_FAILURES, WINDOW, FailureLimit
from tests.clock import Clock


def test_what_failed_is_not_asked_about_again_for_a_while() -> None:
    clock = Clock(1000.0)
    limit = FailureLimit(clock)
    assert limit.allows("a")
    limit.failed("a")
    assert not limit.allows("a")
    assert limit.allows("b")
    clock.forward(WINDOW)
    assert limit.allows("a")


def test_after_many_failures_nothing_is_asked() -> None:
    clock = Clock(1000.0)
    limit = FailureLimit(clock)
    for number in range(MOST_FAILURES):
        assert limit.allows(str(number))
        limit.failed(str(number))
    assert not limit.allows("a genuine one")
    clock.forward(WINDOW)
    assert limit.allows("a genuine one")
