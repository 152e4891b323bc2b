"""The example site with Clerk's own JavaScript, and one browser before it that forgets everything between two tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.test import override_settings

from django_clerk.api import mount
from django_clerk.emulator.adapter import EmulatorAdapter
from django_clerk.emulator.instance import Emulator, get_emulator, reset_emulator
from django_clerk.emulator.settings import API_URL, emulator_settings
from tests.emulator.chromium import chromium
from tests.example.project import ROOT, Site, served

from .visitor import Visitor

NODE_MODULES = ROOT / "example_project" / "node_modules"
PASSWORD = "correct horse battery"


@contextmanager
def visiting(origin: str, profile: Path, urlconf: str, **settings: Any) -> Iterator[Visitor]:
    """Yield a browser at a project of the test's own process. It has left before the server does."""
    if not (NODE_MODULES / "@clerk" / "ui").is_dir():
        pytest.skip("Clerk's JavaScript is not installed: npm ci --ignore-scripts in example_project")
    cache.clear()
    mount(API_URL, EmulatorAdapter())
    reset_emulator()
    project: dict[str, Any] = {
        **emulator_settings(":memory:", origin=origin, webhook_url=None),
        "CLERK_EMULATOR_ALLOW_WITHOUT_DEBUG": True,
        "CLERK_EMULATOR_BUNDLE_DIR": str(NODE_MODULES),
        "CLERK_JWT_KEY": None,
        "CLERK_SIGN_IN_URL": "clerk_sign_in",
        "CLERK_SIGN_UP_URL": "clerk_sign_up",
        "ROOT_URLCONF": urlconf,
        "STATIC_URL": "/files/",
    }
    with override_settings(**{**project, **settings}), chromium(profile) as driver:
        visitor = Visitor(driver, origin)
        yield visitor
        assert visitor.hosts() <= {"localhost"}
    reset_emulator()


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    if not (NODE_MODULES / "@clerk" / "ui").is_dir():
        pytest.skip("Clerk's JavaScript is not installed: npm ci --ignore-scripts in example_project")
    with chromium(tmp_path_factory.mktemp("profile")) as driver:
        yield driver


@pytest.fixture(scope="session")
def folder(driver: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("site")


@pytest.fixture(scope="session")
def site(folder: Path) -> Iterator[Site]:
    with served(folder, EXAMPLE_PLAIN_SIGN_IN="") as site:
        yield site


@pytest.fixture
def emulator(site: Site, folder: Path) -> Iterator[Emulator]:
    """The site's local Clerk, in another process than the site's: both have the same file."""
    settings = emulator_settings(folder / ".clerk", origin=site.origin, webhook_url=f"{site.origin}/webhooks/clerk/")
    hashers = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]  # the site knows no other
    with override_settings(**settings, CLERK_EMULATOR_ALLOW_WITHOUT_DEBUG=True, PASSWORD_HASHERS=hashers):
        yield get_emulator()
        reset_emulator()


@pytest.fixture
def allowed() -> list[str]:
    """What the console may say: a test adds to it what it expects."""
    return []


@pytest.fixture
def visitor(driver: Any, site: Site, allowed: list[str]) -> Iterator[Visitor]:
    visitor = Visitor(driver, site.origin)
    yield visitor
    complaints, hosts = visitor.complaints(), visitor.hosts()
    visitor.forget()
    assert [text for text in complaints if not any(expected in text for expected in allowed)] == []
    assert hosts <= {"localhost"}


@pytest.fixture
def ada(emulator: Emulator, site: Site) -> dict[str, Any]:
    """An admin, who has a password."""
    (user,) = emulator.users(email_address=["ada@example.com"])
    return emulator.update_user(user["id"], password=PASSWORD)


@pytest.fixture
def grace(emulator: Emulator, site: Site) -> dict[str, Any]:
    """Somebody else, with a password."""
    (user,) = emulator.users(email_address=["grace@example.com"])
    return emulator.update_user(user["id"], password=PASSWORD)
