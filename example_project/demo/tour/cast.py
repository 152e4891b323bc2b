"""Who takes part."""

from __future__ import annotations

from functools import cached_property

import requests
from django.conf import settings

from .visitor import Browser, Program


class Cast:
    """Everybody in front of the site. Who they are there is decided by signing in, on the way."""

    def __init__(self) -> None:
        self.origin: str = settings.ORIGIN
        self.stranger = Browser(self.origin)
        self.no_token = Program(self.origin)
        self.ada = Browser(self.origin)  #: an admin
        self.grace = Browser(self.origin)  #: somebody else
        self.newcomer = Browser(self.origin)
        self.newcomer_id = ""  #: at Clerk, once there is a newcomer
        #: Calls Clerk's Backend API, as anything that has the secret key could.
        self.back_office = Program(f"{self.origin}/__clerk_api/", settings.CLERK_SECRET_KEY)

    @cached_property
    def ada_by_api(self) -> Program:
        return Program(self.origin, self.ada.token)

    @cached_property
    def grace_by_api(self) -> Program:
        return Program(self.origin, self.grace.token)

    @cached_property
    def newcomer_by_api(self) -> Program:
        return Program(self.origin, self.newcomer.token)

    @staticmethod
    def sign_in(browser: Browser, email: str, *, at: str) -> requests.Response:
        """Open a guarded page, choose somebody on the sign-in page it leads to, and return where that ends."""
        arrival = browser.press(browser.get(at, follow=True), email)
        return browser.get(arrival.headers.get("Location", "/"), follow=True)
