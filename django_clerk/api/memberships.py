"""Who belongs to which organization, in which role."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .calls import quoted
from .objects import LARGEST_PAGE, ObjectCalls, given, given_metadata
from .organizations import OLDEST_FIRST
from .resources import Membership


class MembershipCalls(ObjectCalls):
    def memberships(self, organization_id: str, *, page_size: int = LARGEST_PAGE) -> Iterator[list[Membership]]:
        """Yield the memberships of an organization, oldest first, in pages. Raises APINotFound without one."""
        return self._list(Membership, _path(organization_id), page_size=page_size, params=OLDEST_FIRST)

    def user_memberships(self, user_id: str, *, page_size: int = LARGEST_PAGE) -> Iterator[list[Membership]]:
        """Yield the memberships of a user, in Clerk's order, in pages."""
        path = f"/v1/users/{quoted(user_id)}/organization_memberships"
        return self._list(Membership, path, page_size=page_size)

    def create_membership(
        self,
        organization_id: str,
        user_id: str,
        role: str,
        *,
        public_metadata: Mapping[str, Any] | None = None,
        private_metadata: Mapping[str, Any] | None = None,
    ) -> Membership:
        """Make a user a member, in a role such as "org:member", and return the membership."""
        quoted(user_id)  # swapped or mistaken, it is refused here as in a path
        metadata = given(public_metadata=public_metadata, private_metadata=private_metadata)
        body = {"user_id": user_id, "role": role, **metadata}
        return self._one(Membership, "POST", _path(organization_id), body=body)

    def update_membership(self, organization_id: str, user_id: str, role: str) -> Membership:
        """Give a member another role and return the membership."""
        return self._one(Membership, "PATCH", _path(organization_id, user_id), body={"role": role})

    def update_membership_metadata(
        self,
        organization_id: str,
        user_id: str,
        *,
        public_metadata: Mapping[str, Any] | None = None,
        private_metadata: Mapping[str, Any] | None = None,
    ) -> Membership:
        """Merge into a membership's metadata and return it. None as a value removes that key, at any depth."""
        body = given_metadata(public_metadata=public_metadata, private_metadata=private_metadata)
        return self._one(Membership, "PATCH", f"{_path(organization_id, user_id)}/metadata", body=body)

    def delete_membership(self, organization_id: str, user_id: str) -> Membership:
        """End a membership and return what it was."""
        return self._one(Membership, "DELETE", _path(organization_id, user_id))


def _path(organization_id: str, *user_id: str) -> str:
    return "/".join(("/v1/organizations", quoted(organization_id), "memberships", *map(quoted, user_id)))
