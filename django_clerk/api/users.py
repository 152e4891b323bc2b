"""Users: read, created, changed, banned, locked, deleted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from .calls import ATTEMPTS, quoted, wrong_shape
from .connection import DEFAULT_MAX_BODY
from .lists import LARGEST_PAGE, ListCalls, check_page_size, total_of
from .paging import walk, walk_by_offset
from .resources import User

_MAX_USER = 64 * 1024  # bytes of one user in a list: three metadata fields of 8 KB, and then some


class UserCalls(ListCalls):
    def get_user(self, user_id: str, *, deadline: float = 10.0, attempts: int = ATTEMPTS) -> User:
        """
        Return Clerk's user object. Raises APINotFound when the instance has no such user.

        On the path of a request, ask once and briefly: ``get_user(user_id, deadline=1.0, attempts=1)``.
        """
        path = f"/v1/users/{quoted(user_id)}"
        return _user(self._call("GET", path, deadline=deadline, attempts=attempts), user_id, call=f"GET {path}")

    def count_users(self) -> int:
        """Return how many users the instance has."""
        answer = self._call("GET", "/v1/users/count")
        return total_of(answer, call="GET /v1/users/count")

    def users(self, *, page_size: int = LARGEST_PAGE, **filters: str | Sequence[str]) -> Iterator[list[Any]]:
        """
        Yield all users, oldest first, in pages of up to 500; each page is asked for when the one before is used up.

        ``filters`` are Clerk's, as in ``users(external_id=["7", "8"])``. Items come as Clerk sent them, one that is no
        user object included, so that the caller can report it by its position. An APIError in the middle means that the
        listing is not complete: conclude nothing from who is absent.
        """
        check_page_size(page_size, least=1)
        return walk(partial(self._users_after, page_size, filters), page_size=page_size)

    def users_since(self, moment: datetime, *, page_size: int = LARGEST_PAGE) -> Iterator[list[Any]]:
        """
        Yield the users that were created or changed at or after ``moment``, the latest first, in pages.

        Who changes while this is read may be left out, and has then changed after reading began: go on from there the
        next time, a little earlier by the difference of the clocks. Deletions are not told; ``users()`` shows them.
        """
        check_page_size(page_size)
        if moment.tzinfo is None:
            raise ValueError("The moment needs a time zone.")
        return self._users_since(moment.timestamp() * 1000, page_size)

    def _users_since(self, since: float, page_size: int) -> Iterator[list[Any]]:
        total = self.count_users()

        def fetch(offset: int) -> tuple[list[Any], int]:
            return self._page_of_users(page_size, order_by="-updated_at", offset=str(offset)), total

        for page in walk_by_offset(fetch, page_size=page_size):
            yield [item for item in page if not _is_older(item, since)]
            if any(_is_older(item, since) for item in page):
                return

    def _users_after(self, page_size: int, filters: Mapping[str, Any], cursor: str | None) -> list[Any]:
        after = {} if cursor is None else {"starting_after": cursor}
        return self._page_of_users(page_size, order_by="created_at", **filters, **after)

    def _page_of_users(self, page_size: int, **params: Any) -> list[Any]:
        self.pace.wait()
        limit = {"limit": str(page_size)}
        page = self._call(
            "GET", "/v1/users", params={**limit, **params}, max_body=DEFAULT_MAX_BODY + page_size * _MAX_USER
        )
        if not isinstance(page, list):
            raise wrong_shape("GET /v1/users", "a list")
        return [User(item) if isinstance(item, dict) else item for item in page]

    def update_user_metadata(
        self,
        user_id: str,
        *,
        public_metadata: Mapping[str, Any] | None = None,
        unsafe_metadata: Mapping[str, Any] | None = None,
        private_metadata: Mapping[str, Any] | None = None,
        deadline: float = 10.0,
        attempts: int = 1,
    ) -> User:
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


def _user(answer: Any, user_id: str, *, call: str) -> User:
    if not isinstance(answer, dict) or answer.get("id") != user_id:
        raise wrong_shape(call, "the user that was asked for")
    return User(answer)


def _is_older(item: object, since: float) -> bool:
    updated_at = item.get("updated_at") if isinstance(item, dict) else None
    return type(updated_at) is int and updated_at < since
