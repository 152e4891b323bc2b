"""Users: read, created, changed, banned, locked, deleted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from .calls import quoted, wrong_shape
from .connection import DEFAULT_MAX_BODY
from .objects import LARGEST_PAGE, ObjectCalls, check_page_size, given_metadata, total_of
from .paging import walk, walk_by_offset
from .resources import User

_MAX_USER = 64 * 1024  # bytes of one user in a list: three metadata fields of 8 KB, and then some


class UserCalls(ObjectCalls):
    def get_user(self, user_id: str, *, deadline: float | None = None, attempts: int | None = None) -> User:
        """
        Return Clerk's user object. Raises APINotFound when the instance has no such user.

        On the path of a request, ask once and briefly: ``get_user(user_id, deadline=1.0, attempts=1)``.
        """
        return self._one(User, "GET", _path(user_id), clerk_id=user_id, deadline=deadline, attempts=attempts)

    def count_users(self) -> int:
        """Return how many users the instance has."""
        answer = self._call("GET", "/v1/users/count")
        return total_of(answer, call="GET /v1/users/count")

    def users(
        self, *, page_size: int = LARGEST_PAGE, after: str | None = None, **filters: str | Sequence[str]
    ) -> Iterator[list[Any]]:
        """
        Yield all users, oldest first, in pages of up to 500; each page is asked for when the one before is used up.

        ``after`` is the id of a user behind whom to begin; ``filters`` are Clerk's, as in
        ``users(external_id=["7", "8"])``. Items come as Clerk sent them, one that is no
        user object included, so that the caller can report it by its position. An APIError in the middle means that the
        listing is not complete: conclude nothing from who is absent.
        """
        check_page_size(page_size, least=1)
        return walk(partial(self._users_after, page_size, filters), page_size=page_size, after=after)

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
            if recent := [item for item in page if not _is_older(item, since)]:
                yield recent
            if len(recent) < len(page):
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

    def create_user(self, **fields: Any) -> User:
        """
        Create a user and return it. ``fields`` are Clerk's: ``create_user(email_address=["ada@example.com"], …)``.

        Like every write, this is repeated by itself only after a 429. After an APIUnavailable it may have been done.
        """
        return self._one(User, "POST", "/v1/users", body=fields)

    def update_user(self, user_id: str, **fields: Any) -> User:
        """Change a user's own fields, which no longer include metadata, and return the user."""
        return self._one(User, "PATCH", _path(user_id), body=fields, clerk_id=user_id)

    def update_user_metadata(
        self,
        user_id: str,
        *,
        public_metadata: Mapping[str, Any] | None = None,
        unsafe_metadata: Mapping[str, Any] | None = None,
        private_metadata: Mapping[str, Any] | None = None,
    ) -> User:
        """Merge into a user's metadata and return the user. None as a value removes that key, at any depth."""
        body = given_metadata(
            public_metadata=public_metadata, unsafe_metadata=unsafe_metadata, private_metadata=private_metadata
        )
        return self._one(User, "PATCH", _path(user_id, "metadata"), body=body, clerk_id=user_id)

    def replace_user_metadata(
        self,
        user_id: str,
        *,
        public_metadata: Mapping[str, Any] | None = None,
        unsafe_metadata: Mapping[str, Any] | None = None,
        private_metadata: Mapping[str, Any] | None = None,
    ) -> User:
        """Put what is given in the place of all that was there before, and return the user."""
        body = given_metadata(
            public_metadata=public_metadata, unsafe_metadata=unsafe_metadata, private_metadata=private_metadata
        )
        return self._one(User, "PUT", _path(user_id, "metadata"), body=body, clerk_id=user_id)

    def delete_user(self, user_id: str) -> None:
        self._delete(_path(user_id))

    def ban_user(self, user_id: str) -> User:
        """End a user's sessions and let them not sign in again. Returns the user, as the next three do."""
        return self._set(user_id, "ban")

    def unban_user(self, user_id: str) -> User:
        return self._set(user_id, "unban")

    def lock_user(self, user_id: str) -> User:
        """Let a user not sign in until the instance's lockout time is over."""
        return self._set(user_id, "lock")

    def unlock_user(self, user_id: str) -> User:
        return self._set(user_id, "unlock")

    def _set(self, user_id: str, verb: str) -> User:
        return self._one(User, "POST", _path(user_id, verb), clerk_id=user_id)


def _path(user_id: str, *rest: str) -> str:
    return "/".join(("/v1/users", quoted(user_id), *rest))


def _is_older(item: object, since: float) -> bool:
    updated_at = item.get("updated_at") if isinstance(item, dict) else None
    return type(updated_at) is int and updated_at < since
