"""What the package itself does with Clerk's events."""

from __future__ import annotations

import logging
from datetime import datetime, timezone
from typing import Any

from django.dispatch import Signal

from .core.deliveries import Event
from .core.events import (
    SESSION_ENDS,
    SESSION_STARTS,
    Change,
    MembershipDeleted,
    MembershipTold,
    OrganizationDeleted,
    OrganizationTold,
    RoleDeleted,
    RoleTold,
    SessionEnded,
    SessionStarted,
    UserDeleted,
    UserTold,
    read_change,
)
from .core.profiles import Profile
from .exceptions import WebhookRejected
from .models import ClerkUser, ClerkWebhookEvent
from .rows import database, moment
from .signals import session_ended, session_started
from .sync import (
    Outcome,
    apply_memberships,
    apply_organizations,
    apply_profiles,
    apply_roles,
    delete_membership,
    delete_organization,
    delete_role,
    delete_user,
)

logger = logging.getLogger("django_clerk")

_LONG_AGO = datetime.min.replace(tzinfo=timezone.utc)


def follow(*, event: Event, **kwargs: Any) -> Outcome | None:
    """
    Bring the rows up to an event. Returns what became of it: STALE and GONE are of an event that came too late.

    Returns None where no row is kept of what it is about. Raises WebhookRejected for one without a usable id.
    """
    try:
        change = read_change(event)
    except ValueError as error:
        raise WebhookRejected(str(error)) from error
    outcome = None if change is None else _apply(change, event)
    if outcome is not None:
        logger.debug("%s of %s: %s.", event.type, event.object_id, outcome.value)
    return outcome


def follow_profile(*, profile: Profile, **kwargs: Any) -> None:
    """Bring the row of a user up to what the Backend API has told."""
    apply_profiles([profile])


def _apply(change: Change, event: Event) -> Outcome | None:
    match change:
        case UserTold(profile):
            return apply_profiles([profile], event=event)[profile.clerk_id]
        case OrganizationTold(profile):
            return apply_organizations([profile], event=event)[profile.clerk_id]
        case MembershipTold(profile):
            return apply_memberships([profile], event=event)[profile.clerk_id]
        case RoleTold(profile):
            return apply_roles([profile], event=event)[profile.clerk_id]
        case UserDeleted(clerk_id, deleted_at):
            return _deletion(delete_user(clerk_id, deleted_at=deleted_at, event=event))
        case OrganizationDeleted(clerk_id, deleted_at):
            return _deletion(delete_organization(clerk_id, deleted_at=deleted_at, event=event))
        case MembershipDeleted(profile, deleted_at):
            return _deletion(delete_membership(profile, deleted_at=deleted_at, event=event))
        case RoleDeleted(clerk_id, deleted_at):
            return _deletion(delete_role(clerk_id, deleted_at=deleted_at))
        case SessionStarted():
            return _start(change, event)
        case SessionEnded():
            _tell(session_ended, change, event)
            return None


def _deletion(is_first: bool) -> Outcome:
    return Outcome.DELETED if is_first else Outcome.GONE


def _start(change: SessionStarted, event: Event) -> Outcome | None:
    """Tell of a session, unless it has ended or started otherwise since: nobody would tell of that again."""
    if _is_overtaken(change, event):
        return Outcome.STALE
    _tell(session_started, change, event)
    return None


def _is_overtaken(change: SessionStarted, event: Event) -> bool:
    """
    Tell whether a session's end was received before this start of it, or a start that is later by Clerk's clock.

    Received is enough, whatever became of that event: the inbox holds the user while events are applied, so that what
    was received is told after this one, or has been told.
    """
    received = ClerkWebhookEvent.objects.using(database()).filter(object_id=change.session_id)
    this = _rank(event.type, moment(event.occurred_at))
    return any(
        kind in SESSION_ENDS or (kind in SESSION_STARTS and _rank(kind, occurred_at) > this)
        for kind, occurred_at in received.values_list("type", "occurred_at")
    )


def _rank(kind: str, occurred_at: datetime | None) -> tuple[datetime | None, int]:
    """Return what the starts of a session are ordered by: of one moment, "active" comes after "pending"."""
    return occurred_at or moment(_LONG_AGO), SESSION_STARTS.index(kind)


def _tell(signal: Signal, change: SessionStarted | SessionEnded, event: Event) -> None:
    if not signal.has_listeners(ClerkUser):
        return  # nor is there a reason to look for the user
    clerk_user = ClerkUser.objects.using(database()).filter(clerk_id=change.user_id).first()
    signal.send(
        sender=ClerkUser,
        session_id=change.session_id,
        user_id=change.user_id,
        status=change.status,
        clerk_user=clerk_user,
        event=event,
    )
