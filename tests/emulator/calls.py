"""Calls of the local Clerk's Backend API, through the adapter in process and through its view."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Protocol

import requests
from django.test import Client

from django_clerk.emulator.adapter import EmulatorAdapter
from django_clerk.emulator.instance import get_emulator
from django_clerk.emulator.settings import API_URL

OWN_KEY = object()  #: the secret key of the emulator


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)

    @property
    def error(self) -> dict[str, Any]:
        """The first error, and proof that the body is one of Clerk's."""
        assert set(self.json) == {"errors", "clerk_trace_id"}
        error: dict[str, Any] = self.json["errors"][0]
        assert set(error) == {"code", "message", "long_message", "meta"}
        return error

    @property
    def ids(self) -> list[str]:
        return [item["id"] for item in self.json]


class Caller(Protocol):
    def __call__(self, method: str, path: str, body: Any = None, *, key: Any = OWN_KEY) -> Reply: ...


def _authorization(key: Any) -> dict[str, str]:
    if key is None:
        return {}
    return {"Authorization": f"Bearer {get_emulator().credentials.secret_key}" if key is OWN_KEY else key}


def in_process(method: str, path: str, body: Any = None, *, key: Any = OWN_KEY) -> Reply:
    content = body if body is None or isinstance(body, bytes) else json.dumps(body)
    request = requests.Request(method, API_URL + path, headers=_authorization(key), data=content).prepare()
    response = EmulatorAdapter().send(request, timeout=10)
    return Reply(response.status_code, dict(response.headers), response.content)


def over_http(method: str, path: str, body: Any = None, *, key: Any = OWN_KEY) -> Reply:
    content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    client = Client(enforce_csrf_checks=True)
    response = client.generic(
        method, f"/__clerk_api{path}", content, content_type="application/json", headers=_authorization(key)
    )
    return Reply(response.status_code, dict(response.headers), response.content)
