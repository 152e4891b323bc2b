"""One call of the Backend API: from a method and a path to the JSON of Clerk's answer, or the error to raise."""

from __future__ import annotations

import copy
import json
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import requests
from requests.auth import AuthBase

from django_clerk import __version__
from django_clerk.exceptions import APIError

from . import answers, transport
from .connection import DEFAULT_MAX_BODY, BoundedRequest
from .pace import Pace
from .paging import ID
from .retries import AFTER_READING, AFTER_WRITING, Patience

if TYPE_CHECKING:
    from typing_extensions import Self

ATTEMPTS = 5
DEADLINE = 10.0
_SECRET = re.compile(r"[\x21-\x7e]+")
_BASE_URL = re.compile(r"https?://[^\s/?#@\\]+(?:/[^\s?#\\]*)?")


class _SecretKey(AuthBase):
    """
    The Authorization header, set last: as an ordinary header, an entry of ``~/.netrc`` would replace it.

    It also keeps the key out of everything that a traceback or an error page prints of a client.
    """

    def __init__(self, secret_key: str) -> None:
        self._secret_key = secret_key

    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        r.headers["Authorization"] = f"Bearer {self._secret_key}"
        return r


class Calls:
    """What every group of calls stands on: the secret key, the address, and how often and how long to ask."""

    def __init__(
        self,
        secret_key: str,
        *,
        base_url: str = "https://api.clerk.com",
        api_version: str = "2026-05-12",
        waiting_budget: float = 120.0,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.time,
    ) -> None:
        if not secret_key:
            raise ValueError(
                "Missing Clerk Secret Key. Go to https://dashboard.clerk.com and get your key for your instance."
            )
        if not _SECRET.fullmatch(secret_key):  # http.client would refuse it too, and print it
            raise ValueError("CLERK_SECRET_KEY holds a space, a line break or another character no key has.")
        self._auth = _SecretKey(secret_key)
        self._base_url = _checked_url(base_url)
        self._headers = {
            "Accept": "application/json",
            "Accept-Encoding": "identity",  # so that the cap on the body is a cap on what is parsed
            "Clerk-API-Version": api_version,
            "Content-Type": "application/json",
            "User-Agent": f"django_clerk/{__version__}",
        }
        self.pace = Pace.of(secret_key, sleep=sleep)  #: for callers that take long: ``wait()`` before each call
        self._patience = Patience(budget=waiting_budget, sleep=sleep)
        self._clock = clock
        self._deadline = DEADLINE
        self._attempts = ATTEMPTS

    def within(self, *, deadline: float, attempts: int = 1) -> Self:
        """
        Return a client whose calls take no longer, for whoever has somebody waiting: ``client.within(deadline=2.0)``.

        Calls that say themselves how long they may take keep to that. It shares all else with this client.
        """
        bounded = copy.copy(self)
        bounded._deadline, bounded._attempts = deadline, attempts
        return bounded

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._base_url}>"

    def _call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | Sequence[str]] | None = None,
        body: Mapping[str, Any] | None = None,
        deadline: float | None = None,
        attempts: int | None = None,
        max_body: int = DEFAULT_MAX_BODY,
    ) -> Any:
        deadline = self._deadline if deadline is None else deadline
        attempts = self._attempts if attempts is None else attempts
        if not 0 < deadline < threading.TIMEOUT_MAX or attempts < 1:
            raise ValueError("The deadline must be a positive number of seconds, and attempts at least 1.")
        call = f"{method} {path}"
        request = BoundedRequest(max_body)
        request.prepare(
            method=method,
            url=self._base_url + path,
            headers=self._headers,
            params=params,
            data=None if body is None else json.dumps(body, allow_nan=False),
            auth=self._auth,
        )

        def attempt() -> Any:
            response = transport.exchange(request, deadline=deadline, call=call)
            return answers.read(response, call=call, max_body=max_body, now=self._clock())

        after = AFTER_READING if method == "GET" else AFTER_WRITING
        return self._patience.call(attempt, attempts=attempts, after=after)


def quoted(clerk_id: object) -> str:
    """Return an id as a segment of a path. Raises ValueError for what cannot be one of Clerk's."""
    if not isinstance(clerk_id, str) or not ID.fullmatch(clerk_id):
        raise ValueError("An id of Clerk's consists of letters, digits, underscores and hyphens.")
    return quote(clerk_id, safe="")


def wrong_shape(call: str, expected: str) -> APIError:
    """Return the error for an answer that is JSON, and not what was asked for."""
    return APIError(f"{call}: the answer is JSON, but not {expected}. Check CLERK_API_URL.", status=200)


def _checked_url(base_url: str) -> str:
    if not _BASE_URL.fullmatch(base_url):
        raise ValueError("CLERK_API_URL must look like https://api.clerk.com, without credentials and query.")
    return base_url.rstrip("/")
