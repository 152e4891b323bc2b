"""Organizations: read, created, changed, deleted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .calls import quoted, wrong_shape
from .objects import LARGEST_PAGE, ObjectCalls, given_metadata
from .resources import Organization, Role

_ORGANIZATIONS = "/v1/organizations"
OLDEST_FIRST = {"order_by": "created_at"}  # so that what is added while a list is read comes at its end


class OrganizationCalls(ObjectCalls):
    def organization(self, id_or_slug: str) -> Organization:
        """Return an organization. Raises APINotFound when the instance has none of that id or slug."""
        path = _path(id_or_slug)
        organization = self._one(Organization, "GET", path)
        if id_or_slug not in (organization.id, organization.slug):
            raise wrong_shape(f"GET {path}", "the organization that was asked for")
        return organization

    def organizations(self, *, page_size: int = LARGEST_PAGE) -> Iterator[list[Organization]]:
        """
        Yield all organizations, oldest first, in pages of up to 500.

        An APIError in the middle means that the listing is not complete. In a list that changes while it is read, an
        item may come twice. So it is with the other lists, users aside.
        """
        return self._list(Organization, _ORGANIZATIONS, page_size=page_size, params=OLDEST_FIRST)

    def roles(self, *, page_size: int = LARGEST_PAGE) -> Iterator[list[Role]]:
        """Yield the roles that members of organizations can have, each with its permissions, oldest first, in pages."""
        return self._list(Role, "/v1/organization_roles", page_size=page_size, params=OLDEST_FIRST)

    def create_organization(self, name: str, **fields: Any) -> Organization:
        """Create an organization and return it. Whoever it is ``created_by`` becomes its first member, and an admin."""
        return self._one(Organization, "POST", _ORGANIZATIONS, body={"name": name, **fields})

    def update_organization(self, organization_id: str, **fields: Any) -> Organization:
        """Change an organization's own fields, which no longer include metadata, and return it."""
        return self._one(Organization, "PATCH", _path(organization_id), body=fields, clerk_id=organization_id)

    def update_organization_metadata(
        self,
        organization_id: str,
        *,
        public_metadata: Mapping[str, Any] | None = None,
        private_metadata: Mapping[str, Any] | None = None,
    ) -> Organization:
        """Merge into its metadata and return the organization. None as a value removes that key, at any depth."""
        body = given_metadata(public_metadata=public_metadata, private_metadata=private_metadata)
        path = _path(organization_id, "metadata")
        return self._one(Organization, "PATCH", path, body=body, clerk_id=organization_id)

    def replace_organization_metadata(
        self,
        organization_id: str,
        *,
        public_metadata: Mapping[str, Any] | None = None,
        private_metadata: Mapping[str, Any] | None = None,
    ) -> Organization:
        """Put what is given in the place of all that was there before, and return the organization."""
        body = given_metadata(public_metadata=public_metadata, private_metadata=private_metadata)
        path = _path(organization_id, "metadata")
        return self._one(Organization, "PUT", path, body=body, clerk_id=organization_id)

    def delete_organization(self, organization_id: str) -> None:
        """Delete an organization with its memberships and invitations."""
        self._delete(_path(organization_id))


def _path(organization_id: str, *rest: str) -> str:
    return "/".join((_ORGANIZATIONS, quoted(organization_id), *rest))
