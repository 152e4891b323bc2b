"""Somebody at a real browser: what they do, by the words on the page, and what the browser says of it."""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import urlsplit

from django_clerk.emulator.instance import Emulator

PATIENCE = 12  # seconds
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
        deadline = time.monotonic() + PATIENCE
        while not (value := self.driver.execute_script(_SEEN + script, *given)):
            if time.monotonic() > deadline:
                raise AssertionError(f"{self.driver.current_url} never did: {script} {given}\n{self.text}")
            time.sleep(0.05)
        return value

    def arrives(self, path: str) -> None:
        self.until("return location.pathname === arguments[0] && document.readyState === 'complete'", path)

    def reads(self, text: str) -> None:
        self.until("return document.body.innerText.includes(arguments[0])", text)

    def fill(self, name: str, text: str) -> None:
        field = self.until("return [...document.getElementsByName(arguments[0])].find(seen)", name)
        field.send_keys("\ue009a\ue000", text)  # Control and A, then nothing held: React does not notice clear()

    def press(self, label: str) -> None:
        """Press the button or follow the link with these words, on the page or in one of Clerk's boxes."""
        self.until(
            "return [...document.querySelectorAll('button, a, [role=menuitem]')].find((element) => seen(element)"
            " && !element.disabled"
            " && [element.innerText.trim(), element.getAttribute('aria-label')].includes(arguments[0]))",
            label,
        ).click()

    def sign_in(self, address: str, password: str) -> None:
        """Fill in Clerk's box, which is on the page."""
        self.fill("identifier", address)
        self.press("Continue")
        self.fill("password", password)
        self.press("Continue")

    def signed_in(self, emulator: Emulator, user: dict[str, Any]) -> None:
        """Come back as somebody who signed in on another day: with the cookies of that."""
        for name, value in emulator.browser_cookies(user["id"], azp=self.origin).items():
            self.driver.execute_cdp_cmd("Network.setCookie", {"name": name, "value": value, "url": self.origin})

    def choose_organization(self, name: str) -> None:
        self.until("return document.querySelector('.cl-organizationSwitcherTrigger')").click()
        self.until(
            "return [...document.querySelectorAll('.cl-organizationSwitcherPopoverCard button')].find((button) =>"
            " seen(button) && button.innerText.includes(arguments[0]))",
            name,
        ).click()

    def enter_code(self, code: str) -> None:
        self.until("return document.querySelector('input[autocomplete=one-time-code]')").send_keys(code)

    def has_clerk(self) -> None:
        """Wait until Clerk's JavaScript is there."""
        self.until("return window.Clerk?.loaded")

    def run(self, script: str) -> Any:
        """Run an async expression and return its value, or its error as text."""
        return self.driver.execute_async_script(
            f"const done = arguments[0]; (async () => ({script}))().then(done, (error) => done(`${{error}}`))"
        )

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
