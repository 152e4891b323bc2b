"""What can be done to the organizations of the instance. Whatever changes them is told to the webhooks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import count
from typing import Any

from django.utils.text import slugify

from django_clerk.emulator.bapi import parameters
from django_clerk.emulator.directory import Directory
from django_clerk.emulator.documents import Document, deleted
from django_clerk.emulator.exchange import Problem, not_found
from django_clerk.emulator.store import MembershipTable, OrganizationTable, Selection, Taken

from . import documents, roles

Fields = Mapping[str, Any]

_OLDEST_FIRST = "m.created_at, m.id"


class Organizations:
    """
    ``emit`` is called with the type of an event and its object once a change is stored, never during it.
    ``clock`` gives milliseconds since the epoch.

    Neither the end of an organization nor that of a user is told membership by membership.
    """

    def __init__(
        self,
        table: OrganizationTable,
        memberships: MembershipTable,
        users: Directory,
        *,
        emit: Callable[[str, Document], None],
        clock: Callable[[], int],
    ) -> None:
        self._table = table
        self._memberships = memberships
        self._users = users
        self._emit = emit
        self._clock = clock

    # Organizations

    def organization(self, id_or_slug: str) -> Document:
        """Raises Problem (404) when there is none. So do all methods that take an organization's id."""
        document = self._table.get(id_or_slug) or self._table.by_slug(id_or_slug)
        if document is None:
            raise not_found(id_or_slug, "organization")
        return document

    def organizations(
        self, selection: Selection | None = None, *, order: str = "created_at, id", limit: int = -1, offset: int = 0
    ) -> list[Document]:
        """Return organizations, oldest first, with their ``members_count`` and ``pending_invitations_count``."""
        return self._table.select(selection or Selection(), order=order, limit=limit, offset=offset)

    def count(self, selection: Selection | None = None) -> int:
        return self._table.count(selection or Selection())

    def create(self, fields: Fields) -> Document:
        """Add an organization; whoever it is ``created_by`` becomes its first member, and an admin."""
        values = parameters.checked(fields, parameters.CREATE_ORGANIZATION, required=["name"])
        creator = values.get("created_by")
        if creator is not None:
            self._users.user(creator)
        document = self._add(values)
        self._emit("organization.created", document)
        if creator is not None:
            self.add_member(document["id"], {"user_id": creator, "role": roles.CREATOR})
        return document

    def update(self, organization_id: str, fields: Fields) -> Document:
        values = parameters.checked(fields, parameters.UPDATE_ORGANIZATION)
        now = self._clock()
        return self._change(organization_id, lambda document: documents.updated(document, values, now=now))

    def change_metadata(self, organization_id: str, fields: Fields, *, replace: bool) -> Document:
        values = parameters.checked(fields, parameters.ORGANIZATION_METADATA)
        now = self._clock()
        return self._change(
            organization_id, lambda document: documents.with_metadata(document, values, replace=replace, now=now)
        )

    def delete(self, organization_id: str) -> Document:
        """Remove an organization with its memberships and invitations. Returns what Clerk answers."""
        document = self._table.remove(organization_id)
        if document is None:
            raise not_found(organization_id, "organization")
        remains = {**deleted(document), "slug": document["slug"]}
        self._emit("organization.deleted", remains)
        return remains

    # Memberships

    def membership(self, organization_id: str, user_id: str) -> Document:
        """Raises Problem (404) when the user is no member. So do the methods that change a membership."""
        found = self._memberships.get(organization_id, user_id)
        if found is None:
            raise not_found(user_id, "member")
        return documents.seen(*found)

    def memberships(
        self, selection: Selection, *, order: str = _OLDEST_FIRST, limit: int = -1, offset: int = 0
    ) -> list[Document]:
        """Return the selected memberships, oldest first; conditions name columns of m, o and u (see the store)."""
        joined = self._memberships.select(selection, order=order, limit=limit, offset=offset)
        return [documents.seen(*found) for found in joined]

    def count_memberships(self, selection: Selection) -> int:
        return self._memberships.count(selection)

    def members(self, organization_id: str) -> list[Document]:
        """Return all memberships of an organization, oldest first."""
        return self.memberships(selection_of("organization_id", organization_id))

    def memberships_of(self, user_id: str) -> list[Document]:
        """Return all memberships of a user, oldest first."""
        return self.memberships(selection_of("user_id", user_id))

    def add_member(self, organization_id: str, fields: Fields) -> Document:
        """Make a user a member. Raises Problem where Clerk would refuse it."""
        values = parameters.checked(fields, parameters.CREATE_MEMBERSHIP, required=["user_id", "role"])
        organization = self.organization(organization_id)
        user = self._users.user(values["user_id"])
        roles.role(values["role"])
        self.check_vacancy(organization)
        membership = documents.membership(values, now=self._clock())
        try:
            self._memberships.add(membership, organization_id=organization["id"], user_id=user["id"])
        except Taken as taken:
            raise _already_a_member(user["id"]) from taken
        return self._told("created", documents.seen(membership, organization, user))

    def set_role(self, organization_id: str, user_id: str, fields: Fields) -> Document:
        values = parameters.checked(fields, parameters.UPDATE_MEMBERSHIP, required=["role"])
        roles.role(values["role"])
        now = self._clock()
        return self._change_membership(
            organization_id, user_id, lambda document: documents.with_role(document, values["role"], now=now)
        )

    def change_membership_metadata(self, organization_id: str, user_id: str, fields: Fields) -> Document:
        values = parameters.checked(fields, parameters.MEMBERSHIP_METADATA)
        now = self._clock()
        return self._change_membership(
            organization_id,
            user_id,
            lambda document: documents.with_metadata(document, values, replace=False, now=now),
        )

    def remove_member(self, organization_id: str, user_id: str) -> Document:
        """End a membership. Returns what it was."""
        found = self._memberships.remove(organization_id, user_id)
        if found is None:
            raise not_found(user_id, "member")
        return self._told("deleted", documents.seen(*found))

    def _add(self, values: Fields) -> Document:
        wanted = values.get("slug") or slugify(values["name"]) or "organization"
        for slug in _alternatives(wanted):
            document = documents.organization(values, slug=slug, now=self._clock())
            try:
                self._table.add(document)
            except Taken as taken:
                if values.get("slug"):
                    raise _slug_taken() from taken
                continue
            return document
        raise AssertionError("there is no end of alternatives")

    def _change(self, organization_id: str, change: Callable[[Document], Document]) -> Document:
        try:
            document = self._table.change(organization_id, change)
        except Taken as taken:
            raise _slug_taken() from taken
        if document is None:
            raise not_found(organization_id, "organization")
        self._emit("organization.updated", document)
        return document

    def _change_membership(
        self, organization_id: str, user_id: str, change: Callable[[Document], Document]
    ) -> Document:
        found = self._memberships.change(organization_id, user_id, change)
        if found is None:
            raise not_found(user_id, "member")
        return self._told("updated", documents.seen(*found))

    def _told(self, what: str, membership: Document) -> Document:
        self._emit(f"organizationMembership.{what}", membership)
        return membership

    def check_absent(self, organization_id: str, user_id: str) -> None:
        """Raise Problem where a user is a member already."""
        if self._memberships.get(organization_id, user_id) is not None:
            raise _already_a_member(user_id)

    def check_vacancy(self, organization: Document) -> None:
        """Raise Problem where an organization has as many members as it may have."""
        most = organization["max_allowed_memberships"]
        if most and self.count_memberships(selection_of("organization_id", organization["id"])) >= most:
            raise Problem.of(
                403,
                "organization_membership_quota_exceeded",
                "organization membership quota exceeded",
                f"The organization has {most} members, and may not have more.",
            )


def selection_of(column: str, value: str) -> Selection:
    """Return the memberships with a value in a column of theirs."""
    return Selection([f"m.{column} = ?"], [value])


def _alternatives(slug: str) -> Iterable[str]:
    yield slug
    for number in count(2):
        yield f"{slug}-{number}"


def _already_a_member(user_id: str) -> Problem:
    return Problem.of(
        400,
        "already_a_member_in_organization",
        "already a member",
        f"User {user_id} is already a member of the organization.",
        param="user_id",
    )


def _slug_taken() -> Problem:
    return Problem.of(422, "form_identifier_exists", "That slug is taken. Please try another.", param="slug")
