"""A browser as far as the pages need one: cookies, and forms filled in as they stand."""

from __future__ import annotations

import re
from typing import Any

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

    def submit(self, page: str, path: str, fields: dict[str, str], **headers: str) -> Any:
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.get(page).content.decode())
        assert token is not None
        headers = {"origin": self.origin, "referer": self.origin + page, **headers}
        return self.client.post(path, {"csrfmiddlewaretoken": token[1], **fields}, headers=headers, secure=self.secure)

    def sign_in(self, user_id: str, redirect_url: str = "") -> Any:
        fields = {"user_id": user_id, "redirect_url": redirect_url}
        return self.submit("/__clerk/sign-in", "/__clerk/sign-in", fields)
