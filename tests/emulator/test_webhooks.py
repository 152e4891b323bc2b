from __future__ import annotations

import time
from typing import Any

import pytest
from svix.webhooks import Webhook

from django_clerk.emulator.instance import Emulator
from django_clerk.emulator.webhooks.events import signed_headers
from tests.emulator.calls import in_process
from tests.emulator.openapi import validate
from tests.emulator.receivers import received


def types() -> list[str]:
    return [delivery.event["type"] for delivery in received]


class TestSignature:
    @pytest.mark.parametrize(
        ("secret", "message_id", "timestamp", "content", "signature"),
        [
            (
                "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                "msg_p5jXN8AQM9LWM0D4loKWxJek",
                1614265330,
                b'{"test": 2432232314}',
                "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
            ),
            (
                "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
                "msg_1",
                1700000000,
                b'{"type":"user.created"}',
                "v1,+0JYNXAVJ5ijq3mefraxbupOsf4aCKpwd5yFoxOBx88=",
            ),
        ],
    )
    def test_known_answers(self, secret: str, message_id: str, timestamp: int, content: bytes, signature: str) -> None:
        headers = signed_headers(secret, message_id=message_id, timestamp=timestamp, content=content)
        assert headers == {"svix-id": message_id, "svix-timestamp": str(timestamp), "svix-signature": signature}

    def test_svix_itself_accepts_a_delivery(self, emulator: Emulator) -> None:
        emulator.create_user(email_address="ada@example.com")
        [delivery] = received  # the receiver has verified it with svix
        assert delivery.headers["Svix-Id"].startswith("msg_")
        assert abs(int(delivery.headers["Svix-Timestamp"]) - time.time()) < 5
        with pytest.raises(Exception, match="No matching signature"):
            Webhook("whsec_" + "A" * 32).verify(delivery.body, delivery.headers)


class TestEvents:
    def test_the_envelope_and_the_user(self, emulator: Emulator) -> None:
        user = emulator.create_user(email_address="ada@example.com")
        event = received[0].event
        assert event["data"] == user
        assert {name: event[name] for name in ("object", "type", "instance_id")} == {
            "object": "event",
            "type": "user.created",
            "instance_id": emulator.credentials.instance_id,
        }
        assert abs(event["timestamp"] / 1000 - time.time()) < 5, "milliseconds"
        assert event["event_attributes"]["http_request"]["client_ip"] == "127.0.0.1"
        validate("webhooks-2025-04-15", "WebhookEventPayload", event)
        validate("webhooks-2025-04-15", "User", event["data"])

    @pytest.mark.parametrize(
        "change",
        [
            lambda emulator, user_id: emulator.update_user(user_id, first_name="Augusta"),
            lambda emulator, user_id: emulator.update_user(user_id, email_address="new@example.com"),
            lambda emulator, user_id: emulator.update_metadata(user_id, public_metadata={"role": None}),
            lambda emulator, user_id: emulator.ban_user(user_id),
            lambda emulator, user_id: emulator.lock_user(user_id),
            lambda emulator, user_id: in_process("PATCH", f"/v1/users/{user_id}", {"last_name": "King"}),
        ],
    )
    def test_a_change_is_told_once(self, emulator: Emulator, ada: dict[str, Any], change: Any) -> None:
        change(emulator, ada["id"])
        [delivery] = received
        assert delivery.event["type"] == "user.updated"
        assert delivery.event["data"] == emulator.user(ada["id"])
        assert delivery.event["data"]["updated_at"] > ada["updated_at"]

    def test_a_deletion_tells_what_is_left(self, emulator: Emulator) -> None:
        user = emulator.create_user(email_address="x@example.com", external_id="7")
        emulator.delete_user(user["id"])
        event = received[-1].event
        assert event["type"] == "user.deleted"
        assert event["data"] == {"object": "user", "id": user["id"], "deleted": True, "external_id": "7"}
        validate("webhooks-2025-04-15", "DeletedObject", event["data"])

    def test_a_session_is_told_with_its_user(self, emulator: Emulator, ada: dict[str, Any]) -> None:
        session = emulator.sign_in(ada["id"])
        assert types() == ["session.created", "user.updated"]
        data = received[0].event["data"]
        user = data.pop("user")
        assert data == session
        assert user == emulator.user(ada["id"])
        assert user["last_sign_in_at"] == session["created_at"]
        validate("webhooks-2025-04-15", "Session", data)
        received.clear()
        assert emulator.sign_out(session["id"]) is not None
        assert emulator.sign_out(session["id"]) is None, "it has ended already"
        assert types() == ["session.removed"]

    def test_a_ban_ends_the_sessions(self, emulator: Emulator, ada: dict[str, Any]) -> None:
        sessions = [emulator.sign_in(ada["id"])["id"] for _ in range(2)]
        received.clear()
        emulator.ban_user(ada["id"])
        assert types() == ["user.updated", "session.revoked", "session.revoked"]
        assert {delivery.event["data"]["id"] for delivery in received[1:]} == set(sessions)

    def test_a_refused_change_is_not_told(self, emulator: Emulator, ada: dict[str, Any]) -> None:
        in_process("PATCH", f"/v1/users/{ada['id']}", {"username": "no"})
        in_process("POST", "/v1/users", {"email_address": ["ada@example.com"]})
        assert received == []

    def test_many_users_are_silent_unless_asked(self, emulator: Emulator) -> None:
        emulator.seed_users(3)
        assert received == []
        emulator.seed_users(5, webhooks=True)
        assert types() == ["user.created"] * 2
