"""Clerk's Backend API, as far as django_clerk uses it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from .calls import ATTEMPTS, quoted, wrong_shape
from .connection import DEFAULT_MAX_BODY
from .credentials import CredentialCalls
from .paging import walk

JWKS_MAX_BODY = 256 * 1024
LARGEST_PAGE = 500
_MAX_USER = 64 * 1024  # bytes of one user in a list: three metadata fields of 8 KB, and then some


class ClerkClient(CredentialCalls):
    """
    The Backend API of one Clerk instance.

    Cheap to make, safe to share between threads and across forks; connections belong to the process. Every call raises
    an APIError of django_clerk.exceptions when Clerk does not do what was asked, and ValueError before asking when an
    argument cannot be right. ``deadline`` is the total of one attempt in seconds, name look-up and body included;
    with ``attempts=1`` that is the longest a call can take.

    ``waiting_budget`` bounds what one call waits between its attempts; a Retry-After beyond it is raised at once.
    ``sleep`` and ``clock`` (seconds since the epoch) replace ``time.sleep`` and ``time.time``.
    """

    def get_user(self, user_id: str, *, deadline: float = 10.0, attempts: int = ATTEMPTS) -> dict[str, Any]:
        """
        Return Clerk's user object. Raises APINotFound when the instance has no such user.

        On the path of a request, ask once and briefly: ``get_user(user_id, deadline=1.0, attempts=1)``.
        """
        path = f"/v1/users/{quoted(user_id)}"
        return _user(self._call("GET", path, deadline=deadline, attempts=attempts), user_id, call=f"GET {path}")

    def count_users(self) -> int:
        """Return how many users the instance has."""
        answer = self._call("GET", "/v1/users/count")
        total = answer.get("total_count") if isinstance(answer, dict) else None
        if not isinstance(total, int) or isinstance(total, bool) or total < 0:
            raise wrong_shape("GET /v1/users/count", "a total_count")
        return total

    def users(self, *, page_size: int = LARGEST_PAGE, after: str | None = None) -> Iterator[list[Any]]:
        """
        Yield all users, oldest first, in pages of up to 500; each page is asked for when the one before is used up.

        ``after`` is the id of a user behind whom to begin.

        Items come as Clerk sent them, one that is no user object included, so that the caller can report it by its
        position. An APIError in the middle means that the listing is not complete: conclude nothing from who is absent.
        """
        if not 1 <= page_size <= LARGEST_PAGE:
            raise ValueError(f"page_size must be between 1 and {LARGEST_PAGE}, not {page_size}.")
        return walk(partial(self._page_of_users, page_size), page_size=page_size, after=after)

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
        path = f"/v1/users/{quoted(user_id)}/metadata"
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
            raise wrong_shape("GET /v1/jwks", "a list of keys")
        return answer

    def _page_of_users(self, page_size: int, cursor: str | None) -> list[Any]:
        params = {"limit": str(page_size), "order_by": "created_at"}
        if cursor is not None:
            params["starting_after"] = cursor
        page = self._call("GET", "/v1/users", params=params, max_body=DEFAULT_MAX_BODY + page_size * _MAX_USER)
        if not isinstance(page, list):
            raise wrong_shape("GET /v1/users", "a list")
        return page


def _user(answer: Any, user_id: str, *, call: str) -> dict[str, Any]:
    if not isinstance(answer, dict) or answer.get("id") != user_id:
        raise wrong_shape(call, "the user that was asked for")
    return answer
