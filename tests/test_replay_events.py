"""clerk_replay_events and clerk_prune_events: which events they choose, what they do with them, how they end."""

from __future__ import annotations

import io
import json
import tracemalloc
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client, override_settings
from django.utils import timezone as django_timezone

from django_clerk.models import ClerkUser, ClerkWebhookEvent
from django_clerk.signals import webhook_received
from django_clerk.webhooks import replay
from tests.deliveries import clerk_user, deliver, listening

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.webhook_urls")]

LATER = override_settings(CLERK_WEBHOOK_BACKEND="tests.test_inbox.Later")
FULL = override_settings(CLERK_WEBHOOK_PAYLOAD="full")


def run(*options: str, command: str = "clerk_replay_events") -> str:
    out = io.StringIO()
    call_command(command, *options, stdout=out, stderr=io.StringIO())
    return out.getvalue().strip()


def fail(*options: str) -> tuple[str, str]:
    """Run the command, which must fail. Returns what it said on the way and in the end."""
    out = io.StringIO()
    with pytest.raises(CommandError) as caught:
        call_command("clerk_replay_events", *options, stdout=out, stderr=out)
    return out.getvalue(), str(caught.value)


def refuse(**kwargs: Any) -> None:
    raise RuntimeError


def failed(*numbers: int) -> None:
    """Have events fail, whose ids and users are numbered."""
    webhook_received.connect(refuse)
    for number in numbers:
        client = Client(raise_request_exception=False)
        assert deliver(client, "user.created", clerk_user(f"user_{number}"), svix_id=f"msg_{number}").status_code == 500
    webhook_received.disconnect(refuse)


def left_behind(*numbers: int, seconds: float = 3600) -> None:
    """Have events stored whose worker died so long ago."""
    with LATER:
        for number in numbers:
            deliver(Client(), "user.created", clerk_user(f"user_{number}"), svix_id=f"msg_{number}")
    age(seconds, *numbers)


def age(seconds: float, *numbers: int) -> None:
    events = ClerkWebhookEvent.objects.filter(svix_id__in=[f"msg_{number}" for number in numbers])
    events.update(received_at=django_timezone.now() - timedelta(seconds=seconds))


def states() -> dict[str, str]:
    return dict(ClerkWebhookEvent.objects.order_by("svix_id").values_list("svix_id", "state"))


# Which


def test_failed_ones_by_default() -> None:
    failed(1, 2)
    left_behind(3)
    assert run("--dry-run") == "Dry run, nothing was applied: applied 2, stale 0, failed 0, applied before 0."
    assert states() == {"msg_1": "failed", "msg_2": "failed", "msg_3": "received"}
    assert run() == "Events: applied 2, stale 0, failed 0, applied before 0."
    assert states() == {"msg_1": "applied", "msg_2": "applied", "msg_3": "received"}
    assert ClerkUser.objects.count() == 2
    assert run() == "Events: applied 0, stale 0, failed 0, applied before 0."


def test_unfinished_ones() -> None:
    failed(1)
    age(3600, 1)
    ClerkWebhookEvent.objects.update(attempts=replay.MOST_ATTEMPTS)
    left_behind(2)
    left_behind(3, seconds=200)
    assert run("--unfinished") == "Events: applied 1, stale 0, failed 0, applied before 0."
    assert states() == {"msg_1": "failed", "msg_2": "applied", "msg_3": "received"}
    assert run("--unfinished", "--older-than", "100") == "Events: applied 1, stale 0, failed 0, applied before 0."
    assert states()["msg_3"] == "applied"


def test_failed_ones_whose_worker_died_before_the_last_try() -> None:
    failed(1)
    age(3600, 1)
    webhook_received.connect(refuse)
    for tried in range(2, replay.MOST_ATTEMPTS + 1):
        assert replay.finish().failed == ["msg_1"]
        assert ClerkWebhookEvent.objects.get().attempts == tried
    assert replay.finish().failed == []
    webhook_received.disconnect(refuse)
    ClerkWebhookEvent.objects.update(attempts=1)
    assert replay.finish().applied == ["msg_1"]


def test_a_sweep_from_code() -> None:
    left_behind(1, 2)
    assert replay.finish().applied == ["msg_1", "msg_2"]
    assert replay.finish(older_than=0).applied == []


def test_one_by_its_id() -> None:
    failed(1, 2)
    assert json.loads(run("--id", "msg_2", "--json"))["applied"] == ["msg_2"]
    assert states() == {"msg_1": "failed", "msg_2": "applied"}
    assert fail("--id", "msg_9")[1] == "There is no event msg_9 in the inbox."


