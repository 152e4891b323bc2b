from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from django_clerk.emulator.instance import Emulator
from django_clerk.emulator.store import Database, Deliveries, Delivery
from django_clerk.emulator.webhooks import retries
from tests.emulator.listener import Receiver


class TestRetries:
    @pytest.fixture
    def lasting(self, tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
        """An emulator with a state folder, which therefore retries, and does not wait long."""
        monkeypatch.setattr(retries, "DELAYS", (0.05, 0.05))
        monkeypatch.setattr("django_clerk.emulator.webhooks.courier.DELAYS", (0.05, 0.05))
        emulator = Emulator(str(tmp_path / ".clerk"), webhook_url=receiver.url)
        yield emulator
        emulator.close()

    def wait(self, emulator: Emulator, status: str) -> Any:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            [delivery] = emulator.deliveries()
            if delivery.status == status:
                return delivery
            time.sleep(0.02)
        raise AssertionError(f"still {delivery.status}, not {status}")

    def test_a_failure_is_tried_again_until_it_succeeds(self, lasting: Emulator, receiver: Receiver) -> None:
        receiver.statuses = [500, 503]
        lasting.create_user(email_address="ada@example.com")
        delivery = self.wait(lasting, "delivered")
        assert [attempt.status for attempt in delivery.attempts] == [500, 503, 204]
        assert len({headers["svix-id"] for _, headers, _ in receiver.requests}) == 1

    def test_not_for_ever(self, lasting: Emulator, receiver: Receiver) -> None:
        receiver.statuses = [500] * 10
        lasting.create_user(email_address="ada@example.com")
        delivery = self.wait(lasting, "failed")
        assert [attempt.status for attempt in delivery.attempts] == [500, 500, 500]

    def test_the_next_process_goes_on(
        self, tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = str(tmp_path / ".clerk")
        receiver.statuses = [500]
        monkeypatch.setattr("django_clerk.emulator.webhooks.courier.DELAYS", (0.5,))
        first = Emulator(folder, webhook_url=receiver.url)
        first.create_user(email_address="ada@example.com")
        first.close()  # as the autoreloader does when the receiver is mended
        second = Emulator(folder, webhook_url=receiver.url)
        try:
            assert [delivery.status for delivery in second.deliveries()] == ["pending"]
            second.resume_retries()
            self.wait(second, "delivered")
        finally:
            second.close()

    def test_a_failing_thread_says_so_and_the_next_takes_over(self, caplog: pytest.LogCaptureFixture) -> None:
        database = Database(":memory:")
        deliveries = Deliveries(database)
        deliveries.add(Delivery("msg_1", "user.created", "user_1", 0, "{}", "pending", next_attempt_at=1))
        attempted = threading.Event()

        def attempt(delivery: Delivery) -> None:
            attempted.set()
            raise OSError("the disk is full")

        retrier = retries.Retrier(deliveries, attempt=attempt, clock=lambda: 1_000_000)
        for now_due in (False, True):
            if now_due:
                database.execute("UPDATE deliveries SET next_attempt_at = 1")
            attempted.clear()
            retrier.wake()
            assert attempted.wait(10)
            self.wait_for_the_end()
        retrier.stop()
        database.close()
        assert caplog.text.count("Retrying webhooks has stopped") == 2

    def wait_for_the_end(self) -> None:
        for thread in threading.enumerate():
            if thread.name == "clerk_emulator-retries":
                thread.join(10)

    def test_by_hand_it_goes_at_once_and_the_schedule_stays(self, tmp_path: Path, receiver: Receiver) -> None:
        emulator = Emulator(str(tmp_path / ".clerk"), webhook_url=receiver.url)
        try:
            receiver.statuses = [500, 500]
            emulator.create_user(email_address="ada@example.com")
            [pending] = emulator.deliveries()
            again = emulator.redeliver(pending.id)
            assert (again.status, again.next_attempt_at) == ("pending", pending.next_attempt_at)
            assert emulator.redeliver(pending.id).status == "delivered"
            assert emulator.deliveries()[0].next_attempt_at is None
        finally:
            emulator.close()
