"""A page that somebody fills in for longer than a token lives."""

from __future__ import annotations

from typing import Any

from django_clerk.emulator.instance import Emulator
from tests.emulator.browser import Browser
from tests.emulator.test_sign_in import SESSION_COOKIES, UAT_COOKIES, session_of


def test_the_session_is_renewed(browser: Browser, emulator: Emulator, ada: dict[str, Any]) -> None:
    first = session_of(browser.sign_in(ada["id"], "/"))
    response = browser.client.post("/__clerk/renew")
    assert response.status_code == 204
    assert {*SESSION_COOKIES, *UAT_COOKIES} <= set(response.cookies)
    renewed = session_of(response)
    assert {name: renewed[name] for name in ("sub", "sid", "azp")} == {
        name: first[name] for name in ("sub", "sid", "azp")
    }
    assert renewed["jti"] != first["jti"]


def test_where_nobody_is_signed_in_nothing_is_set(browser: Browser, ada: dict[str, Any]) -> None:
    assert not browser.client.post("/__clerk/renew").cookies
    browser.sign_in(ada["id"], "/")
    browser.submit("/__clerk/sign-in", "/__clerk/sign-out", {})
    response = browser.client.post("/__clerk/renew")
    assert (response.status_code, dict(response.cookies)) == (204, {})


def test_only_asked_for_and_only_from_this_machine(browser: Browser, ada: dict[str, Any]) -> None:
    browser.sign_in(ada["id"], "/")
    assert browser.get("/__clerk/renew").status_code == 405
    assert browser.client.post("/__clerk/renew", REMOTE_ADDR="203.0.113.7").status_code == 403


def test_the_script_is_served(browser: Browser) -> None:
    response = browser.get("/__clerk/renew.js")
    assert response["Content-Type"] == "text/javascript; charset=utf-8"
    assert b'new URL("renew"' in response.content