def test_a_range() -> None:
    left_behind(1, seconds=3 * 86_400)
    left_behind(2, seconds=2 * 86_400)
    left_behind(3, seconds=86_400)
    ago = [(datetime.now(timezone.utc) - timedelta(days=days)).isoformat() for days in (2.5, 1.5)]
    assert json.loads(run("--since", ago[0], "--until", ago[1], "--json"))["applied"] == ["msg_2"]
    assert json.loads(run("--until", ago[0], "--json"))["applied"] == ["msg_1"]
    day = (django_timezone.localtime() - timedelta(days=2)).date().isoformat()
    assert json.loads(run("--since", day, "--json"))["applied"] == ["msg_3"]


def test_stale_ones_are_told_apart() -> None:
    deliver(Client(), "user.created", clerk_user("user_1", at=9_000))
    left_behind(1)
    assert run("--unfinished") == "Events: applied 0, stale 1, failed 0, applied before 0."


@pytest.mark.parametrize(
    "options",
    [
        ("--since", "yesterday"),
        ("--since", "2026-02-30"),
        ("--until", ""),
        ("--older-than", "5"),
        ("--unfinished", "--older-than", "-1"),
        ("--unfinished", "--older-than", "nan"),
        ("--unfinished", "--older-than", "1e12"),
        ("--unfinished", "--id", "msg_1"),
        ("--id", "msg_1", "--since", "2026-01-01"),
    ],
    ids=" ".join,
)
def test_options_that_make_no_sense(options: tuple[str, ...]) -> None:
    failed(1)
    assert fail(*options)[1]
    assert states() == {"msg_1": "failed"}


# Once more


@FULL
def test_applied_ones_are_applied_again_only_when_asked() -> None:
    deliver(Client(), "user.created", clerk_user("user_1"), svix_id="msg_1")
    before = ClerkUser.objects.values().get()
    with listening() as said:
        assert run("--id", "msg_1") == "Events: applied 0, stale 0, failed 0, applied before 1."
        assert said == []
        assert run("--id", "msg_1", "--again") == "Events: applied 1, stale 0, failed 0, applied before 0."
    assert [name for name, _ in said] == ["webhook_received"]  # the user is as it was, and nothing is said of it
    assert ClerkUser.objects.values().get() == before
    event = ClerkWebhookEvent.objects.get()
    assert (event.state, event.attempts, event.is_whole) == ("applied", 2, True)


def test_applied_ones_of_which_too_little_is_left_are_named() -> None:
    deliver(Client(), "user.created", clerk_user("user_1"), svix_id="msg_1")
    failed(2)
    said, end = fail("--since", "2000-01-01", "--again")
    assert "Too little was kept to apply msg_1 again. Run sync_clerk_users" in said
    assert "applied 1, stale 0, failed 0, applied before 1." in said
    assert end == "Not all events could be applied again."
    assert states() == {"msg_1": "applied", "msg_2": "applied"}


@FULL
def test_an_applied_one_that_fails_this_time_stays_applied(caplog) -> None:
    deliver(Client(), "user.created", clerk_user("user_1"), svix_id="msg_1")
    webhook_received.connect(refuse)
    _, end = fail("--id", "msg_1", "--again")
    webhook_received.disconnect(refuse)
    assert end == "Failed again: msg_1. The log says why."
    assert "Event msg_1 was not applied: RuntimeError in tests.test_replay_events.refuse" in caplog.text
    assert ClerkWebhookEvent.objects.values_list("state", "attempts", "error").get() == ("applied", 1, "")


# How it ends


def test_one_that_fails_does_not_keep_others_from_their_turn() -> None:
    failed(1, 2, 3)

    def refuse_the_second(event: Any, **kwargs: Any) -> None:
        if event.svix_id == "msg_2":
            raise RuntimeError

    webhook_received.connect(refuse_the_second)
    said, end = fail("--json")
    webhook_received.disconnect(refuse_the_second)
    assert json.loads(said) == {
        "applied": ["msg_1", "msg_3"],
        "stale": [],
        "failed": ["msg_2"],
        "finished": 0,
        "reduced": [],
    }
    assert end == "Failed again: msg_2. The column error of the inbox says why."
    assert ClerkWebhookEvent.objects.get(svix_id="msg_2").attempts == 2


@pytest.mark.parametrize("refused", [True, False])
def test_each_is_tried_once_however_many_there_are(refused: bool, monkeypatch) -> None:
    """Page by page; those that are done leave the list that is read, and what comes meanwhile has its own try."""
    monkeypatch.setattr(replay, "_PAGE", 3)
    failed(*range(8))
    age(60, 0, 1)
    age(30, 2, 3, 4, 5, 6)  # all at one moment
    tried: list[str] = []

    def receiver(event: Any, **kwargs: Any) -> None:
        tried.append(event.svix_id)
        new = ClerkWebhookEvent(svix_id=f"msg_new{len(tried)}", type="x", state=ClerkWebhookEvent.State.FAILED)
        new.save()
        if refused:
            raise RuntimeError

    webhook_received.connect(receiver)
    report = replay.replay(replay.failed())
    webhook_received.disconnect(receiver)
    assert tried == [f"msg_{number}" for number in range(8)]
    assert (report.failed if refused else report.applied) == tried


