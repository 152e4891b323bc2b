"""From a browser's call to the answer it gets: which endpoint it is, what that says, and the envelope around it."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from django_clerk.emulator.exchange import Answer, Problem
from django_clerk.emulator.faults import Faults
from django_clerk.emulator.store import Client

from .resources import Resources
from .visits import Reply, Visit

#: By path, a regular expression, and method: what answers. Groups of the path are keyword arguments.
Routes = Mapping[str, Mapping[str, Callable[..., Reply]]]

_KEPT_CALLS = 10_000


class Endpoints(Protocol):
    """A group of endpoints."""

    @property
    def routes(self) -> Routes: ...


class FrontendAPI:
    """
    All of the endpoints that browsers call.

    ``calls`` holds "GET /v1/client" and so on for each call that came, faults included, for tests to count.
    """

    def __init__(self, *groups: Endpoints, resources: Resources) -> None:
        self._resources = resources
        self.faults = Faults()
        self.calls: deque[str] = deque(maxlen=_KEPT_CALLS)
        self._routes = [(re.compile(path), handlers) for group in groups for path, handlers in group.routes.items()]

    def answer(self, visit: Visit) -> tuple[Answer, Client | None]:
        """
        Return the answer, an error answer included, and the browser as it is then.

        Raises NoAnswer when a fault on demand wants that.
        """
        self.calls.append(f"{visit.method} {visit.path}")
        try:
            answer = self.faults.meet(visit.path, timeout=None)
            if answer is not None:
                return answer, visit.client
            reply = self._route(visit)
        except Problem as problem:
            return problem.answer(), visit.client
        return Answer.json(self._body(visit, reply)), reply.client or visit.client

    def _route(self, visit: Visit) -> Reply:
        for pattern, handlers in self._routes:
            match = pattern.fullmatch(visit.path)
            if match is not None and visit.method in handlers:
                return handlers[visit.method](visit, **match.groupdict())
        raise Problem.of(
            501,
            "not_emulated",
            "not emulated",
            f"The local Clerk does not do {visit.method} {visit.path}. Its browsers sign up and in by password, e-mail"
            " code and ticket, and have sessions, tokens, profiles, organizations and reverification.",
        )

    def _body(self, visit: Visit, reply: Reply) -> Any:
        if not reply.is_wrapped:
            return reply.resource
        told = reply.client if reply.tells_client else None
        client = None if told is None else self._resources.client(told, azp=visit.origin)
        return {"response": reply.resource, "client": client}
