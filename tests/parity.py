"""
The adapter through which the parity cases ask django_clerk: what does it decide where Clerk's own SDK decides this?

    python compare.py --python tests.parity:answer --kind has --kind cookie_suffix --kind verify

Nothing of a project is needed: these kinds are decided by the core. README.md beside the cases describes both forms.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import requests
from requests.adapters import BaseAdapter

from django_clerk.api import ClerkClient, mount
from django_clerk.core.auth import Auth
from django_clerk.core.claims import read_claims
from django_clerk.core.instance import Instance
from django_clerk.core.keys import JwksKeys, PemKey, SigningKeys
from django_clerk.core.tokens import TokenVerifier
from django_clerk.exceptions import InvalidToken, KeysUnavailable

Case = Mapping[str, Any]
Answer = dict[str, Any]

API = "https://api.clerk-parity.invalid"
DIMENSIONS = ("role", "permission", "feature", "plan", "reverification")


class Network(BaseAdapter):
    """Answers as the case says: the n-th call of a path gets its n-th entry, the last one repeats, others are 404."""

    def __init__(self, routes: list[dict[str, Any]]) -> None:
        super().__init__()
        self.routes = routes
        self.calls: dict[str, int] = {}

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        path = request.path_url.partition("?")[0]
        routes = [route for route in self.routes if (route["method"], route["path"]) == (request.method, path)]
        number = self.calls[path] = self.calls.get(path, -1) + 1
        route = routes[min(number, len(routes) - 1)] if routes else {"status": 404, "json": {"errors": []}}
        if route.get("drop"):
            raise requests.exceptions.ConnectionError("The connection broke.")
        response = requests.Response()
        response.status_code = route.get("status", 200)
        response._content = (route["text"] if "text" in route else json.dumps(route.get("json"))).encode()
        return response

    def close(self) -> None:
        """Nothing is open."""


def has(case: Case) -> Answer:
    claims = dict(case["claims"])
    if not case.get("treatPendingAsSignedOut", True) and claims.get("sts") == "pending":
        claims["sts"] = "active"  # we have no such switch; this is what it would do
    params = case["params"] if isinstance(case["params"], dict) else {}
    wanted = {name: params[name] for name in DIMENSIONS if name in params}
    return {"outcome": "has", "result": Auth(read_claims(claims)).has(**wanted)}


def cookie_suffix(case: Case) -> Answer:
    instance = Instance.from_publishable_key(case["publishableKey"])
    names = [instance.suffixed(name) for name in case["cookies"]]
    return {"outcome": "suffix", "suffix": instance.cookie_suffix, "names": names}


def verify(case: Case) -> Answer:
    options = case["options"]
    try:
        verifier = TokenVerifier(
            keys_of(case),
            authorized_parties=options.get("authorizedParties") or (),
            issuer=one(options.get("issuer")),
            audience=listed(options.get("audience")),
            clock_skew=options.get("clockSkewInMs", 5000) / 1000,
            clock=lambda: float(case["now"]) / 1000,
        )
        claims = verifier.verify(case["token"])
    except (InvalidToken, KeysUnavailable) as error:
        return {"outcome": "error", "reason": error.reason, "message": str(error)}
    if claims.session_status == "pending":  # verified, and then nobody's
        return {"outcome": "unsupported"}
    return {"outcome": "payload", "payload": dict(claims.payload)}


def keys_of(case: Case) -> SigningKeys:
    options = case["options"]
    if "jwtKey" in options:
        return PemKey(options["jwtKey"])
    if not options.get("secretKey"):
        raise KeysUnavailable("jwk-failed-to-resolve", "Neither CLERK_JWT_KEY nor CLERK_SECRET_KEY is set.")
    mount(API, Network(case.get("network") or []))
    return JwksKeys(ClerkClient(options["secretKey"], base_url=API).jwks)


def listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value] if value else []


def one(value: Any) -> str | None:
    """Return the issuer: ours is the instance's own, so there is only one."""
    values = listed(value)
    return values[0] if values else None


KINDS: dict[str, Callable[[Case], Answer]] = {"has": has, "cookie_suffix": cookie_suffix, "verify": verify}


def answer(case: Case) -> Answer:
    """Answer a case of KINDS as README.md asks; other kinds are unsupported."""
    kind = KINDS.get(case["kind"])
    return {"id": case["id"], **(kind(case) if kind is not None else {"unsupported": True})}