def test_what_is_left_alone_takes_no_memory() -> None:
    """An inbox of a year is gone through for a few events in it."""
    peaks = []
    for size in (2_000, 20_000):
        rows = [ClerkWebhookEvent(svix_id=f"msg_{size}_{n}", type="x", state="applied") for n in range(size)]
        ClerkWebhookEvent.objects.bulk_create(rows, batch_size=500)
        tracemalloc.start()
        report = replay.replay(replay.received_between(None, None))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert report.finished == 22_000
    assert peaks[1] < 1.5 * peaks[0]


def test_many_that_fail_are_not_all_named() -> None:
    failed(*range(22))
    webhook_received.connect(refuse)
    _, end = fail()
    webhook_received.disconnect(refuse)
    assert end.count("msg_") == 20
    assert " and 2 more." in end


# Retention


def test_old_ones_are_pruned() -> None:
    for number in (1, 2, 3):
        deliver(Client(), "user.created", clerk_user(f"user_{number}"), svix_id=f"msg_{number}")
    deliver(Client(), "user.updated", clerk_user("user_1", at=0), svix_id="msg_4")
    failed(5)
    left_behind(6)
    age(31 * 86_400, 1, 4, 5, 6)
    age(29 * 86_400, 2)
    assert states()["msg_4"] == "stale"
    assert run("--dry-run", command="clerk_prune_events") == "Dry run: 2 events are old."
    assert len(states()) == 6
    assert run(command="clerk_prune_events") == "Events: removed 2."
    assert sorted(states()) == ["msg_2", "msg_3", "msg_5", "msg_6"]  # what has had no effect yet stays, however old
    with override_settings(CLERK_WEBHOOK_RETENTION_DAYS=2):
        assert run(command="clerk_prune_events") == "Events: removed 1."


def test_ids_are_kept_for_as_long_as_clerk_may_deliver_again() -> None:
    deliver(Client(), "user.created", clerk_user(), svix_id="msg_1")
    age(28 * 3600, 1)
    with override_settings(CLERK_WEBHOOK_RETENTION_DAYS=1), pytest.raises(CommandError, match="at least 2"):
        call_command("clerk_prune_events")
    with override_settings(CLERK_WEBHOOK_RETENTION_DAYS="2"):
        assert run(command="clerk_prune_events") == "Events: removed 0."


@pytest.mark.parametrize("days", [1_000_000, 1e300])
def test_before_the_first_year_there_is_nothing(days: float) -> None:
    with override_settings(CLERK_WEBHOOK_RETENTION_DAYS=days):
        for options in (("--dry-run",), ()):
            with pytest.raises(CommandError, match="CLERK_WEBHOOK_RETENTION_DAYS goes back to before the year 1"):
                run(*options, command="clerk_prune_events")


def test_pruning_goes_in_batches() -> None:
    old = django_timezone.now() - timedelta(days=40)
    rows = [ClerkWebhookEvent(svix_id=f"msg_{number}", type="x", state="applied") for number in range(2500)]
    ClerkWebhookEvent.objects.bulk_create(rows)
    ClerkWebhookEvent.objects.update(received_at=old)
    assert run(command="clerk_prune_events") == "Events: removed 2500."


# Costs


@pytest.mark.skipif(
    connection.vendor != "postgresql", reason="NOT TESTED: the plan is PostgreSQL's. Set TEST_DATABASE."
)
def test_ten_thousand_events_are_found_by_index() -> None:
    now = django_timezone.now()
    rows = [
        ClerkWebhookEvent(
            svix_id=f"msg_{number}",
            type="user.updated",
            object_id=f"user_{number % 1000}",
            user_id=f"user_{number % 1000}",
            state="received" if number % 500 == 0 else "applied",
        )
        for number in range(10_000)
    ]
    ClerkWebhookEvent.objects.bulk_create(rows)
    for days in range(50):
        numbers = range(days * 200, days * 200 + 200)
        events = ClerkWebhookEvent.objects.filter(svix_id__in=[f"msg_{number}" for number in numbers])
        events.update(received_at=now - timedelta(days=days))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE django_clerk_clerkwebhookevent")
    events = ClerkWebhookEvent.objects
    old = events.filter(state__in=ClerkWebhookEvent.FINISHED, received_at__lt=now - timedelta(days=48))
    for query in (
        events.filter(svix_id="msg_77"),
        events.filter(svix_id="msg_77", state__in=ClerkWebhookEvent.UNFINISHED),
        events.filter(object_id="user_7", type__in=["user.updated"]),
        events.filter(user_id="user_7", state__in=ClerkWebhookEvent.FINISHED),
        replay.unfinished(),
        replay.failed(),
        replay.received_between(now - timedelta(days=1), now - timedelta(hours=1)),
        old.order_by("received_at").values_list("pk", flat=True)[:1000],
    ):
        plan = query.explain()
        assert "Index" in plan
        assert "Seq Scan" not in plan
