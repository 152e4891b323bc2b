"""Clerk's organizations, their members and the members' roles, cleaned on the way in as users are."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeGuard

from .profiles import clean_text, is_user_id, read_image_url, read_metadata, read_milliseconds, whole_text

_ORGANIZATION_ID = re.compile(r"org_[A-Za-z0-9_-]{1,200}")
_MEMBERSHIP_ID = re.compile(r"orgmem_[A-Za-z0-9_-]{1,200}")
_ROLE_ID = re.compile(r"role_[A-Za-z0-9_-]{1,200}")
_KEY = re.compile(r"[^\s\ufffd]{1,200}")
_MOST_MEMBERS = 2**31 - 1  #: what an integer column takes on every database
_PREFIX = "org:"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationProfile:
    """A Clerk organization as we keep one."""

    clerk_id: str
    name: str = ""
    slug: str = ""  #: free to be another organization's, once this one has changed it
    image_url: str = ""
    public_metadata: Mapping[str, Any] = field(default_factory=dict)
    max_allowed_memberships: int | None = None  #: 0 for as many as there are
    created_by: str = ""  #: Clerk's id of a user
    created_at: datetime | None = None
    updated_at: datetime | None = None
    told_at: datetime | None = None  #: as for users; None also for one that came inside of a membership


@dataclass(frozen=True, slots=True, kw_only=True)
class MembershipProfile:
    """A user's membership of an organization. Who leaves and joins again has a new one, with another id."""

    clerk_id: str
    organization: OrganizationProfile
    user_id: str
    role: str = ""  #: always prefixed, as in "org:admin"
    own_permissions: tuple[str, ...] = ()  #: sorted; what the role allowed when this was told
    public_metadata: Mapping[str, Any] = field(default_factory=dict)
    created_at: datetime | None = None
    updated_at: datetime | None = None
    told_at: datetime | None = None  #: as for users


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleProfile:
    """A role that members of organizations may have, and what it allows."""

    clerk_id: str
    key: str = ""  #: always prefixed, as in "org:admin"
    name: str = ""
    permissions: tuple[str, ...] = ()  #: sorted
    created_at: datetime | None = None
    updated_at: datetime | None = None
    told_at: datetime | None = None  #: as for users


def read_organization(data: object, *, told_at: datetime | None = None) -> OrganizationProfile:
    """
    Read an organization of the Backend API, or of the event that occurred at ``told_at``.

    Raises ValueError without a usable id. Private metadata is not read.
    """
    if not isinstance(data, Mapping) or not is_organization_id(data.get("id")):
        raise ValueError("This is not a Clerk organization: it has no id of the form org_….")
    created_by: Any = data.get("created_by")
    return OrganizationProfile(
        clerk_id=data["id"],
        name=clean_text(data.get("name"), 255),
        slug=whole_text(data.get("slug"), 255),
        image_url=read_image_url(data.get("image_url")),
        public_metadata=read_metadata(data.get("public_metadata")),
        max_allowed_memberships=_count(data.get("max_allowed_memberships")),
        created_by=created_by if is_user_id(created_by) else "",
        created_at=read_milliseconds(data.get("created_at")),
        updated_at=read_milliseconds(data.get("updated_at")),
        told_at=told_at,
    )


def read_membership(data: object, *, told_at: datetime | None = None) -> MembershipProfile:
    """
    Read a membership, with the organization inside it. Raises ValueError unless all three ids are usable.

    No event of its own told of the organization: of two states that it had at one moment, one that an event told of is
    kept.
    """
    if not isinstance(data, Mapping) or not is_membership_id(data.get("id")):
        raise ValueError("This is not a Clerk membership: it has no id of the form orgmem_….")
    member = data.get("public_user_data")
    user_id = member.get("user_id") if isinstance(member, Mapping) else None
    if not is_user_id(user_id):
        raise ValueError("The membership is nobody's: it has no user with an id of the form user_….")
    return MembershipProfile(
        clerk_id=data["id"],
        organization=read_organization(data.get("organization")),
        user_id=user_id,
        role=role_key(data.get("role")),
        own_permissions=_permissions(data.get("permissions")),
        public_metadata=read_metadata(data.get("public_metadata")),
        created_at=read_milliseconds(data.get("created_at")),
        updated_at=read_milliseconds(data.get("updated_at")),
        told_at=told_at,
    )


def read_role_definition(data: object, *, told_at: datetime | None = None) -> RoleProfile:
    """Read a role and what it allows. Raises ValueError without a usable id."""
    if not isinstance(data, Mapping) or not is_role_id(data.get("id")):
        raise ValueError("This is not a Clerk role: it has no id of the form role_….")
    permissions = data.get("permissions")
    members = permissions if isinstance(permissions, Sequence) else ()
    return RoleProfile(
        clerk_id=data["id"],
        key=role_key(data.get("key")),
        name=clean_text(data.get("name"), 255),
        permissions=_permissions([member.get("key") for member in members if isinstance(member, Mapping)]),
        created_at=read_milliseconds(data.get("created_at")),
        updated_at=read_milliseconds(data.get("updated_at")),
        told_at=told_at,
    )


def is_organization_id(value: object) -> TypeGuard[str]:
    """Tell whether a value has the form of Clerk's ids of organizations. No slug has: they are without underscores."""
    return isinstance(value, str) and _ORGANIZATION_ID.fullmatch(value) is not None


def is_membership_id(value: object) -> TypeGuard[str]:
    """Tell whether a value has the form of Clerk's ids of memberships."""
    return isinstance(value, str) and _MEMBERSHIP_ID.fullmatch(value) is not None


def is_role_id(value: object) -> TypeGuard[str]:
    """Tell whether a value has the form of Clerk's ids of roles."""
    return isinstance(value, str) and _ROLE_ID.fullmatch(value) is not None


def role_key(value: object) -> str:
    """Return the key of a role with its prefix, "org:admin"; "" for what is none, since half a key is another."""
    text = whole_text(value, 200)
    if not _KEY.fullmatch(text) or text == _PREFIX:
        return ""
    return text if text.startswith(_PREFIX) else _PREFIX + text


def _permissions(value: object) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        return ()
    return tuple(sorted({item for item in value if isinstance(item, str) and _KEY.fullmatch(whole_text(item, 200))}))


def _count(value: object) -> int | None:
    return value if type(value) is int and 0 <= value <= _MOST_MEMBERS else None
