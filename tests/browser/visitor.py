"""Somebody at a real browser: what they do, by the words on the page, and what the browser says of it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from selenium.common.exceptions import WebDriverException

from django_clerk.emulator.instance import Emulator

PATIENCE = 12  # seconds
#: What the driver says where a page goes away, or an element is replaced, between two of its steps.
_PASSING = ("document unloaded", "aborted by navigation", "stale element", "Cannot find context", "not clickable")
_SEEN = (
    "const seen = (element) => element && element.checkVisibility({ visibilityProperty: true, opacityProperty: true });"
)


class Visitor:
    """A browser at the site."""

    def __init__(self, driver: Any, origin: str) -> None:
        self.driver = driver
        self.origin = origin
        self._asked: set[str] = set()

    def open(self, path: str) -> None:
        self.driver.get(self.origin + path)

    @property
    def path(self) -> str:
        return str(self.driver.execute_script("return location.pathname"))

    @property
    def text(self) -> str:
        return str(self.driver.execute_script("return document.body.innerText"))

    def until(self, script: str, *given: Any) -> Any:
        """Wait until a script returns something true, and return it."""
        return self.persist(lambda: self.driver.execute_script(_SEEN + script, *given), script, *given)

    def persist(self, attempt: Callable[[], Any], what: str, *given: Any) -> Any:
        """Try until something true comes of it: pages load themselves anew, and React replaces what was just found."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                if value := attempt():
                    return value
            except WebDriverException as error:
                if not any(passing in str(error) for passing in _PASSING):
                    raise
            if time.monotonic() > deadline:
                raise AssertionError(f"{self.driver.current_url} never did: {what} {given}\n{self.text}")
            time.sleep(0.05)

    def arrives(self, path: str) -> None:
        """Wait for a page; Clerk's components take the last slash from the address of theirs."""
        self.until(
            "return [arguments[0], arguments[0].replace(/\\/$/, '')].includes(location.pathname)"
            " && document.readyState === 'complete'",
            path,
        )

    def reads(self, text: str) -> None:
        self.until("return document.body.innerText.includes(arguments[0])", text)

    def fill(self, name: str, text: str) -> None:
        field = self.until("return [...document.getElementsByName(arguments[0])].find(seen)", name)
        field.send_keys("\ue009a\ue000", text)  # Control and A, then nothing held: React does not notice clear()

    def press(self, label: str) -> None:
        """Press the button or follow the link with these words, on the page or in one of Clerk's boxes."""
        self.click(
            "return [...document.querySelectorAll('button, a, [role=menuitem]')].find((element) => seen(element)"
            " && !element.disabled"
            " && [element.innerText.trim(), element.getAttribute('aria-label')].includes(arguments[0]))",
            label,
        )

    def click(self, script: str, *given: Any) -> None:
        """Click on what a script finds, as soon as it does."""

        def find_and_click() -> bool:
            element = self.driver.execute_script(_SEEN + script, *given)
            if element is not None:
                element.click()
            return element is not None

        self.persist(find_and_click, script, *given)

    def sign_in(self, address: str, password: str) -> None:
        """Fill in Clerk's box, which is on the page."""
        self.fill("identifier", address)
        self.press("Continue")
        self.fill("password", password)
        self.press("Continue")

    def signed_in(self, emulator: Emulator, user: dict[str, Any]) -> None:
        """Come back as somebody who signed in on another day: with the cookies of that."""
        self.set_cookies(emulator.browser_cookies(user["id"], azp=self.origin))

    def set_cookies(self, cookies: dict[str, str]) -> None:
        for name, value in cookies.items():
            self.driver.execute_cdp_cmd("Network.setCookie", {"name": name, "value": value, "url": self.origin})

    def choose_organization(self, name: str) -> None:
        self.click("return document.querySelector('.cl-organizationSwitcherTrigger')")
        self.click(
            "return [...document.querySelectorAll('.cl-organizationSwitcherPopoverCard button')].find((button) =>"
            " seen(button) && button.innerText.includes(arguments[0]))",
            name,
        )

    def enter_code(self, code: str) -> None:
        self.until("return document.querySelector('input[autocomplete=one-time-code]')").send_keys(code)

    def has_clerk(self) -> None:
        """Wait until Clerk's JavaScript is there."""
        self.until("return window.Clerk?.loaded")

    def run(self, script: str) -> Any:
        """Run an async expression and return its value, or its error as text; again where the page went away."""
        source = f"(async () => ({script}))().then((value) => done([value]), (error) => done([`${{error}}`]))"
        return self.persist(lambda: self.driver.execute_async_script(f"const done = arguments[0]; {source}"), script)[0]

    def asks(self, path: str) -> Any:
        """Return what the site answers to a call with the page's cookies, as JSON."""
        return self.run(f"await (await fetch({json.dumps(path)})).json()")

    def cookies(self) -> set[str]:
        """Return the names of the cookies that the site has here."""
        return {cookie["name"] for cookie in self.driver.get_cookies()}

    def forget(self) -> None:
        """Begin anew, as somebody who has never been here."""
        self.driver.execute_cdp_cmd("Page.stopLoading", {})
        self.driver.get("about:blank")
        self.driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
        time.sleep(0.2)  # answers may have been on their way, with cookies
        self.driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
        self.driver.execute_cdp_cmd("Storage.clearDataForOrigin", {"origin": self.origin, "storageTypes": "all"})
        self.hosts(), self.complaints()

    def urls(self) -> list[str]:
        """Return the addresses that were asked for since this was asked last."""
        urls = []
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                urls.append(message["params"]["request"]["url"])
        self._asked |= {urlsplit(url).hostname or "" for url in urls if url.startswith(("http", "ws"))}
        return urls

    def hosts(self) -> set[str]:
        """Return the hosts to which requests went since this was asked last."""
        self.urls()
        asked, self._asked = self._asked, set()
        return asked

    def complaints(self) -> list[str]:
        """Return the errors on the console since this was asked last."""
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]
