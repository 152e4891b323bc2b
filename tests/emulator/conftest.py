from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import override_settings

from django_clerk.api import mount
from django_clerk.emulator.adapter import EmulatorAdapter
from django_clerk.emulator.instance import Emulator, get_emulator, reset_emulator
from django_clerk.emulator.settings import API_URL, emulator_settings
from tests.emulator.browser import Browser
from tests.emulator.listener import Receiver
from tests.emulator.receivers import received


@pytest.fixture(scope="session", autouse=True)
def _mounted() -> None:
    mount(API_URL, EmulatorAdapter())


@pytest.fixture(autouse=True)
def _project() -> Iterator[None]:
    """A project that uses the local Clerk, in memory and anew for each test."""
    settings: dict[str, Any] = {
        **emulator_settings(":memory:", origin="http://localhost:8000", webhook_url="/hooks/"),
        "CLERK_EMULATOR_ALLOW_WITHOUT_DEBUG": True,
        "CLERK_JWT_KEY": None,
        "ROOT_URLCONF": "tests.emulator.urls",
        "MIDDLEWARE": ["django.middleware.common.CommonMiddleware", "django.middleware.csrf.CsrfViewMiddleware"],
    }
    reset_emulator()
    received.clear()
    with override_settings(**settings):
        yield
    reset_emulator()


@pytest.fixture
def emulator() -> Emulator:
    return get_emulator()


@pytest.fixture
def ada(emulator: Emulator) -> dict[str, Any]:
    """A user whose webhook has come and is forgotten."""
    user = emulator.create_user(
        email_address="ada@example.com", first_name="Ada", last_name="Lovelace", public_metadata={"role": "admin"}
    )
    received.clear()
    return user


@pytest.fixture
def browser() -> Iterator[Browser]:
    with override_settings(ALLOWED_HOSTS=["*"]):
        yield Browser()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A server that gets webhooks over HTTP."""
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()
