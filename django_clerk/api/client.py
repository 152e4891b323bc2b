"""Clerk's Backend API, as far as django_clerk uses it."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any
from urllib.parse import quote

import requests
from requests.auth import AuthBase

from django_clerk import __version__
from django_clerk.exceptions import APIError

from . import answers, transport
from .connection import DEFAULT_MAX_BODY, BoundedRequest
from .paging import ID, walk
from .retries import Patience

ATTEMPTS = 5
JWKS_MAX_BODY = 256 * 1024
LARGEST_PAGE = 500
_MAX_USER = 64 * 1024  # bytes of one user in a list: three metadata fields of 8 KB, and then some
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


class ClerkClient:
    """
    The Backend API of one Clerk instance.

    Cheap to make, safe to share between threads and across forks; connections belong to the process. Every call raises
    an APIError of django_clerk.exceptions when Clerk does not do what was asked, and ValueError before asking when an
    argument cannot be right. ``deadline`` is the total of one attempt in seconds, name look-up and body included;
    with ``attempts=1`` that is the longest a call can take.

    ``waiting_budget`` bounds what one call waits between its attempts; a Retry-After beyond it is raised at once.
    ``sleep`` and ``clock`` (seconds since the epoch) replace ``time.sleep`` and ``time.time``.
    """

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
        self._patience = Patience(budget=waiting_budget, sleep=sleep)
        self._clock = clock

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._base_url}>"

    def get_user(self, user_id: str, *, deadline: float = 10.0, attempts: int = ATTEMPTS) -> dict[str, Any]:
        """
        Return Clerk's user object. Raises APINotFound when the instance has no such user.

        On the path of a request, ask once and briefly: ``get_user(user_id, deadline=1.0, attempts=1)``.
        """
        path = f"/v1/users/{_quoted(user_id)}"
        return _user(self._call("GET", path, deadline=deadline, attempts=attempts), user_id, call=f"GET {path}")

    def count_users(self) -> int:
        """Return how many users the instance has."""
        answer = self._call("GET", "/v1/users/count")
        total = answer.get("total_count") if isinstance(answer, dict) else None
        if not isinstance(total, int) or isinstance(total, bool) or total < 0:
            raise _wrong_shape("GET /v1/users/count", "a total_count")
        return total

    def users(self, *, page_size: int = LARGEST_PAGE) -> Iterator[list[Any]]:
        """
        Yield all users, oldest first, in pages of up to 500; each page is asked for when the one before is used up.

        Items come as Clerk sent them, one that is no user object included, so that the caller can report it by its
        position. An APIError in the middle means that the listing is not complete: conclude nothing from who is absent.
        """
        if not 1 <= page_size <= LARGEST_PAGE:
            raise ValueError(f"page_size must be between 1 and {LARGEST_PAGE}, not {page_size}.")
        return walk(partial(self._page_of_users, page_size), page_size=page_size)

    def update_user_metadata(
        self,
        user_id: str,
        *,
        public_metadata: Mapping[str, Any] | None = None,
        unsafe_metadata: Mapping[str, Any] | None = None,
        private_metadata: Mapping[str, Any] | None = None,
        deadline: float = 10.0,
        attempts: int = 1,
    ) -> dict[str, Any]:
        """
        Merge into a user's metadata and return the user as it is then. None as a value removes that key, at any depth.

        Not repeated by itself; a merge may be, with ``attempts``, where nobody else writes the same keys.
        """
        given = {"public": public_metadata, "unsafe": unsafe_metadata, "private": private_metadata}
        body = {f"{kind}_metadata": metadata for kind, metadata in given.items() if metadata is not None}
        if not body:
            raise ValueError("No metadata was given.")
        path = f"/v1/users/{_quoted(user_id)}/metadata"
        answer = self._call("PATCH", path, body=body, deadline=deadline, attempts=attempts)
        return _user(answer, user_id, call=f"PATCH {path}")

    def jwks(self, *, deadline: float = 3.0) -> dict[str, Any]:
        """
        Return the instance's JWKS document, ``{"keys": [...]}``, the keys as Clerk sent them.

        Asked for once, never repeated: the caller has the last good keys, and knows when to ask again. An error's
        ``retry_after`` holds the seconds for which Clerk wants to be left alone, where it said so.
        """
        answer = self._call("GET", "/v1/jwks", deadline=deadline, attempts=1, max_body=JWKS_MAX_BODY)
        if not isinstance(answer, dict) or not isinstance(answer.get("keys"), list):
            raise _wrong_shape("GET /v1/jwks", "a list of keys")
        return answer

    def _page_of_users(self, page_size: int, cursor: str | None) -> list[Any]:
        params = {"limit": str(page_size), "order_by": "created_at"}
        if cursor is not None:
            params["starting_after"] = cursor
        page = self._call("GET", "/v1/users", params=params, max_body=DEFAULT_MAX_BODY + page_size * _MAX_USER)
        if not isinstance(page, list):
            raise _wrong_shape("GET /v1/users", "a list")
        return page

    def _call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        deadline: float = 10.0,
        attempts: int = ATTEMPTS,
        max_body: int = DEFAULT_MAX_BODY,
    ) -> Any:
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

        return self._patience.call(attempt, attempts=attempts)


def _quoted(clerk_id: object) -> str:
    if not isinstance(clerk_id, str) or not ID.fullmatch(clerk_id):
        raise ValueError("An id of Clerk's consists of letters, digits, underscores and hyphens.")
    return quote(clerk_id, safe="")


def _checked_url(base_url: str) -> str:
    if not _BASE_URL.fullmatch(base_url):
        raise ValueError("CLERK_API_URL must look like https://api.clerk.com, without credentials and query.")
    return base_url.rstrip("/")


def _user(answer: Any, user_id: str, *, call: str) -> dict[str, Any]:
    if not isinstance(answer, dict) or answer.get("id") != user_id:
        raise _wrong_shape(call, "the user that was asked for")
    return answer


def _wrong_shape(call: str, expected: str) -> APIError:
    return APIError(f"{call}: the answer is JSON, but not {expected}. Check CLERK_API_URL.", status=200)
