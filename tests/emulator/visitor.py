"""A browser as far as Clerk's JavaScript makes it one: calls of the Frontend API, each answer held against the spec."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import jwt
from django.test import Client

from tests.emulator.openapi import template, validate, validate_answer

ORIGIN = "http://localhost:8000"
SPECIFICATION = "fapi-2026-05-12"
TUNNELLED = ("PATCH", "PUT", "DELETE")


class Answer:
    def __init__(self, response: Any) -> None:
        self.status: int = response.status_code
        self.headers = response.headers
        self.json: Any = json.loads(response.content)

    @property
    def resource(self) -> Any:
        """What was asked for, out of its envelope."""
        assert self.status == 200, self.json
        assert set(self.json) == {"response", "client"}
        return self.json["response"]

    @property
    def client(self) -> Any:
        assert self.status == 200, self.json
        return self.json["client"]

    @property
    def error(self) -> tuple[int, str, str | None]:
        """Status, code of the first error, and the parameter that is to blame."""
        first = self.json["errors"][0]
        return self.status, first["code"], first["meta"].get("param_name")


class Visitor:
    """Every answer is checked against Clerk's specification of the Frontend API."""

    def __init__(self, origin: str = ORIGIN) -> None:
        self.origin = origin
        self.browser = Client(enforce_csrf_checks=True, headers={"host": "localhost:8000"})
        self.session_id = ""

    def call(self, method: str, path: str, **form: Any) -> Answer:
        """Make a call as Clerk's JavaScript does: what is not GET is a POST that says what it means."""
        query = {"__clerk_api_version": "2026-08-20", "_clerk_js_version": "6.40.0"}
        if self.session_id and not path.startswith("/client"):
            query["_clerk_session_id"] = self.session_id
        if method in TUNNELLED:
            query["_method"] = method
        address, _, own = path.partition("?")
        url = f"/__clerk/v1{address}?{urlencode(query)}{'&' if own else ''}{own}"
        if method == "GET":
            response = self.browser.get(url)
        else:
            response = self.browser.post(
                url,
                urlencode(form, doseq=True),
                content_type="application/x-www-form-urlencoded",
                headers={"origin": self.origin},
            )
        answer = Answer(response)
        self._check(method, f"/v1{address}", answer)
        return answer

    def sign_in(self, identifier: str, password: str) -> Answer:
        answer = self.call("POST", "/client/sign_ins", identifier=identifier, password=password)
        self.session_id = answer.resource["created_session_id"]
        return answer

    def token(self, **form: Any) -> dict[str, Any]:
        """Return the claims of a fresh token."""
        answer = self.call("POST", f"/client/sessions/{self.session_id}/tokens", **form)
        assert answer.status == 200, answer.json
        return claims(answer.json["jwt"])

    def _check(self, method: str, path: str, answer: Answer) -> None:
        if answer.status != 200:
            validate(SPECIFICATION, "ClerkErrors", answer.json)
            return
        known = template(SPECIFICATION, path)
        assert known is not None, f"{path} is none of Clerk's"
        if known != "/v1/dev_browser":  # the one whose answer the specification leaves open
            validate_answer(SPECIFICATION, known, method, answer.json)


def claims(token: str) -> dict[str, Any]:
    """Return what a token says, unverified."""
    content: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return content
