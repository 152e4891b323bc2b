"""The local Clerk with the package it is for: sign-in, webhooks and keys, end to end and in process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import override_settings

from django_clerk.emulator.instance import Emulator
from django_clerk.models import ClerkUser
from tests import settings as project
from tests.emulator.browser import Browser

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _with_the_package() -> Iterator[None]:
    cache.clear()  # keys of another test's instance
    with override_settings(
        ROOT_URLCONF="tests.emulator.journey_urls",
        MIDDLEWARE=project.MIDDLEWARE,
        CLERK_EMULATOR_WEBHOOK_URL="/webhooks/clerk/",
        ALLOWED_HOSTS=["localhost"],
    ):
        yield


@pytest.fixture
def grace(emulator: Emulator) -> dict[str, Any]:
    return emulator.create_user(email_address="grace@example.com", public_metadata={"role": "editor"})


def whoami(browser: Browser) -> Any:
    return browser.get("/whoami/").json()


def test_a_webhook_makes_a_row(emulator: Emulator, grace: dict[str, Any]) -> None:
    assert [delivery.status for delivery in emulator.deliveries()] == ["delivered"]
    assert ClerkUser.objects.get(clerk_id=grace["id"]).role == "editor"


def test_who_signs_in_is_known(emulator: Emulator, grace: dict[str, Any]) -> None:
    browser = Browser()
    assert whoami(browser)["authenticated"] is False
    browser.sign_in(grace["id"])
    assert whoami(browser) == {"authenticated": True, "clerk_id": grace["id"], "role": "editor", "why": None}
    emulator.update_metadata(grace["id"], public_metadata={"role": "admin"})
    assert whoami(browser)["role"] == "admin", "the webhook has told"
    browser.submit("/__clerk/sign-in", "/__clerk/sign-out", {})
    assert whoami(browser)["authenticated"] is False


def test_a_lost_webhook_and_a_first_sight(emulator: Emulator) -> None:
    with emulator.webhooks_paused():
        user = emulator.create_user(email_address="alan@example.com")
        browser = Browser()
        browser.sign_in(user["id"])
    assert not ClerkUser.objects.filter(clerk_id=user["id"]).exists()
    assert whoami(browser)["authenticated"] is True
    assert ClerkUser.objects.get(clerk_id=user["id"]).email == "alan@example.com"


@pytest.mark.parametrize("end", ["ban_user", "lock_user", "delete_user"])
def test_whoever_is_gone_stays_out(emulator: Emulator, grace: dict[str, Any], end: str) -> None:
    browser = Browser()
    browser.sign_in(grace["id"])
    assert whoami(browser)["authenticated"] is True
    getattr(emulator, end)(grace["id"])
    assert emulator.deliveries(1)[0].status == "delivered"
    assert whoami(browser)["authenticated"] is False
