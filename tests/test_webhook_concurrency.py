"""Deliveries that come at once: to threads of one process, and to processes that die."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, connections
from django.test import Client

from django_clerk.models import ClerkUser, ClerkWebhookEvent
from tests.deliveries import clerk_user, deleted_user, deliver, event_body, headers, listening, new_svix_id, post
from tests.loopback import SOON
from tests.processes import finish, start

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("tests.webhook_urls"),
    pytest.mark.skipif(connection.vendor == "sqlite", reason="NOT TESTED: SQLite has one writer. Set TEST_DATABASE."),
]


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Make each call in a thread of its own, all at one moment, and return what they return."""
    barrier = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        try:
            barrier.wait()
            return call()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def status(kind: str, data: Any, **more: Any) -> Callable[[], int]:
    client = Client(raise_request_exception=False)
    return lambda: deliver(client, kind, data, **more).status_code


def told_until_taken(kind: str, data: Any, svix_id: str) -> Callable[[], int]:
    """Deliver as Svix does: again, under the same id, after anything but a 2xx. Returns how often."""
    client = Client(raise_request_exception=False)

    def call() -> int:
        for attempt in range(1, 20):
            if deliver(client, kind, data, svix_id=svix_id).status_code == 200:
                return attempt
        raise AssertionError("refused 20 times")

    return call


def test_one_delivery_to_eight_threads_has_one_effect() -> None:
    for number in range(15):
        svix_id, clerk_id = new_svix_id(), f"user_{number}"
        with listening() as said:
            answers = at_once(*[status("user.created", clerk_user(clerk_id), svix_id=svix_id)] * 8)
        assert 200 in answers
        assert set(answers) <= {200, 500}
        assert sorted(name for name, _ in said) == ["user_synced", "webhook_received"]
    assert ClerkUser.objects.count() == ClerkWebhookEvent.objects.count() == get_user_model().objects.count() == 15


def test_eight_events_of_one_new_user() -> None:
    """All of them may be the first."""
    for number in range(10):
        clerk_id = f"user_{number}"
        events = [clerk_user(clerk_id, at=at, first_name=f"at {at}") for at in range(8)]
        at_once(*[told_until_taken("user.updated", data, new_svix_id()) for data in events])
        assert ClerkUser.objects.get(clerk_id=clerk_id).first_name == "at 7"
    assert get_user_model().objects.count() == 10


def test_a_death_among_updates() -> None:
    for number in range(10):
        clerk_id = f"user_{number}"
        events = [("user.updated", clerk_user(clerk_id, at=at)) for at in range(6)]
        calls = [told_until_taken(kind, data, new_svix_id()) for kind, data in events]
        at_once(*calls[:3], told_until_taken("user.deleted", deleted_user(clerk_id), new_svix_id()), *calls[3:])
        row = ClerkUser.objects.get(clerk_id=clerk_id)
        assert row.deleted_at is not None
        assert row.user is None or not row.user.is_active
    assert not get_user_model().objects.filter(is_active=True).exists()


WINNER = """
from django_clerk.signals import webhook_received
def slowly(**kwargs):
    print("claimed", flush=True)
    time.sleep(float(sys.argv[4]))
    transaction.on_commit(lambda: print(time.time(), flush=True))
    if sys.argv[5] == "fail":
        raise RuntimeError
webhook_received.connect(slowly)
body = event_body("user.created", clerk_user())
client = Client(raise_request_exception=False)
print(post(client, body, headers(body, svix_id=sys.argv[2])).status_code)
"""

LOSER = """
body = event_body("user.created", clerk_user())
response = post(Client(raise_request_exception=False), body, headers(body, svix_id=sys.argv[2]))
print(time.time(), response.status_code, response.json()["detail"])
"""


@pytest.mark.slow
def test_the_second_process_answers_after_the_first_has_committed() -> None:
    svix_id = new_svix_id()
    winner = start(WINNER, svix_id, "-", 1.0, "succeed")
    assert winner.stdout is not None
    assert winner.stdout.readline() == "claimed\n"
    answered, status, detail = finish(start(LOSER, svix_id)).split(maxsplit=2)
    committed, winners_status = finish(winner).split()
    assert (status, detail, winners_status) == ("200", "received before\n", "200")
    assert float(answered) > float(committed)
    assert ClerkUser.objects.count() == ClerkWebhookEvent.objects.count() == 1


@pytest.mark.slow
@pytest.mark.parametrize("end", ["fail", "kill"])
def test_the_second_process_does_what_the_first_could_not(end: str) -> None:
    svix_id = new_svix_id()
    winner = start(WINNER, svix_id, "-", 1.0 if end == "fail" else 60.0, "fail")
    assert winner.stdout is not None
    assert winner.stdout.readline() == "claimed\n"
    loser = start(LOSER, svix_id)
    if end == "kill":
        time.sleep(1.0)
        winner.send_signal(signal.SIGKILL)
        winner.communicate()
    else:
        assert finish(winner).split() == ["500"]
    assert finish(loser).split(maxsplit=1)[1] == "200 received\n"
    assert ClerkUser.objects.count() == ClerkWebhookEvent.objects.count() == get_user_model().objects.count() == 1


def test_a_slow_receiver_of_one_user_holds_nobody_else() -> None:
    client, body = Client(), event_body("user.created", clerk_user("user_grace"))
    winner = start(WINNER, new_svix_id(), "-", 2 * SOON, "succeed")
    assert winner.stdout is not None
    assert winner.stdout.readline() == "claimed\n"
    started = time.monotonic()
    assert post(client, body, headers(body)).status_code == 200
    assert time.monotonic() - started < SOON
    winner.kill()
    winner.communicate()
