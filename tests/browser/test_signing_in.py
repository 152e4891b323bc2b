"""Clerk's own box on a page of the site: up, in, and where that leads."""

from __future__ import annotations

from typing import Any

import pytest

from django_clerk.emulator.instance import Emulator
from django_clerk.emulator.store import Code

from .conftest import PASSWORD
from .visitor import Visitor

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def newest_code(emulator: Emulator, visitor: Visitor, address: str) -> Code:
    visitor.until("return document.querySelector('input[autocomplete=one-time-code]')")
    return next(code for code in emulator.codes.latest(10) if code.address == address)


def test_sign_up_with_a_code(visitor: Visitor, emulator: Emulator) -> None:
    visitor.open("/")
    visitor.press("Sign in and write")
    visitor.press("Sign up")
    visitor.fill("emailAddress", "hedy@example.com")
    visitor.fill("password", PASSWORD)
    visitor.press("Continue")
    visitor.reads("Verify your email")
    assert visitor.path == "/sign-up/verify-email-address"
    visitor.enter_code(newest_code(emulator, visitor, "hedy@example.com").code)
    visitor.arrives("/")  # where she came from
    me = visitor.asks("/api/me/")
    assert (me["email"], me["source"]) == ("hedy@example.com", "cookie")


def test_wrong_password_and_then_the_right_one(visitor: Visitor, grace: dict[str, Any], allowed: list[str]) -> None:
    allowed.append("attempt_first_factor")  # answers 422, which the browser writes down
    visitor.open("/dashboard/")
    visitor.sign_in("grace@example.com", "not this one")
    visitor.reads("Password is incorrect")
    assert visitor.path == "/sign-in/factor-one"
    assert "__session" not in visitor.cookies()
    visitor.fill("password", PASSWORD)
    visitor.press("Continue")
    visitor.arrives("/dashboard/")
    visitor.reads("Good to see you, Grace")


def test_sign_in_by_code_and_a_page_for_a_role(
    visitor: Visitor, emulator: Emulator, grace: dict[str, Any], allowed: list[str]
) -> None:
    allowed.append("/admin-area/ - Failed to load resource: the server responded with a status of 403")
    visitor.open("/admin-area/")
    visitor.fill("identifier", "grace@example.com")
    visitor.press("Continue")
    visitor.press("Use another method")
    visitor.press("Email code to grace@example.com")
    visitor.enter_code(newest_code(emulator, visitor, "grace@example.com").code)
    visitor.arrives("/admin-area/")
    visitor.reads("not yours to open")
    emulator.update_metadata(grace["id"], public_metadata={"role": "admin"})
    visitor.open("/admin-area/")
    visitor.reads("People, as synced")
    emulator.update_metadata(grace["id"], public_metadata={"role": "editor"})


@pytest.mark.parametrize("place", ["?redirect_url=https://evil.example/", "#/?redirect_url=https://evil.example/"])
def test_nobody_is_led_elsewhere(visitor: Visitor, grace: dict[str, Any], place: str) -> None:
    """The page takes such a way back out of its address; what only the browser sees, Clerk is told not to follow."""
    visitor.open(f"/sign-in/{place}")
    visitor.sign_in("grace@example.com", PASSWORD)
    visitor.arrives("/dashboard/")


def test_without_javascript(visitor: Visitor, grace: dict[str, Any]) -> None:
    visitor.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        visitor.open("/dashboard/")
        visitor.arrives("/sign-in/")
        visitor.driver.find_element("link text", "Sign in without JavaScript").click()
        visitor.arrives("/__clerk/sign-in")
        visitor.driver.find_element("css selector", f"button[value={grace['id']}]").click()
        visitor.arrives("/dashboard/")
        visitor.reads("Good to see you, Grace")
        visitor.driver.find_element("xpath", "//button[text()='Sign out']").click()
        visitor.arrives("/")
        visitor.reads("Sign in and write")
    finally:
        visitor.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
