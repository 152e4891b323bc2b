"""Clerk's own JavaScript, unmodified and in a real browser, cannot tell the local Clerk from the real one."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.test import override_settings

from django_clerk.emulator import bundles
from django_clerk.emulator.emulator import Emulator
from django_clerk.emulator.instance import reset_emulator
from django_clerk.emulator.management.commands.clerk_emulator import make_server
from tests.emulator.chromium import chromium, hosts_asked
from tests.emulator.visitor import claims

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

BUNDLES = Path(__file__).resolve().parents[2] / "example_project" / "node_modules"
PASSWORD = "correct horse battery"
WAIT = 15


class Page:
    """What a person does, by the words on the page."""

    def __init__(self, driver: Any, origin: str) -> None:
        self.driver = driver
        self.origin = origin

    def open(self, path: str) -> str:
        """Open a page and return who is signed in there, once Clerk's JavaScript knows."""
        self.driver.get(self.origin + path)
        return self.ready()

    def ready(self) -> str:
        return self.until("return document.body && document.body.dataset.ready")

    def until(self, script: str) -> Any:
        """Wait until a script returns something true, and return it."""
        deadline = time.monotonic() + WAIT
        while not (value := self.driver.execute_script(script)):
            assert time.monotonic() < deadline, (self.driver.current_url, self.driver.get_log("browser"))
            time.sleep(0.1)
        return value

    def fill(self, name: str, text: str) -> None:
        self.until(f"const i = document.querySelector('input[name={name}]'); return i && i.offsetParent !== null")
        select_all = "\ue009a\ue000"  # Control and A, then nothing held: React does not notice clear()
        self.driver.find_element("css selector", f"input[name={name}]").send_keys(select_all, text)

    def press(self, label: str) -> None:
        found = (
            "return [...document.querySelectorAll('button, a')].find("
            f"b => b.offsetParent !== null && !b.disabled && b.innerText.trim() === {label!r})"
        )
        self.until(found).click()

    def enter_code(self, emulator: Emulator) -> None:
        """Enter the code that was mailed last, as soon as it was."""
        field = self.until("return document.querySelector('input[autocomplete=one-time-code]')")
        deadline = time.monotonic() + WAIT
        while not emulator.codes.latest(1) and time.monotonic() < deadline:
            time.sleep(0.05)
        field.send_keys(emulator.codes.latest(1)[0].code)

    def says(self, text: str) -> None:
        self.until(f"return document.body.innerText.includes({text!r})")

    def run(self, script: str) -> Any:
        """Run an async expression of JavaScript and return its value."""
        return self.driver.execute_async_script(
            f"const done = arguments[0]; (async () => {script})().then(done, error => done('Error: ' + error))"
        )

    def whoami(self) -> Any:
        """Return what the site says, asked with the page's cookies."""
        return self.run("(await fetch('/whoami/')).json()")


@pytest.fixture
def page(live_server: Any, tmp_path: Path) -> Iterator[Page]:
    cache.clear()
    with override_settings(
        ROOT_URLCONF="tests.emulator.clerk_js_urls",
        CLERK_EMULATOR_BUNDLE_DIR=BUNDLES,
        CLERK_EMULATOR_WEBHOOK_URL="/webhooks/clerk/",
        CLERK_AUTHORIZED_PARTIES=[live_server.url],
        ALLOWED_HOSTS=["localhost"],
    ):
        if bundles.missing():
            pytest.skip("Clerk's JavaScript is not installed: npm ci --ignore-scripts in example_project")
        with chromium(tmp_path / "profile") as driver:
            yield Page(driver, live_server.url)
            assert hosts_asked(driver) == {"localhost"}


def test_sign_in(page: Page, emulator: Emulator) -> None:
    ada = emulator.create_user(email_address="ada@example.com", first_name="Ada", password=PASSWORD)
    assert page.open("/page/SignIn/") == "signed out"
    page.fill("identifier", "ada@example.com")
    page.press("Continue")
    page.fill("password", "wrong")
    page.press("Continue")
    page.says("Password is incorrect")
    page.fill("password", PASSWORD)
    page.press("Continue")
    page.until("return location.pathname === '/page/'")
    assert page.ready() == ada["id"]
    assert page.whoami()["clerk_id"] == ada["id"]


