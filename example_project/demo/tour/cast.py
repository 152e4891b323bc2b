"""Who takes part."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import requests
from django.conf import settings

from django_clerk.emulator.instance import get_emulator

from .visitor import Browser, Program


class Cast:
    """Everybody in front of the site. Who they are there is decided by signing in, on the way."""

    def __init__(self) -> None:
        self.origin: str = settings.ORIGIN
        self.stranger = Browser(self.origin)
        self.no_token = Program(self.origin)
        self.ada = Browser(self.origin)  #: an admin
        self.grace = Browser(self.origin)  #: somebody else
        self.alan = Browser(self.origin)
        self.newcomer = Browser(self.origin)
        self.newcomer_id = ""  #: at Clerk, once there is a newcomer
        #: Calls Clerk's Backend API, as anything that has the secret key could.
        self.back_office = Program(f"{self.origin}/__clerk_api/", settings.CLERK_SECRET_KEY)

    @cached_property
    def ada_by_api(self) -> Program:
        return self.program(self.ada)

    @cached_property
    def grace_by_api(self) -> Program:
        return self.program(self.grace)

    @cached_property
    def newcomer_by_api(self) -> Program:
        return self.program(self.newcomer)

    def program(self, browser: Browser) -> Program:
        """Return a program for whoever is signed in in a browser, with a token of theirs that lives for an hour."""
        path = f"v1/sessions/{session_of(browser)['sid']}/tokens"
        return Program(self.origin, self.back_office.post(path, {"expires_in_seconds": 3600}).json()["jwt"])

    @staticmethod
    def sign_in(browser: Browser, email: str, *, at: str) -> requests.Response:
        """Open a guarded page, choose somebody on the sign-in page it leads to, and return where that ends."""
        arrival = browser.press(browser.get(at, follow=True), email)
        return browser.get(arrival.headers.get("Location", "/"), follow=True)


def session_of(browser: Browser) -> dict[str, Any]:
    """Return the claims of a browser's session token. Raises LookupError when nobody is signed in."""
    claims = get_emulator().signer.read(browser.token)
    if claims is None:
        raise LookupError("the session token is not the local Clerk's")
    return claims
