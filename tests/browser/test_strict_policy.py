"""Clerk's box under a Content-Security-Policy that knows nonces only, by django-csp or by Django's own middleware."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from django_clerk.emulator.instance import Emulator, get_emulator
from tests.settings import MIDDLEWARE

from .conftest import PASSWORD, visiting
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
    if find_spec(MIDDLEWARES[request.param]) is None:
        pytest.skip(f"there is no {request.param}")
    settings: dict[str, Any] = {"MIDDLEWARE": [request.param, *MIDDLEWARE]}
    if request.param.startswith("csp."):
        settings["CONTENT_SECURITY_POLICY"] = {"DIRECTIVES": policy(import_module("csp.constants").NONCE)}
    else:
        settings["SECURE_CSP"] = policy(import_module("django.utils.csp").CSP.NONCE)
    with visiting(live_server.url, tmp_path / "profile", "tests.browser.strict_urls", **settings) as visitor:
        yield visitor
        assert visitor.complaints() == []


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
