from __future__ import annotations

import pytest
from asgiref.sync import sync_to_async
from django.core.exceptions import ImproperlyConfigured, SynchronousOnlyOperation
from django.test import Client, override_settings
from django.utils.translation import get_language
from svix.webhooks import Webhook

from django_clerk.emulator.instance import Emulator
from tests.emulator.calls import in_process
from tests.emulator.listener import Receiver
from tests.emulator.receivers import received


def types() -> list[str]:
    return [delivery.event["type"] for delivery in received]


class TestDelivery:
    def test_it_has_happened_when_the_call_returns(self, emulator: Emulator) -> None:
        assert in_process("POST", "/v1/users", {"email_address": ["a@example.com"]}).status == 200
        assert types() == ["user.created"]
        assert received[0].host == "testserver" or received[0].host == "localhost"
        assert received[0].remote_address == "127.0.0.1"
        [delivery] = emulator.deliveries()
        assert delivery.status == "delivered"
        assert delivery.attempts[0].status == 204
        assert delivery.body.encode() == received[0].body

    def test_the_request_around_it_keeps_its_language(self, emulator: Emulator) -> None:
        before = get_language()
        emulator.create_user(email_address="a@example.com")  # the receiver has activated German
        assert get_language() == before

    @pytest.mark.parametrize(
        ("address", "status", "detail"),
        [
            ("/hooks/busy/", 503, "busy"),
            ("/hooks/crash/", 500, ""),
            ("/hooks/elsewhere/", 302, ""),
            ("/hooks/nowhere/", 404, ""),
            ("/hooks", 301, ""),
        ],
    )
    def test_anything_but_success_has_failed(self, emulator: Emulator, address: str, status: int, detail: str) -> None:
        emulator.webhook_url = address
        emulator.create_user(email_address="a@example.com")
        [delivery] = emulator.deliveries()
        assert (delivery.status, delivery.attempts[0].status) == ("failed", status)
        assert detail in delivery.attempts[0].detail
        assert delivery.next_attempt_at is None, "in memory nothing is tried again behind a test's back"

    def test_an_exception_that_leaves_the_project_is_a_failure(self, emulator: Emulator) -> None:
        emulator.webhook_url = "/hooks/crash/"
        with override_settings(DEBUG_PROPAGATE_EXCEPTIONS=True):
            emulator.create_user(email_address="a@example.com")
        [delivery] = emulator.deliveries()
        assert (delivery.status, delivery.attempts[0].detail) == ("failed", "The project raised LookupError.")

    def test_a_lost_event_can_be_sent_later(self, emulator: Emulator) -> None:
        with emulator.webhooks_paused(), emulator.webhooks_paused():
            emulator.create_user(email_address="a@example.com")
        assert received == []
        [lost] = emulator.deliveries()
        assert (lost.status, lost.attempts) == ("lost", ())
        emulator.create_user(email_address="b@example.com")
        assert len(received) == 1, "the pause is over"
        sent = emulator.redeliver(lost.id)
        assert sent.status == "delivered"
        assert received[-1].headers["Svix-Id"] == lost.id

    def test_an_event_may_come_twice(self, emulator: Emulator) -> None:
        with emulator.webhooks_doubled():
            emulator.create_user(email_address="a@example.com")
        emulator.create_user(email_address="b@example.com")
        assert types() == ["user.created"] * 3
        assert len({delivery.headers["Svix-Id"] for delivery in received}) == 2
        assert [len(delivery.attempts) for delivery in emulator.deliveries()] == [1, 2]

    def test_events_may_come_in_another_order(self, emulator: Emulator) -> None:
        with emulator.webhooks_reordered():
            user = emulator.create_user(email_address="a@example.com")
            with emulator.webhooks_reordered():
                emulator.ban_user(user["id"])
            assert types() == ["user.updated"], "what was held inside has come"
            emulator.delete_user(user["id"])
            assert len(received) == 1
        assert types() == ["user.updated", "user.deleted", "user.created"]

    def test_sending_again_keeps_the_id_and_the_body(self, emulator: Emulator) -> None:
        emulator.webhook_url = "/hooks/busy/"
        emulator.create_user(email_address="a@example.com")
        [failed] = emulator.deliveries()
        emulator.webhook_url = None
        assert emulator.redeliver(failed.id).status == "delivered"
        assert emulator.redeliver(failed.id).status == "delivered"
        assert {delivery.headers["Svix-Id"] for delivery in received} == {failed.id}
        assert {delivery.body for delivery in received} == {failed.body.encode()}
        [delivery] = emulator.deliveries()
        assert [attempt.status for attempt in delivery.attempts] == [503, 204, 204]

    def test_an_unknown_delivery_is_not_sent(self, emulator: Emulator) -> None:
        with pytest.raises(KeyError):
            emulator.redeliver("msg_nobody")

    def test_without_an_address_events_are_only_listed(self, emulator: Emulator) -> None:
        with override_settings(CLERK_EMULATOR_WEBHOOK_URL=None):
            emulator.create_user(email_address="a@example.com")
            [unsent] = emulator.deliveries()
            assert unsent.status == "unsent"
            assert emulator.redeliver(unsent.id).attempts[0].detail == "No webhook address is set."

    def test_other_machines_get_nothing(self, emulator: Emulator) -> None:
        emulator.webhook_url = "https://example.com/hooks/"
        with pytest.raises(ImproperlyConfigured):
            emulator.create_user(email_address="a@example.com")

    def test_only_the_latest_are_kept(self, emulator: Emulator) -> None:
        with emulator.webhooks_paused():
            emulator.create_users(({"username": f"user{number}"} for number in range(1005)), webhooks=True)
        assert len(emulator.deliveries(limit=5000)) == 1000

    async def test_on_an_event_loop_it_says_what_to_do(self, emulator: Emulator) -> None:
        with pytest.raises(SynchronousOnlyOperation):
            emulator.create_user(email_address="a@example.com")
        assert emulator.count_users() == 0
        await sync_to_async(emulator.create_user)(email_address="a@example.com")
        assert types() == ["user.created"]

    def test_a_view_sets_it_off_in_its_own_thread(self, emulator: Emulator) -> None:
        client = Client()
        client.post(
            "/__clerk_api/v1/users",
            {"email_address": ["a@example.com"]},
            content_type="application/json",
            headers={"Authorization": f"Bearer {emulator.credentials.secret_key}"},
        )
        assert types() == ["user.created"]


