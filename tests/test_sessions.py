"""The signals of sessions: what they say, and that nobody hears of a start after the end."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from django.test import Client

from django_clerk.core.events import SESSION_ENDS
from django_clerk.models import ClerkUser, ClerkWebhookEvent
from tests.deliveries import clerk_user, deliver, listening, milliseconds

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.webhook_urls")]


def session(clerk_id: str = "sess_1", **changes: Any) -> dict[str, Any]:
    return {"object": "session", "id": clerk_id, "user_id": "user_ada", "status": "active", **changes}


def tell(*kinds: str, data: Any = None) -> list[tuple[str, str]]:
    """Deliver events of one session and return the signals that are sent, each with its status."""
    with listening() as said:
        for kind in kinds:
            assert deliver(Client(), kind, data or session()).status_code == 200
    return [(name, arguments["status"]) for name, arguments in said if name.startswith("session_")]


@pytest.mark.parametrize(
    ("kind", "signal"),
    [
        ("session.created", ("session_started", "active")),
        ("session.pending", ("session_started", "pending")),
        ("session.ended", ("session_ended", "ended")),
        ("session.removed", ("session_ended", "removed")),
        ("session.revoked", ("session_ended", "revoked")),
    ],
)
def test_each_type(kind: str, signal: tuple[str, str]) -> None:
    assert tell(kind) == [signal]


@pytest.mark.parametrize("end", SESSION_ENDS)
@pytest.mark.parametrize("start", ["session.created", "session.pending"])
def test_a_start_that_comes_after_the_end_is_not_told(start: str, end: str) -> None:
    assert tell(start, end) == [("session_started", status_of(start)), ("session_ended", end.partition(".")[2])]
    other = session("sess_2")
    assert tell(end, start, data=other) == [("session_ended", end.partition(".")[2])]
    assert ClerkWebhookEvent.objects.count() == 4  # recorded all the same


def test_every_order_ends_with_the_end() -> None:
    kinds = ["session.pending", "session.created", "session.ended", "session.removed"]
    for number, order in enumerate(itertools.permutations(kinds)):
        names = [name for name, _ in tell(*order, data=session(f"sess_{number}"))]
        ended = names.index("session_ended")
        assert "session_started" not in names[ended:]
        assert names.count("session_ended") == 2


@pytest.mark.parametrize(
    "history",
    [
        [("session.pending", 10), ("session.created", 20)],
        [("session.pending", 10), ("session.created", 10)],
        [("session.created", 10), ("session.pending", 20)],
        [("session.pending", 10), ("session.created", 20), ("session.pending", 30), ("session.created", 30)],
        [("session.pending", None), ("session.created", None), ("session.pending", 10)],
    ],
    ids=str,
)
def test_of_starts_in_any_order_the_latest_is_told_last(history: list[tuple[str, int | None]]) -> None:
    for number, order in enumerate(itertools.permutations(history)):
        with listening() as said:
            for kind, at in order:
                timestamp = None if at is None else milliseconds(at)
                assert deliver(Client(), kind, session(f"sess_{number}"), timestamp=timestamp).status_code == 200
        statuses = [arguments["status"] for name, arguments in said if name == "session_started"]
        assert statuses[-1] == status_of(history[-1][0])


@pytest.mark.parametrize("state", ClerkWebhookEvent.State.values)
def test_a_late_pending_is_stale_whatever_became_of_the_start(state: str) -> None:
    tell("session.created")
    ClerkWebhookEvent.objects.update(state=state)
    assert tell("session.pending") == []
    assert ClerkWebhookEvent.objects.get(type="session.pending").state == "stale"


def test_the_end_of_another_session_is_none_of_this_one() -> None:
    tell("session.ended", data=session("sess_A"))
    assert tell("session.created", data=session("sess_a")) == [("session_started", "active")]


def test_arguments() -> None:
    with listening() as said:
        deliver(Client(), "session.created", session())
        deliver(Client(), "user.created", clerk_user())
        deliver(Client(), "session.ended", session(), svix_id="msg_1")
        deliver(Client(), "session.ended", session("sess_2", user_id=None))
    started, ended, strangers = (arguments for name, arguments in said if name.startswith("session_"))
    assert (started["sender"], started["session_id"], started["user_id"]) == (ClerkUser, "sess_1", "user_ada")
    assert started["clerk_user"] is None
    assert (ended["clerk_user"].clerk_id, ended["event"].svix_id) == ("user_ada", "msg_1")
    assert (strangers["user_id"], strangers["clerk_user"]) == ("", None)


@pytest.mark.parametrize("clerk_id", [None, "", "user_ada", "sess_", "sess_../x", 7])
@pytest.mark.parametrize("kind", ["session.created", "session.pending", *SESSION_ENDS])
def test_without_a_usable_id(kind: str, clerk_id: Any, client: Client) -> None:
    assert deliver(client, kind, session() | {"id": clerk_id}).status_code == 400
    assert not ClerkWebhookEvent.objects.exists()


def status_of(kind: str) -> str:
    return "active" if kind == "session.created" else "pending"
