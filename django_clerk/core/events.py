"""What an event changes: each of Clerk's events that we keep state for, read into one value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeGuard

from .deliveries import Event
from .memberships import (
    MembershipProfile,
    OrganizationProfile,
    RoleProfile,
    is_organization_id,
    is_role_id,
    read_membership,
    read_organization,
    read_role_definition,
)
from .profiles import Profile, is_user_id, read_profile
from .rules import is_session_id

SESSION_STARTS: Final = ("session.pending", "session.created")
#: After these a session is over, whatever it was before.
SESSION_ENDS: Final = ("session.ended", "session.removed", "session.revoked")


@dataclass(frozen=True, slots=True)
class UserTold:
    """A user is as the profile says."""

    profile: Profile


@dataclass(frozen=True, slots=True)
class UserDeleted:
    clerk_id: str
    deleted_at: datetime | None  #: when the event occurred, as in all these


@dataclass(frozen=True, slots=True)
class OrganizationTold:
    """An organization is as the profile says."""

    profile: OrganizationProfile


@dataclass(frozen=True, slots=True)
class OrganizationDeleted:
    clerk_id: str
    deleted_at: datetime | None


@dataclass(frozen=True, slots=True)
class MembershipTold:
    """A membership is as the profile says, and so is the organization inside it."""

    profile: MembershipProfile


@dataclass(frozen=True, slots=True)
class MembershipDeleted:
    """A membership has ended. Clerk sends the whole of it, so that the organization inside is told of as well."""

    profile: MembershipProfile
    deleted_at: datetime | None


@dataclass(frozen=True, slots=True)
class RoleTold:
    """A role allows what the profile says."""

    profile: RoleProfile


@dataclass(frozen=True, slots=True)
class RoleDeleted:
    clerk_id: str
    deleted_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionStarted:
    session_id: str
    user_id: str  #: Clerk's id, or ""
    status: str  #: "active", or "pending" while the user has something to do first


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionEnded:
    session_id: str
    user_id: str  #: Clerk's id, or ""
    status: str  #: "ended", "removed" or "revoked"


Change = (
    UserTold
    | UserDeleted
    | OrganizationTold
    | OrganizationDeleted
    | MembershipTold
    | MembershipDeleted
    | RoleTold
    | RoleDeleted
    | SessionStarted
    | SessionEnded
)


def read_change(event: Event) -> Change | None:
    """
    Return what an event changes, or None for a type that nothing is kept of.

    Raises ValueError, whose message may be shown to the sender, for one of a known type without a usable id.
    """
    read = _READERS.get(event.type)
    return read(event) if read is not None else None


def _user_told(event: Event) -> UserTold:
    return UserTold(read_profile(event.data, told_at=event.occurred_at))


def _organization_told(event: Event) -> OrganizationTold:
    return OrganizationTold(read_organization(event.data, told_at=event.occurred_at))


def _membership_told(event: Event) -> MembershipTold:
    return MembershipTold(read_membership(event.data, told_at=event.occurred_at))


def _role_told(event: Event) -> RoleTold:
    return RoleTold(read_role_definition(event.data, told_at=event.occurred_at))


def _user_deleted(event: Event) -> UserDeleted:
    return UserDeleted(_id(event, is_user_id, "user", "user_"), event.occurred_at)


def _organization_deleted(event: Event) -> OrganizationDeleted:
    return OrganizationDeleted(_id(event, is_organization_id, "organization", "org_"), event.occurred_at)


def _membership_deleted(event: Event) -> MembershipDeleted:
    return MembershipDeleted(read_membership(event.data, told_at=event.occurred_at), event.occurred_at)


def _role_deleted(event: Event) -> RoleDeleted:
    return RoleDeleted(_id(event, is_role_id, "role", "role_"), event.occurred_at)


def _session_started(event: Event) -> SessionStarted:
    return SessionStarted(**_session(event))


def _session_ended(event: Event) -> SessionEnded:
    return SessionEnded(**_session(event))


def _session(event: Event) -> dict[str, str]:
    """The status is that of the type: an event that comes late may show a session as it is by now."""
    status = event.type.partition(".")[2].replace("created", "active")
    user_id: Any = event.data.get("user_id")
    return {
        "session_id": _id(event, is_session_id, "session", "sess_"),
        "user_id": user_id if is_user_id(user_id) else "",
        "status": status,
    }


def _id(event: Event, is_usable: Callable[[object], TypeGuard[str]], kind: str, prefix: str) -> str:
    value: object = event.data.get("id")
    if not is_usable(value):
        raise ValueError(f"The event is about no {kind}: it has no id of the form {prefix}….")
    return value


_READERS: Mapping[str, Callable[[Event], Change]] = {
    "user.created": _user_told,
    "user.updated": _user_told,
    "user.deleted": _user_deleted,
    "organization.created": _organization_told,
    "organization.updated": _organization_told,
    "organization.deleted": _organization_deleted,
    "organizationMembership.created": _membership_told,
    "organizationMembership.updated": _membership_told,
    "organizationMembership.deleted": _membership_deleted,
    "role.created": _role_told,
    "role.updated": _role_told,
    "role.deleted": _role_deleted,
    **dict.fromkeys(SESSION_STARTS, _session_started),
    **dict.fromkeys(SESSION_ENDS, _session_ended),
}
