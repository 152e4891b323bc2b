"""Where a request carries its session token."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from .auth import Source
from .cookies import AmbiguousCookie, choose
from .instance import Instance


class Credential(NamedTuple):
    """A token as it was found, or the reason why there is none."""

    token: str | None = None
    source: Source | None = None
    client_uat: int | None = None  #: seconds, with a cookie: when the browser's sign-in state last changed
    reason: str | None = None

    def __repr__(self) -> str:
        return f"<Credential {self.source or self.reason}>"  # error pages and reports print what they find


NO_CREDENTIAL = Credential(reason="session-token-and-uat-missing")


def find_credential(
    authorization: str | None, cookie: str | None, instance: Instance | None, *, clock: Callable[[], float] = time.time
) -> Credential:
    """
    Return the session token of a request.

    ``authorization`` and ``cookie`` are the raw headers. A token in the header is the only one looked at, even when it
    turns out to be worthless: a caller who presents one is not somebody else besides. The scheme is exactly "Bearer",
    or left out; another scheme is another system's. Nothing is read from the query or from other headers.
    """
    token = _read_authorization(authorization) if authorization else None
    if token is not None:
        return Credential(token, "header")
    if not cookie or ("__session" not in cookie and "__client_uat" not in cookie):
        return NO_CREDENTIAL
    try:
        cookies = choose(cookie, instance, now=clock())
    except AmbiguousCookie:
        return Credential(reason="token-invalid", source="cookie")
    if cookies.session is not None:
        return Credential(cookies.session, "cookie", cookies.client_uat)
    return Credential(reason="client-uat-but-no-session-token") if cookies.client_uat else NO_CREDENTIAL


def _read_authorization(header: str) -> str | None:
    scheme, space, rest = header.partition(" ")
    token = rest.partition(" ")[0]
    if not space or not token:
        return scheme or None
    return token if scheme == "Bearer" else None
