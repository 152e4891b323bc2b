"""Clerk's box under a Content-Security-Policy that knows nonces only, by django-csp or by Django's own middleware."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
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
from tests.settings import MIDDLEWARE

from .conftest import NODE_MODULES, PASSWORD
from .visitor import Visitor

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300), pytest.mark.django_db(transaction=True)]

MIDDLEWARES = {
    "csp.middleware.CSPMiddleware": "csp",
    "django.middleware.csp.ContentSecurityPolicyMiddleware": "django.middleware.csp",
}


def policy(nonce: Any) -> dict[str, list[Any]]:
    return {
        "default-src": ["'none'"],
        "base-uri": ["'none'"],
        "script-src": [nonce, "'strict-dynamic'"],  # Clerk's scripts load parts of themselves
        "style-src": [nonce, "'self'"],
        "connect-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "worker-src": ["blob:"],
    }


@pytest.fixture(params=MIDDLEWARES)
def strict(request: Any, live_server: Any, tmp_path: Path) -> Iterator[Visitor]:
    """A browser of its own, which has left before the server does."""
    if find_spec(MIDDLEWARES[request.param]) is None:
        pytest.skip(f"there is no {request.param}")
    if not (NODE_MODULES / "@clerk" / "ui").is_dir():
        pytest.skip("Clerk's JavaScript is not installed: npm ci --ignore-scripts in example_project")
    settings: dict[str, Any] = emulator_settings(":memory:", origin=live_server.url, webhook_url=None)
    if request.param.startswith("csp."):
        settings["CONTENT_SECURITY_POLICY"] = {"DIRECTIVES": policy(import_module("csp.constants").NONCE)}
    else:
        settings["SECURE_CSP"] = policy(import_module("django.utils.csp").CSP.NONCE)
    settings |= {"CLERK_SIGN_IN_URL": "clerk_sign_in", "CLERK_SIGN_UP_URL": "clerk_sign_up"}
    cache.clear()
    mount(API_URL, EmulatorAdapter())
    reset_emulator()
    with (
        override_settings(
            **settings,
            CLERK_JWT_KEY=None,
            CLERK_EMULATOR_ALLOW_WITHOUT_DEBUG=True,
            CLERK_EMULATOR_BUNDLE_DIR=str(NODE_MODULES),
            MIDDLEWARE=[request.param, *MIDDLEWARE],
            ROOT_URLCONF="tests.browser.strict_urls",
            STATIC_URL="/files/",
        ),
        chromium(tmp_path / "profile") as driver,
    ):
        visitor = Visitor(driver, live_server.url)
        yield visitor
        assert visitor.complaints() == []
    reset_emulator()


def test_in_and_out_again(strict: Visitor) -> None:
    emulator: Emulator = get_emulator()
    user = emulator.create_user(email_address="ada@example.com", password=PASSWORD)
    strict.open("/sign-in/")
    assert strict.until("return [...document.getElementsByName('identifier')].find(seen)")
    strict.sign_in("ada@example.com", PASSWORD)
    strict.arrives("/")
    strict.has_clerk()
    assert strict.run("Clerk.user.id") == user["id"]
    strict.until("return seen(document.querySelector('.cl-userButtonTrigger'))")
    # The components look as they should: their styles carry the nonce.
    assert strict.run("getComputedStyle(document.querySelector('.cl-userButtonTrigger')).borderRadius") != "0px"
    strict.press("Sign out")
    strict.until("return window.Clerk?.loaded && !Clerk.user")