def test_sign_up_with_a_code_and_sign_out(page: Page, emulator: Emulator) -> None:
    page.open("/page/SignUp/")
    page.fill("emailAddress", "grace@example.com")
    page.fill("password", PASSWORD)
    page.press("Continue")
    page.says("Verify your email")
    page.enter_code(emulator)
    page.until("return location.pathname === '/page/'")
    user_id = page.ready()
    assert page.whoami() == {"authenticated": True, "clerk_id": user_id, "role": None, "why": None}
    assert emulator.user(user_id)["email_addresses"][0]["email_address"] == "grace@example.com"
    page.run("Clerk.signOut()")
    page.until("return document.cookie.includes('__client_uat=0')")
    assert page.open("/page/") == "signed out"
    assert page.whoami()["authenticated"] is False


def test_an_organization_is_made_and_switched_to(page: Page, emulator: Emulator) -> None:
    emulator.create_user(email_address="ada@example.com", password=PASSWORD)
    page.open("/page/OrganizationSwitcher/")
    page.run(
        "{ const attempt = await Clerk.client.signIn.create({identifier: 'ada@example.com', password: "
        f"{PASSWORD!r}}}); await Clerk.setActive({{session: attempt.createdSessionId}}); }}"
    )
    page.open("/page/OrganizationSwitcher/")
    assert "o" not in claims(page.run("Clerk.session.getToken()"))
    page.until("return document.querySelector('.cl-organizationSwitcherTrigger')").click()
    page.press("Create organization")
    page.fill("name", "Analytical Engines")
    page.press("Create organization")
    page.press("Skip")
    page.until("return location.pathname === '/page/'")
    page.ready()
    [organization] = emulator.organizations.organizations()
    assert page.run("Clerk.organization.id") == organization["id"]
    cookie = page.driver.get_cookie("__session")["value"]
    for token in (page.run("Clerk.session.getToken()"), cookie):
        assert claims(token)["o"] == {"id": organization["id"], "slg": "analytical-engines", "rol": "admin"}
    assert page.run("Clerk.session.checkAuthorization({role: 'org:admin'})") is True
    page.run("Clerk.setActive({organization: null})")
    assert "o" not in claims(page.run("Clerk.session.getToken()"))


def test_a_browser_whose_state_was_lost_starts_afresh(page: Page, emulator: Emulator) -> None:
    """With a key of accounts.dev, which has the browser known by a value of its own."""
    assert page.open("/page/SignIn/?key=accounts") == "signed out"
    dev_browser = page.driver.get_cookie("__clerk_db_jwt")["value"]
    assert dev_browser.startswith("dvb_")
    reset_emulator()
    page.driver.delete_cookie("__client")
    assert page.open("/page/SignIn/?key=accounts") == "signed out"
    page.until("return document.querySelector('input[name=identifier]')")
    assert page.driver.get_cookie("__clerk_db_jwt")["value"] != dev_browser


@override_settings(CLERK_EMULATOR_WEBHOOK_URL=None)
def test_a_front_end_on_another_port(page: Page, emulator: Emulator) -> None:
    """As with ``manage.py clerk_emulator``: the page is not served by the process that is Clerk, nor are webhooks."""
    ada = emulator.create_user(email_address="ada@example.com", password=PASSWORD)
    server = make_server(0)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        address = f"/page/?clerk=http://localhost:{server.server_port}"
        assert page.open(address) == "signed out"
        page.run(
            "{ const attempt = await Clerk.client.signIn.create({identifier: 'ada@example.com', password: "
            f"{PASSWORD!r}}}); await Clerk.setActive({{session: attempt.createdSessionId}}); }}"
        )
        assert page.open(address) == ada["id"]
        token = claims(page.run("Clerk.session.getToken({skipCache: true})"))
        assert (token["sub"], token["azp"]) == (ada["id"], page.origin)
        page.run("Clerk.signOut()")
        page.until("return document.cookie.includes('__client_uat=0')")
        assert page.open(address) == "signed out"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
