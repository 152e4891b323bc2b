"""Deliveries that come at once: to threads of one process, and to processes that die."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, connections
from django.test import Client, override_settings

from django_clerk.core.memberships import read_membership
from django_clerk.models import ClerkMembership, ClerkUser, ClerkWebhookEvent
from django_clerk.sync import apply_memberships
from tests.deliveries import (
    clerk_membership,
    clerk_user,
    deleted_user,
    deliver,
    event_body,
    headers,
    listening,
    milliseconds,
    new_svix_id,
    post,
)
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


SLOWLY = """
from django_clerk import signals
def slowly(**kwargs):
    print("has begun", flush=True)
    time.sleep(float(sys.argv[4]))
    transaction.on_commit(lambda: print(time.time(), flush=True))
getattr(signals, sys.argv[2]).connect(slowly)
kind, data, overridden = json.loads(sys.argv[3])
for name, value in overridden.items():
    setattr(settings, name, value)
print(deliver(Client(raise_request_exception=False), kind, data, svix_id=sys.argv[5]).status_code)
"""
SESSION = {"id": "sess_1", "user_id": "user_ada", "status": "active"}
FORGETFUL = {"CLERK_WEBHOOK_PAYLOAD": "full", "CLERK_ON_USER_DELETED": "anonymize"}
LETTER = {"id": "ema_1", "user_id": "user_ada", "to_email_address": "ada@example.com"}


def begin_slowly(signal: str, kind: str, data: Any, **overridden: str) -> subprocess.Popen[str]:
    """Start a process that is told of an event and slow to receive a signal. Returns it when it has begun to."""
    process = start("import json" + SLOWLY, signal, json.dumps([kind, data, overridden]), 1.0, new_svix_id())
    assert process.stdout is not None
    assert process.stdout.readline() == "has begun\n"
    return process


def test_the_end_of_a_session_waits_for_a_slow_start() -> None:
    deliver(Client(), "user.created", clerk_user())
    process = begin_slowly("session_started", "session.created", SESSION)
    with listening() as said:
        assert deliver(Client(), "session.ended", SESSION).status_code == 200
    ended = time.time()
    committed, answer = finish(process).split()
    assert [name for name, _ in said if name.startswith("session_")] == ["session_ended"]
    assert (float(committed) < ended, answer) == (True, "200")


def test_a_start_that_waited_for_the_end_is_stale() -> None:
    deliver(Client(), "user.created", clerk_user())
    process = begin_slowly("session_ended", "session.ended", SESSION)
    with listening() as said:
        assert deliver(Client(), "session.created", SESSION).status_code == 200
    finish(process)
    assert [name for name, _ in said if name.startswith("session_")] == []


@pytest.mark.parametrize("told_first", ["the deletion", "the letter"])
@override_settings(**FORGETFUL)
def test_nothing_is_left_of_what_was_told_while_the_user_was_deleted(told_first: str) -> None:
    deliver(Client(), "user.created", clerk_user())
    death, letter = ("user.deleted", deleted_user()), ("email.created", LETTER)
    if told_first == "the deletion":
        process, then = begin_slowly("user_deleted", *death, **FORGETFUL), letter
    else:
        process, then = begin_slowly("webhook_received", *letter, **FORGETFUL), death
    assert deliver(Client(), *then).status_code == 200
    assert finish(process).split()[1] == "200"
    assert list(ClerkWebhookEvent.objects.values_list("payload", flat=True)) == [None] * 3


@pytest.mark.parametrize("seen", [True, False])
def test_a_late_membership_brings_nothing_of_a_person_back(seen: bool) -> None:
    told = clerk_membership(public_metadata={"title": "Countess"})
    deliver(Client(), "user.created", clerk_user())
    if seen:
        deliver(Client(), "organizationMembership.created", told)
    process = begin_slowly("user_deleted", "user.deleted", deleted_user())
    later = {**told, "role": "org:admin", "updated_at": milliseconds(2_000)}
    assert apply_memberships([read_membership(later)])["orgmem_1"].is_written  # by no event, as sync_clerk_users does
    finish(process)
    row = ClerkMembership.objects.get()
    assert (row.role, row.public_metadata) == ("org:admin", {})


@pytest.mark.slow
@pytest.mark.skipif(connection.vendor != "mysql", reason="locks of what is not there are MySQL's")
def test_new_users_at_once_under_repeatable_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """There, to lock a row that is not there yet would keep all others from adding theirs, and they would it."""
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "isolation_level", "repeatable read")

    def tell(thread: int) -> set[int]:
        return {status("user.created", clerk_user(f"user_{number}_{thread:02}"))() for number in range(8)}

    assert at_once(*[partial(tell, thread) for thread in range(12)]) == [{200}] * 12
    assert ClerkUser.objects.count() == 96


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
