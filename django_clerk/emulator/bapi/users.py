"""The endpoints for users."""

from __future__ import annotations

from django_clerk.emulator.directory import Directory
from django_clerk.emulator.exchange import Answer, Call

from . import listing
from .router import Routes

_USER = r"/v1/users/(?P<user_id>[^/]+)"


class UserEndpoints:
    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    @property
    def routes(self) -> Routes:
        return {
            "/v1/users": {"GET": self._list_users, "POST": self._create_user},
            "/v1/users/count": {"GET": self._count_users},
            _USER: {"GET": self._get_user, "PATCH": self._update_user, "DELETE": self._delete_user},
            _USER + "/metadata": {"PATCH": self._merge_metadata, "PUT": self._replace_metadata},
            _USER + "/(?P<verb>(?:un)?(?:ban|lock))": {"POST": self._set_flag},
        }

    def admits(self, call: Call) -> bool:
        return False

    def _list_users(self, call: Call) -> Answer:
        query = call.query
        selected, page = listing.selection(query), listing.page(query)
        listing.continue_after(selected, page, created_at=self._directory.created_at)
        users = self._directory.users_json(selected, order=page.order, limit=page.limit, offset=page.offset)
        return Answer.of_json(users.encode("ascii"))

    def _count_users(self, call: Call) -> Answer:
        total = self._directory.count(listing.selection(call.query))
        return Answer.json({"object": "total_count", "total_count": total})

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
