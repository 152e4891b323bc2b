"""The webhook endpoint: what it answers, what it tells, and that both share one fate."""

from __future__ import annotations

import base64
import logging
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from django_clerk.models import ClerkUser, ClerkWebhookEvent
from django_clerk.signals import user_synced, webhook_received
from tests.deliveries import (
    clerk_user,
    deleted_user,
    deliver,
    event_body,
    headers,
    listening,
    new_svix_id,
    post,
)

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.webhook_urls")]

BODY = event_body("user.created", clerk_user())
SECOND = "whsec_" + base64.b64encode(b"the secret that replaces it").decode()


@pytest.fixture
def heard():
    """What the package's signals said: their names and arguments."""
    with listening() as said:
        yield said


class Refuses:
    """A receiver that raises, as long as it is told to."""

    def __init__(self, error: type[BaseException] = RuntimeError) -> None:
        self.error: type[BaseException] | None = error

    def __call__(self, **kwargs: Any) -> None:
        if self.error is not None:
            raise self.error("the receiver's own fault")


# Answers


def test_a_delivery_is_received(client: Client) -> None:
    response = deliver(client, "user.created", clerk_user(email="ada@example.com"))
    assert (response.status_code, response.json()) == (200, {"detail": "received"})
    row = ClerkUser.objects.get(clerk_id="user_ada")
    assert (row.email, row.user.email, row.user.is_active) == ("ada@example.com", "ada@example.com", True)


@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete", "options", "trace"])
def test_other_methods(method: str, client: Client) -> None:
    response = getattr(client, method)("/webhooks/", headers=headers(b""))
    assert (response.status_code, response["Allow"]) == (405, "POST")


@pytest.mark.parametrize("secret", [None, "", (), [""], "  "], ids=repr)
def test_no_secret(secret: Any, client: Client, caplog) -> None:
    sent = headers(BODY)
    with override_settings(CLERK_WEBHOOK_SIGNING_SECRET=secret):
        response = post(client, BODY, sent)
    assert (response.status_code, response.json()) == (500, {"detail": "The webhook is not configured."})
    assert "CLERK_WEBHOOK_SIGNING_SECRET is not set" in caplog.text
    assert not ClerkWebhookEvent.objects.exists()


@pytest.mark.parametrize(
    "secret",
    [
        "secret",
        "whsec_",
        "whsec_!!!!",
        "whsec_YQ==",
        "sk_test_abcdefghijklmnop",
        "whsec_\u00e4\u00e4\u00e4\u00e4",
        "whsec",
    ],
    ids=ascii,
)
def test_a_secret_that_is_none(secret: str, client: Client, caplog) -> None:
    sent = headers(BODY)
    with override_settings(CLERK_WEBHOOK_SIGNING_SECRET=secret):
        assert post(client, BODY, sent).status_code == 500
    with override_settings(CLERK_WEBHOOK_SIGNING_SECRET=[SECOND, secret]):  # nor is one of two as good as both
        assert post(client, BODY, headers(BODY, secret=SECOND)).status_code == 500
    assert secret.removeprefix("whsec_") not in caplog.text or secret in ("whsec_", "whsec", "secret")


def test_missing_headers_are_named(client: Client) -> None:
    response = post(client, BODY, {"svix-id": "msg_1"})
    assert (response.status_code, response.json()) == (
        400,
        {"detail": "Missing required webhook headers: svix-timestamp, svix-signature."},
    )


def test_while_a_secret_is_replaced_both_are_good(client: Client) -> None:
    """Clerk's way is a second endpoint: both deliver each event, under ids of their own."""
    first = [post(client, BODY, headers(BODY))]
    with override_settings(CLERK_WEBHOOK_SIGNING_SECRET=None, CLERK_WEBHOOK_SECRET=SECOND):
        first.append(post(client, BODY, headers(BODY, secret=SECOND)))
    assert [response.status_code for response in first] == [200, 200]
    old = headers(BODY)
    with override_settings(CLERK_WEBHOOK_SIGNING_SECRET=[SECOND]), listening() as said:
        assert post(client, BODY, old).status_code == 400
        assert post(client, BODY, headers(BODY, secret=SECOND)).status_code == 200
    assert [name for name, _ in said] == ["webhook_received"]  # the user is as the first endpoint told it


# One effect


def test_signals_and_their_arguments(client: Client, heard) -> None:
    deliver(client, "user.created", clerk_user(email="ada@example.com"), svix_id="msg_1")
    deliver(client, "user.updated", clerk_user(at=2_000, first_name="Grace"))
    deliver(client, "user.deleted", deleted_user())
    names = ["webhook_received", "user_synced"] * 2 + ["webhook_received", "user_deleted"]
    assert sorted(name for name, _ in heard) == sorted(names)
    first = next(arguments for name, arguments in heard if name == "webhook_received")
    assert first["sender"] is ClerkWebhookEvent
    assert (first["event"].svix_id, first["event"].type, first["event"].object_id) == (
        "msg_1",
        "user.created",
        "user_ada",
    )
    assert first["event"].payload["instance_id"] == first["event"].instance_id == "ins_tests"
    created, updated = (arguments for name, arguments in heard if name == "user_synced")
    assert created["sender"] is ClerkUser
    assert (created["created"], updated["created"]) == (True, False)
    assert created["user"] == created["clerk_user"].user
    assert updated["event"].type == "user.updated"
    (deleted,) = (arguments for name, arguments in heard if name == "user_deleted")
    assert (deleted["clerk_user"].clerk_id, deleted["user"].is_active) == ("user_ada", False)


