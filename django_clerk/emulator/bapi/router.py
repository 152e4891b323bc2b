"""From a call to its answer: who may ask, which endpoint it is, what it says."""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Callable, Mapping
from hmac import compare_digest
from typing import Any, Protocol

from django_clerk.emulator.exchange import Answer, Call, Problem

from .faults import Faults

#: By path, a regular expression, and method: what answers. Groups of the path are keyword arguments.
Routes = Mapping[str, Mapping[str, Callable[..., Answer]]]

_KEPT_CALLS = 100_000


class NoAnswer(Exception):
    """The call is to go unanswered, by a fault on demand."""

    def __init__(self, *, timed_out: bool) -> None:
        super().__init__("Clerk gave no answer.")
        self.timed_out = timed_out  #: the caller's patience ended; otherwise, the connection failed


class Endpoints(Protocol):
    """A group of endpoints."""

    @property
    def routes(self) -> Routes: ...

    def admits(self, call: Call) -> bool:
        """Tell whether a call may be made with another key than the secret key."""


class BackendAPI:
    """
    All of the endpoints. ``secret_key`` opens them, and whatever else a group admits opens some of that group's.

    ``calls`` holds "GET /v1/users" and so on for each call that came, faults included, for tests to count.
    """

    def __init__(self, *groups: Endpoints, jwks: Callable[[], Mapping[str, Any]], secret_key: str) -> None:
        self._groups = groups
        self._jwks = jwks
        self._secret_key = secret_key
        self.faults = Faults()
        self.calls: deque[str] = deque(maxlen=_KEPT_CALLS)
        own: Routes = {"/v1/jwks": {"GET": self._get_jwks}}
        self._routes = [
            (re.compile(path), handlers)
            for routes in (own, *(group.routes for group in groups))
            for path, handlers in routes.items()
        ]

    def answer(self, call: Call, *, timeout: float | None = None) -> Answer:
        """
        Return the answer, an error answer included.

        Raises NoAnswer when a fault on demand wants that; ``timeout`` is how many seconds the caller would wait.
        """
        self.calls.append(f"{call.method} {call.path}")
        fault = self.faults.take(call)
        if fault is not None:
            _wait(fault.delay, timeout)
            if fault.dropped:
                raise NoAnswer(timed_out=False)
            if fault.answer is not None:
                return fault.answer
        try:
            self._authenticate(call)
            return self._route(call)
        except Problem as problem:
            return problem.answer()

    def _authenticate(self, call: Call) -> None:
        opened = compare_digest(call.key.encode("utf-8", "surrogatepass"), self._secret_key.encode())
        if not opened and not any(group.admits(call) for group in self._groups):
            raise Problem.of(
                401,
                "clerk_key_invalid",
                "The provided Clerk Secret Key is invalid. Make sure that your Clerk Secret Key is correct.",
            )

    def _route(self, call: Call) -> Answer:
        for pattern, handlers in self._routes:
            match = pattern.fullmatch(call.path)
            if match is not None and call.method in handlers:
                return handlers[call.method](call, **match.groupdict())
        raise Problem.of(
            501,
            "not_emulated",
            "not emulated",
            f"The local Clerk does not do {call.method} {call.path}. It has users, metadata, bans, locks, sessions,"
            " sign-in tokens, organizations, memberships, invitations, handshakes, JWKS, and the verification of API"
            " keys and of machines' and OAuth tokens.",
        )

    def _get_jwks(self, call: Call) -> Answer:
        return Answer.json(self._jwks())


def _wait(delay: float, timeout: float | None) -> None:
    time.sleep(delay if timeout is None else min(delay, timeout))
    if timeout is not None and delay > timeout:
        raise NoAnswer(timed_out=True)
