"""A browser as far as the pages need one: cookies, and forms filled in as they stand."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.test import Client


class Browser:
    """A browser at http://localhost:8000 that fills in forms as they stand on the page."""

    def __init__(self, origin: str = "http://localhost:8000") -> None:
        self.origin = origin
        scheme, _, host = origin.partition("://")
        self.secure = scheme == "https"
        self.client = Client(enforce_csrf_checks=True, headers={"host": host})

    def get(self, path: str) -> Any:
        return self.client.get(path, secure=self.secure)

    def navigate(self, path: str) -> tuple[Any, list[str]]:
        """Open a page as from the address bar. Returns where that ends, and the paths of all hops, the last one too."""
        hops = []
        for _ in range(10):
            hops.append(urlsplit(path).path)
            headers = {"accept": "text/html,*/*", "sec-fetch-dest": "document"}
            response = self.client.get(path, headers=headers, secure=self.secure)
            self._forget_removed_cookies()
            if response.status_code != 307:
                break
            target = urlsplit(response["Location"])
            assert f"{target.scheme}://{target.netloc}" == self.origin
            path = urlunsplit(("", "", *target[2:]))
        return response, hops

    def submit(self, page: str, path: str, fields: dict[str, str], **headers: str) -> Any:
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.get(page).content.decode())
        assert token is not None
        headers = {"origin": self.origin, "referer": self.origin + page, **headers}
        response = self.client.post(
            path, {"csrfmiddlewaretoken": token[1], **fields}, headers=headers, secure=self.secure
        )
        self._forget_removed_cookies()
        return response

    def sign_in(self, user_id: str, redirect_url: str = "") -> Any:
        fields = {"user_id": user_id, "redirect_url": redirect_url}
        return self.submit("/__clerk/sign-in", "/__clerk/sign-in", fields)

    def _forget_removed_cookies(self) -> None:
        """Django's test client would go on sending them, empty."""
        for name in [name for name, cookie in self.client.cookies.items() if not cookie.value]:
            del self.client.cookies[name]