def test_a_repeated_delivery_has_no_effect(client: Client, heard) -> None:
    svix_id = new_svix_id()
    answers = [deliver(client, "user.created", clerk_user(), svix_id=svix_id).json()["detail"] for _ in range(3)]
    assert answers == ["received", "received before", "received before"]
    assert sorted(name for name, _ in heard) == ["user_synced", "webhook_received"]
    assert ClerkWebhookEvent.objects.count() == 1


def test_ids_differ_by_case(client: Client) -> None:
    for svix_id, clerk_id in (("msg_A", "user_A"), ("msg_a", "user_a")):
        assert deliver(client, "user.created", clerk_user(clerk_id), svix_id=svix_id).json() == {"detail": "received"}
    assert ClerkUser.objects.count() == get_user_model().objects.count() == 2


@pytest.mark.parametrize("signal", [webhook_received, user_synced])
@pytest.mark.django_db(transaction=True)
def test_a_receiver_that_raises_undoes_everything(signal, caplog) -> None:
    client, receiver = Client(raise_request_exception=False), Refuses()
    signal.connect(receiver)
    svix_id = new_svix_id()
    assert deliver(client, "user.created", clerk_user(), svix_id=svix_id).status_code == 500
    assert not any(model.objects.exists() for model in (ClerkUser, get_user_model()))
    event = ClerkWebhookEvent.objects.get()
    assert (event.state, event.attempts, event.applied_at) == ("failed", 1, None)
    assert event.error.startswith(f"RuntimeError in {__name__}.__call__, line ")
    assert "the receiver's own fault" not in event.error + caplog.text.partition("Traceback")[0]
    receiver.error = None
    assert deliver(client, "user.created", clerk_user(), svix_id=svix_id).json() == {"detail": "received"}
    event.refresh_from_db()
    assert (event.state, event.attempts, event.error) == ("applied", 2, "")
    assert ClerkUser.objects.count() == ClerkWebhookEvent.objects.count() == get_user_model().objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_receiver_that_ends_the_process_undoes_everything() -> None:
    receiver = Refuses(SystemExit)
    webhook_received.connect(receiver)
    with pytest.raises(SystemExit):
        deliver(Client(), "user.created", clerk_user())
    assert not ClerkUser.objects.exists()
    assert ClerkWebhookEvent.objects.values_list("state", "attempts").get() == ("received", 0)


@pytest.mark.parametrize("kind", ["email.created", "permission.updated", "moon.landed", "user.promoted"])
def test_other_events_are_recorded(kind: str, client: Client, heard) -> None:
    assert deliver(client, kind, {"id": "ema_1", "user_id": "user_ada"}).status_code == 200
    assert [(name, arguments["event"].type) for name, arguments in heard] == [("webhook_received", kind)]
    assert ClerkWebhookEvent.objects.values_list("type", "object_id").get() == (kind, "ema_1")


# Costs


@pytest.mark.parametrize(
    ("kind", "data", "queries"),
    [
        ("email.created", {"id": "ema_1"}, 3),  # stored, claimed, marked as applied: so many for every event
        ("session.created", {"id": "sess_1", "user_id": "user_ada"}, 6),  # … and its user found and held
        ("session.ended", {"id": "sess_1"}, 3),
        ("user.created", clerk_user("user_new"), 9),
        ("user.updated", clerk_user(at=2_000, first_name="Grace"), 10),
        ("user.updated", clerk_user(), 6),
        ("user.deleted", deleted_user(), 11),
    ],
    ids=["nothing is kept", "session started", "session ended", "created", "updated", "unchanged", "deleted"],
)
def test_queries(kind: str, data: Any, queries: int, client: Client) -> None:
    deliver(client, "user.created", clerk_user())
    with CaptureQueriesContext(connection) as captured:
        deliver(client, kind, data)
    asked = [query["sql"] for query in captured if "SAVEPOINT" not in query["sql"]]
    if data.get("first_name") == "Grace" and not hasattr(get_user_model(), "first_name"):
        queries -= 1  # then there is nothing to change in the Django user
    assert len(asked) == queries


# Logs


def test_logs_hold_no_secret_and_nobody(client: Client, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    sent = headers(BODY)
    deliver(client, "user.created", clerk_user(email="ada@example.com"))
    deliver(client, "user.created", clerk_user(email="ada@example.com"))
    deliver(client, "user.created", clerk_user("../x", email="ada@example.com"))
    post(client, BODY + b" ", sent)
    records = [record for record in caplog.records if record.name.startswith("django_clerk")]
    said = "\n".join(record.getMessage() for record in records)
    assert said
    for secret in ("ada@", "Lovelace", "whsec", sent["svix-signature"], "not for another database"):
        assert secret not in said
    assert not any(record.exc_info for record in records)
