"""The Backend API of a parity case."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import requests
from requests.adapters import BaseAdapter

from django_clerk.api import mount

#: Where the cases are: beside this repository, unless a variable says otherwise.
CASES = Path(os.environ.get("PARITY_CASES", Path(__file__).parents[3] / "shared" / "parity"))
API = "https://api.clerk-parity.invalid"


class Network(BaseAdapter):
    """Answers as the case says: the n-th call of a path gets its n-th entry, the last one repeats, others are 404."""

    def __init__(self, routes: list[dict[str, Any]]) -> None:
        super().__init__()
        self.routes = routes
        self.calls: list[dict[str, Any]] = []

    @classmethod
    def mount(cls, routes: list[dict[str, Any]]) -> Network:
        network = cls(routes)
        mount(API, network)
        return network

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        path, _, query = request.path_url.partition("?")
        routes = [route for route in self.routes if (route["method"], route["path"]) == (request.method, path)]
        number = sum((call["method"], call["path"]) == (request.method, path) for call in self.calls)
        self.calls.append(
            {
                "method": request.method,
                "path": path,
                "query": [list(pair) for pair in parse_qsl(query, keep_blank_values=True)],
                "authorization": request.headers.get("Authorization"),
                "body": json.loads(request.body) if request.body else None,
            }
        )
        route = routes[min(number, len(routes) - 1)] if routes else {"status": 404, "json": {"errors": []}}
        if route.get("drop"):
            raise requests.exceptions.ConnectionError("The connection broke.")
        response = requests.Response()
        response.status_code = route.get("status", 200)
        response._content = (route["text"] if "text" in route else json.dumps(route.get("json"))).encode()
        return response

    def close(self) -> None:
        """Nothing is open."""
