"""From a call to its answer: who may ask, which endpoint it is, what it says."""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Callable, Mapping
from hmac import compare_digest
from typing import Any

from django_clerk.emulator.directory import Directory
from django_clerk.emulator.exchange import Answer, Call, Problem

from . import listing
from .faults import Faults

Handler = Callable[..., Answer]

_USER = r"/v1/users/(?P<user_id>[^/]+)"
_KEPT_CALLS = 100_000


class NoAnswer(Exception):
    """The call is to go unanswered, by a fault on demand."""

    def __init__(self, *, timed_out: bool) -> None:
        super().__init__("Clerk gave no answer.")
        self.timed_out = timed_out  #: the caller's patience ended; otherwise, the connection failed


class BackendAPI:
    """
    The endpoints. ``secret_key`` opens all of them.

    ``calls`` holds "GET /v1/users" and so on for each call that came, faults included, for tests to count.
    """

    def __init__(self, directory: Directory, *, jwks: Callable[[], Mapping[str, Any]], secret_key: str) -> None:
        self._directory = directory
        self._jwks = jwks
        self._secret_key = secret_key
        self.faults = Faults()
        self.calls: deque[str] = deque(maxlen=_KEPT_CALLS)
        self._routes: list[tuple[re.Pattern[str], dict[str, Handler]]] = [
            (re.compile(pattern), handlers)
            for pattern, handlers in (
                ("/v1/users", {"GET": self._list_users, "POST": self._create_user}),
                ("/v1/users/count", {"GET": self._count_users}),
                ("/v1/jwks", {"GET": self._get_jwks}),
                (_USER, {"GET": self._get_user, "PATCH": self._update_user, "DELETE": self._delete_user}),
                (_USER + "/metadata", {"PATCH": self._merge_metadata, "PUT": self._replace_metadata}),
                (_USER + "/(?P<verb>(?:un)?(?:ban|lock))", {"POST": self._set_flag}),
            )
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
        scheme, _, key = call.authorization.partition(" ")
        if scheme.lower() != "bearer" or not compare_digest(key.strip().encode(), self._secret_key.encode()):
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
            f"The local Clerk does not do {call.method} {call.path}. It has users, metadata, bans, locks and JWKS.",
        )

    def _list_users(self, call: Call) -> Answer:
        query = call.query
        selected, page = listing.selection(query), listing.page(query)
        listing.continue_after(selected, page, created_at=self._directory.created_at)
        users = self._directory.users_json(selected, order=page.order, limit=page.limit, offset=page.offset)
        return Answer.of_json(users.encode("ascii"))

    def _count_users(self, call: Call) -> Answer:
        total = self._directory.count(listing.selection(call.query))
        return Answer.json({"object": "total_count", "total_count": total})

    def _get_jwks(self, call: Call) -> Answer:
        return Answer.json(self._jwks())

    def _get_user(self, call: Call, user_id: str) -> Answer:
        return Answer.json(self._directory.user(user_id))

    def _create_user(self, call: Call) -> Answer:
        return Answer.json(self._directory.create_user(call.json()))

    def _update_user(self, call: Call, user_id: str) -> Answer:
        return Answer.json(self._directory.update_user(user_id, call.json()))

    def _delete_user(self, call: Call, user_id: str) -> Answer:
        return Answer.json(self._directory.delete_user(user_id))

    def _merge_metadata(self, call: Call, user_id: str) -> Answer:
        return Answer.json(self._directory.change_metadata(user_id, call.json(), replace=False))

    def _replace_metadata(self, call: Call, user_id: str) -> Answer:
        return Answer.json(self._directory.change_metadata(user_id, call.json(), replace=True))

    def _set_flag(self, call: Call, user_id: str, verb: str) -> Answer:
        name = "banned" if verb.endswith("ban") else "locked"
        return Answer.json(self._directory.set_flag(user_id, name, not verb.startswith("un")))


def _wait(delay: float, timeout: float | None) -> None:
    time.sleep(delay if timeout is None else min(delay, timeout))
    if timeout is not None and delay > timeout:
        raise NoAnswer(timed_out=True)
