"""Every call that Clerk's specification of the Frontend API has is answered, and none of them by a crash."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

import pytest

from django_clerk.emulator.emulator import Emulator
from tests.emulator.openapi import paths
from tests.emulator.visitor import SPECIFICATION, Visitor

PASSWORD = "correct horse battery"
#: What somebody might send where something else is expected.
NONSENSE = ["", "x", "9" * 40, "[]", "\x00", "ü" * 300, "../.."]
NAMES = ["strategy", "identifier", "password", "code", "ticket", "email_address", "level", "role", "name", "slug"]
NAMES += ["user_id", "active_organization_id", "organization_id", "unsafe_metadata", "first_name", "username"]
NAMES += ["email_address_id", "primary_email_address_id", "new_password", "current_password", "transfer"]


@pytest.fixture
def visitor(emulator: Emulator) -> Visitor:
    ada = emulator.create_user(email_address="ada@example.com", password=PASSWORD)
    emulator.organizations.create({"name": "Engines", "created_by": ada["id"]})
    visitor = Visitor()
    visitor.sign_in("ada@example.com", PASSWORD)
    return visitor


def calls() -> list[tuple[str, str]]:
    """Return method and path of every call for JSON below /v1, save those that sign out or redirect a browser."""
    redirects = ("/v1/client/handshake", "/v1/tickets/accept")
    ends = ("/v1/client", "/v1/client/sessions", "/v1/me")
    return [
        (method.upper(), path.removeprefix("/v1"))
        for path, methods in paths(SPECIFICATION).items()
        for method in methods
        if path.startswith("/v1/") and method in ("get", "post", "put", "patch", "delete")
        if path not in redirects and not (method == "delete" and path in ends)
    ]


def test_it_says_of_every_call_whether_it_does_it(visitor: Visitor) -> None:
    found: dict[int, int] = {}
    for method, path in calls():
        answer = visitor.call(method, re.sub(r"\{\w+\}", "x", path))
        found[answer.status] = found.get(answer.status, 0) + 1
    assert set(found) <= {200, 400, 401, 403, 404, 422, 501}
    assert sum(found.values()) > 150
    assert found[501] < sum(found.values()) * 0.75


@pytest.mark.parametrize("value", NONSENSE, ids=ascii)
def test_nonsense_is_refused_in_clerks_words(visitor: Visitor, emulator: Emulator, value: str) -> None:
    segment = quote(value, safe="") or "x"
    [organization] = emulator.organizations.organizations()
    form: dict[str, Any] = dict.fromkeys(NAMES, value)
    for method, path in calls():
        known = path.replace("{organization_id}", organization["id"]).replace("{session_id}", visitor.session_id)
        for address in (re.sub(r"\{\w+\}", segment, path), re.sub(r"\{\w+\}", segment, known)):
            if address.endswith(("/end", "/remove", "/revoke")):
                continue
            answer = visitor.call(method, f"{address}?limit={segment}&offset={segment}&role={segment}", **form)
            assert answer.status in (200, 400, 401, 403, 404, 422, 501), (method, address, answer.json)
