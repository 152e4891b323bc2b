"""Session tokens as Clerk makes them, signed with the key of the tests."""

from __future__ import annotations

import time
from typing import Any

import jwt

from tests.keys import PRIVATE_KEY

SESSION, TEMPLATE, M2M, NO_INFORMATION = (
    f"cl_{name}" for name in ("B7d4PD111AAA", "B7d4PD222AAA", "B7d4PD333AAA", "I7d4PD111III")
)

ORIGIN = "https://example.com"
ISSUER = "https://clerk.example.com"
_ABSENT = object()


def claims(**changes: Any) -> dict[str, Any]:
    """Return the claims of a valid token of version 2; a claim set to None is left out."""
    now = int(time.time())
    base: dict[str, Any] = {
        "azp": ORIGIN, "exp": now + 50, "fva": [0, -1], "iat": now - 10, "iss": ISSUER, "jti": "4a1f", "nbf": now - 20,
        "sid": "sess_1", "sts": "active", "sub": "user_ada", "v": 2,
    }  # fmt: skip
    return {name: value for name, value in {**base, **changes}.items() if value is not None}


def mint(*, key: Any = PRIVATE_KEY, headers: dict[str, Any] | None = None, **changes: Any) -> str:
    """Return a signed session token. Changes are claims; ``headers`` are changes of the header, None leaves one out."""
    base = {"kid": "ins_tests", "cat": SESSION, "typ": "JWT"}
    header = {name: value for name, value in {**base, **(headers or {})}.items() if value is not None or name == "typ"}
    return jwt.encode(claims(**changes), key, algorithm=header.pop("alg", "RS256"), headers=header)


def bearer(*, token: str | None = None, **changes: Any) -> dict[str, str]:
    """Return the request headers of an API call that is signed in."""
    return {"Authorization": f"Bearer {token or mint(**changes)}"}


def organization(role: str = "member", *, id: str = "org_acme", slug: str = "acme", **claims: Any) -> dict[str, Any]:
    """Return the claim ``o`` of an active organization."""
    return {"id": id, "slg": slug, "rol": role, **claims}
