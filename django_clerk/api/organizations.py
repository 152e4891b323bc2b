"""Organizations, and who belongs to them."""

from __future__ import annotations

from collections.abc import Iterator

from .calls import quoted, wrong_shape
from .lists import LARGEST_PAGE, ListCalls
from .resources import Membership, Organization

_OLDEST_FIRST = {"order_by": "created_at"}  # so that what is added while a list is read comes at its end


class OrganizationCalls(ListCalls):
    def organization(self, id_or_slug: str) -> Organization:
        """Return an organization. Raises APINotFound when the instance has none of that id or slug."""
        path = f"/v1/organizations/{quoted(id_or_slug)}"
        answer = self._call("GET", path)
        if not isinstance(answer, dict) or id_or_slug not in (answer.get("id"), answer.get("slug")):
            raise wrong_shape(f"GET {path}", "the organization that was asked for")
        return Organization(answer)

    def organizations(self, *, page_size: int = LARGEST_PAGE) -> Iterator[list[Organization]]:
        """
        Yield all organizations, oldest first, in pages of up to 500.

        An APIError in the middle means that the listing is not complete. In a list that changes while it is read, an
        item may come twice. So it is with memberships.
        """
        return self._list(Organization, "/v1/organizations", page_size=page_size, params=_OLDEST_FIRST)

    def memberships(self, organization_id: str, *, page_size: int = LARGEST_PAGE) -> Iterator[list[Membership]]:
        """Yield the memberships of an organization, oldest first, in pages. Raises APINotFound without one."""
        path = f"/v1/organizations/{quoted(organization_id)}/memberships"
        return self._list(Membership, path, page_size=page_size, params=_OLDEST_FIRST)

    def user_memberships(self, user_id: str, *, page_size: int = LARGEST_PAGE) -> Iterator[list[Membership]]:
        """Yield the memberships of a user, in Clerk's order, in pages."""
        path = f"/v1/users/{quoted(user_id)}/organization_memberships"
        return self._list(Membership, path, page_size=page_size)