class TestOverHTTP:
    def test_a_url_gets_a_real_post(self, emulator: Emulator, receiver: Receiver) -> None:
        emulator.webhook_url = receiver.url
        user = emulator.create_user(email_address="ada@example.com")
        [(path, headers, body)] = receiver.requests
        assert path == "/hooks/"
        assert headers["Content-Type"] == "application/json"
        Webhook(emulator.credentials.webhook_secret).verify(body, {k.lower(): v for k, v in headers.items()})
        assert user["id"].encode() in body
        assert emulator.deliveries()[0].status == "delivered"

    def test_a_redirect_is_not_followed(self, emulator: Emulator, receiver: Receiver) -> None:
        emulator.webhook_url = receiver.url
        receiver.statuses = [307]
        emulator.create_user(email_address="ada@example.com")
        assert emulator.deliveries()[0].attempts[0].status == 307

    def test_nobody_there_is_a_failure(self, emulator: Emulator) -> None:
        emulator.webhook_url = "http://127.0.0.1:9/hooks/"
        emulator.create_user(email_address="ada@example.com")
        attempt = emulator.deliveries()[0].attempts[0]
        assert attempt.status is None
        assert "no answer" in attempt.detail

    def test_proxies_of_the_environment_are_left_out(
        self, emulator: Emulator, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
        emulator.webhook_url = receiver.url
        emulator.create_user(email_address="ada@example.com")
        assert emulator.deliveries()[0].status == "delivered"
