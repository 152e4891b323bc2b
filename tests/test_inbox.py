"""The inbox: what is stored before and after an event has its effect, and what becomes of failures."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, connection, transaction
from django.test import Client, override_settings

from django_clerk.exceptions import EventNotWhole, WebhookNotQueued
from django_clerk.models import ClerkUser, ClerkWebhookEvent
from django_clerk.signals import user_synced, webhook_received
from django_clerk.sync import delete_user
from django_clerk.webhooks import inbox
from django_clerk.webhooks.backends import InlineBackend, WebhookBackend, get_backend
from tests.deliveries import clerk_membership, clerk_user, deleted_user, deliver, listening

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.webhook_urls")]

SECRETS = ("not for another database", "123456", "__clerk_ticket")
PERSON = ("ada@example.com", "Lovelace", "img.clerk.com", "203.0.113.7", "favourite")
ADA = clerk_user(email="ada@example.com", public_metadata={"favourite": "tea"})
FROM_HOME = {"event_attributes": {"http_request": {"client_ip": "203.0.113.7", "user_agent": "Mozilla/5.0"}}}
CODE = {"id": "ema_1", "object": "email", "user_id": "user_ada", "body": "123456 is your code", "subject": "123456"}


class Later(WebhookBackend):
    """A queue that is never worked off."""

    def enqueue(self, svix_id: str) -> None:
        assert ClerkWebhookEvent.objects.filter(svix_id=svix_id).exists()


class Down(WebhookBackend):
    """A queue that cannot be reached."""

    def enqueue(self, svix_id: str) -> None:
        raise WebhookNotQueued("The queue is down.")


LATER, DOWN = (override_settings(CLERK_WEBHOOK_BACKEND=f"{__name__}.{name}") for name in ("Later", "Down"))


def refuse(**kwargs: Any) -> None:
    raise ValueError("ada@example.com is not wanted")


def the_event(svix_id: str | None = None) -> ClerkWebhookEvent:
    return ClerkWebhookEvent.objects.get(svix_id=svix_id) if svix_id else ClerkWebhookEvent.objects.get()


def held() -> str:
    """Return all that the inbox holds."""
    return json.dumps(list(ClerkWebhookEvent.objects.values()), default=str)


# What is stored


def test_an_applied_event(client: Client) -> None:
    deliver(client, "user.created", ADA, svix_id="msg_1")
    event = the_event()
    assert (event.state, event.attempts, event.error, event.is_whole) == ("applied", 1, "", False)
    assert (event.type, event.object_id, event.user_id) == ("user.created", "user_ada", "user_ada")
    assert event.instance_id == "ins_tests"
    assert event.applied_at is not None
    assert event.applied_at >= event.received_at


def test_a_stale_event(client: Client) -> None:
    deliver(client, "user.updated", clerk_user(at=2_000))
    deliver(client, "user.updated", clerk_user(at=1_000), svix_id="msg_late")
    deliver(client, "user.deleted", deleted_user())
    deliver(client, "user.updated", clerk_user(at=3_000), svix_id="msg_dead")
    deliver(client, "user.deleted", deleted_user(), svix_id="msg_again")
    assert dict(ClerkWebhookEvent.objects.filter(state="stale").values_list("svix_id", "attempts")) == {
        "msg_late": 1,
        "msg_dead": 1,
        "msg_again": 1,
    }


@pytest.mark.parametrize("said", [["a", "list"], "stale", 0, None], ids=repr)
def test_what_a_projects_receiver_returns_means_nothing(said: Any, client: Client) -> None:
    webhook_received.connect(receiver := lambda **kwargs: said)
    deliver(client, "user.created", ADA)
    webhook_received.disconnect(receiver)
    assert the_event().state == "applied"


@pytest.mark.parametrize("choice", ["full", "redacted", "none"])
def test_what_is_kept_of_an_applied_event(choice: str, client: Client) -> None:
    with override_settings(CLERK_WEBHOOK_PAYLOAD=choice):
        deliver(client, "user.created", ADA, **FROM_HOME)
        deliver(client, "email.created", CODE)
    assert not any(secret in held() for secret in SECRETS)
    assert [person in held() for person in PERSON] == [choice == "full"] * len(PERSON)
    payloads = ClerkWebhookEvent.objects.values_list("payload", "is_whole")
    assert all((payload is not None, whole) == (choice != "none", choice == "full") for payload, whole in payloads)


@pytest.mark.parametrize("choice", ["full", "redacted", "none"])
@LATER
def test_until_it_is_applied_all_but_the_secrets_is_kept(choice: str, client: Client) -> None:
    with override_settings(CLERK_WEBHOOK_PAYLOAD=choice), listening() as said:
        assert deliver(client, "user.created", ADA, svix_id="msg_1", **FROM_HOME).json() == {"detail": "received"}
        assert not said
        assert not any(secret in held() for secret in SECRETS)
        assert all(person in held() for person in PERSON)
        assert inbox.apply("msg_1") == "applied"
        assert inbox.apply("msg_1") is None
    assert [name for name, _ in said].count("webhook_received") == 1
    row = ClerkUser.objects.get()
    assert (row.email, row.public_metadata) == ("ada@example.com", {"favourite": "tea"})
    assert ("ada@example.com" in held()) == (choice == "full")


def test_receivers_of_an_inline_event_get_all_of_it(client: Client) -> None:
    with listening() as said:
        deliver(client, "email.created", CODE)
    assert said[0][1]["event"].data == CODE


def test_a_stored_event_is_the_one_delivered(client: Client) -> None:
    with listening() as inline:
        deliver(client, "user.created", ADA, svix_id="msg_1")
    with LATER, listening() as queued:
        deliver(client, "user.created", ADA, svix_id="msg_2")
        inbox.apply("msg_2")
    first, second = (said[-1][1]["event"] for said in (inline, queued))
    assert (first.type, first.occurred_at, first.instance_id) == (second.type, second.occurred_at, second.instance_id)
    assert {**first.data, "private_metadata": None} == {**second.data, "private_metadata": None}


@pytest.mark.parametrize("hostile", ["A\0B", "\ud800", "\U0001f9d1" * 500, "x" * 20_000], ids=ascii)
@LATER
def test_hostile_values_are_stored(hostile: str, client: Client) -> None:
    deep: Any = "bottom"
    for _ in range(60):
        deep = {"a": deep}
    data = clerk_user(first_name=hostile, unsafe_metadata={hostile[:600]: deep}, public_metadata={"n": 1e23})
    assert deliver(client, "user.created", data, instance_id=hostile, svix_id="msg_1").status_code == 200
    assert inbox.apply("msg_1") == "applied"


# Deleted people


@pytest.mark.parametrize("choice", ["deactivate", "anonymize", "delete"])
@override_settings(CLERK_WEBHOOK_PAYLOAD="full")
def test_payloads_about_a_deleted_user_are_emptied(choice: str, client: Client) -> None:
    with override_settings(CLERK_ON_USER_DELETED=choice):
        deliver(client, "user.created", ADA)
        deliver(client, "session.created", {"id": "sess_1", "user_id": "user_ada", "user": ADA})
        deliver(client, "organizationMembership.created", clerk_membership(user="user_ada"))
        deliver(client, "user.created", clerk_user("user_grace", email="grace@example.com"), svix_id="msg_grace")
        deliver(client, "user.deleted", deleted_user())
        deliver(client, "user.updated", clerk_user(at=9_000, email="ada@example.com"))  # too late
        deliver(client, "session.ended", {"id": "sess_1", "user_id": "user_ada", "user": ADA})
    about_ada = ClerkWebhookEvent.objects.filter(user_id="user_ada")
    assert about_ada.count() == 6
    assert about_ada.filter(payload__isnull=True, is_whole=False).count() == (0 if choice == "deactivate" else 6)
    assert ("ada@example.com" in held()) == (choice == "deactivate")
    assert the_event("msg_grace").payload is not None


@override_settings(CLERK_WEBHOOK_PAYLOAD="full", CLERK_ON_USER_DELETED="anonymize")
def test_whoever_deletes(client: Client) -> None:
    """The command that finds a user gone does, too, and what is still to be applied loses its payload when it is."""
    deliver(client, "user.created", ADA)
    with LATER:
        deliver(client, "user.updated", clerk_user(at=9_000, email="ada@example.com"), svix_id="msg_1")
    delete_user("user_ada")
    assert "ada@example.com" in held()
    assert inbox.apply("msg_1") == "stale"
    assert "ada@example.com" not in held()


@pytest.mark.parametrize("choice", ["deactivate", "anonymize", "delete"])
@override_settings(CLERK_WEBHOOK_PAYLOAD="full")
def test_whoever_invited_is_not_named_where_people_are_forgotten(choice: str, client: Client) -> None:
    """An invitation is not about them, so that nobody would find it when they are deleted."""
    invitation = {
        "id": "orginv_1",
        "email_address": "grace@example.com",
        "inviter_id": "user_ada",
        "public_inviter_data": {"user_id": "user_ada", "first_name": "Ada", "identifier": "ada@example.com"},
    }
    with override_settings(CLERK_ON_USER_DELETED=choice), listening() as said:
        deliver(client, "organizationInvitation.created", invitation, svix_id="msg_1")
        with LATER:
            deliver(client, "organizationInvitation.created", invitation, svix_id="msg_2")
        inbox.apply("msg_2")
    assert [arguments["event"].data for _, arguments in said] == [invitation] * 2
    for event in ClerkWebhookEvent.objects.all():
        assert event.is_whole
        assert event.payload is not None
        assert event.payload["data"]["inviter_id"] == "user_ada"
    assert ("ada@example.com" in held()) == (choice == "deactivate")


# Failures


@pytest.mark.django_db(transaction=True)
def test_a_failure_names_nobody(caplog) -> None:
    user_synced.connect(refuse)
    try:
        assert deliver(Client(raise_request_exception=False), "user.created", ADA).status_code == 500
    finally:
        user_synced.disconnect(refuse)
    event = the_event()
    assert event.error.startswith(f"ValueError in {__name__}.refuse, line ")
    ours = [record.getMessage() for record in caplog.records if record.name == "django_clerk"]
    assert ours
    assert "ada@" not in event.error + "".join(ours)


@pytest.mark.django_db(transaction=True)
def test_a_failure_in_the_database_names_the_receiver() -> None:
    def inserts_twice(**kwargs: Any) -> None:
        ClerkUser.objects.create(clerk_id="user_twice")
        ClerkUser.objects.create(clerk_id="user_twice")

    webhook_received.connect(inserts_twice)
    try:
        assert deliver(Client(raise_request_exception=False), "user.created", ADA).status_code == 500
    finally:
        webhook_received.disconnect(inserts_twice)
    line = inserts_twice.__code__.co_firstlineno + 2
    assert the_event().error == f"django.db.utils.IntegrityError in {__name__}.inserts_twice, line {line}."


@pytest.mark.django_db(transaction=True)
def test_a_failure_after_another_process_has_succeeded_is_none() -> None:
    client = Client(raise_request_exception=False)

    def overtaken(**kwargs: Any) -> None:
        webhook_received.disconnect(overtaken)
        raise RuntimeError

    webhook_received.connect(overtaken)
    assert deliver(client, "user.created", ADA, svix_id="msg_1").status_code == 500
    assert deliver(client, "user.created", ADA, svix_id="msg_1").status_code == 200
    try:
        overtaken()
    except RuntimeError as error:
        inbox._note_failure("msg_1", error, "default")
    assert (the_event().state, the_event().error, the_event().attempts) == ("applied", "", 2)


@pytest.mark.django_db(transaction=True)
def test_what_fails_after_the_commit_does_not_undo_it(caplog) -> None:
    def receiver(**kwargs: Any) -> None:
        transaction.on_commit(refuse)

    webhook_received.connect(receiver)
    client = Client(raise_request_exception=False)
    answers = [deliver(client, "user.created", ADA, svix_id="msg_1").status_code for _ in range(2)]
    webhook_received.disconnect(receiver)
    assert answers == [500, 200]
    assert (the_event().state, ClerkUser.objects.count()) == ("applied", 1)


def test_an_event_of_which_too_little_is_left(client: Client) -> None:
    deliver(client, "user.created", ADA, svix_id="msg_1")
    with pytest.raises(EventNotWhole, match="sync_clerk_users"):
        inbox.apply("msg_1", again=True)
    assert the_event().state == "applied"
    assert inbox.apply("msg_unknown") is None


# Backends


@DOWN
def test_a_queue_that_is_down(client: Client, caplog) -> None:
    caplog.set_level(logging.ERROR)
    response = deliver(client, "user.created", ADA, svix_id="msg_1")
    assert (response.status_code, the_event().state) == (503, "received")
    assert "The queue is down." in caplog.text
    with LATER:  # Clerk delivers it again, and it is handed over then
        assert deliver(client, "user.created", ADA, svix_id="msg_1").json() == {"detail": "received"}
    assert inbox.apply("msg_1") == "applied"
    assert deliver(client, "user.created", ADA, svix_id="msg_1").json() == {"detail": "received before"}


def test_the_default_backend() -> None:
    assert isinstance(get_backend(), InlineBackend)
    assert get_backend().check() == []


@pytest.mark.parametrize(
    "path", ["nowhere.Backend", "InlineBackend", "django_clerk.webhooks.inbox.apply", "json.JSONEncoder"]
)
def test_no_backend_at_that_path(path: str) -> None:
    with (
        override_settings(CLERK_WEBHOOK_BACKEND=path),
        pytest.raises(ImproperlyConfigured, match="CLERK_WEBHOOK_BACKEND"),
    ):
        get_backend()


def test_a_backend_must_hand_over() -> None:
    with pytest.raises(NotImplementedError):
        WebhookBackend().enqueue("msg_1")


def test_a_malformed_event_is_not_queued(client: Client) -> None:
    with LATER:
        assert deliver(client, "user.created", {"id": "../x"}).status_code == 400
        assert deliver(client, "session.ended", {"id": None}).status_code == 400
    assert not ClerkWebhookEvent.objects.exists()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the trigger is SQLite's")
def test_what_the_database_refuses_is_not_taken_for_a_repeat(client: Client) -> None:
    """Answered "received before", it would be lost."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TRIGGER refuse BEFORE INSERT ON django_clerk_clerkwebhookevent "
            "BEGIN SELECT RAISE(ABORT, 'refused'); END"
        )
    with pytest.raises(IntegrityError, match="refused"):
        deliver(client, "user.created", ADA)
    assert not ClerkUser.objects.exists()
