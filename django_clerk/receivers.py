"""What the package itself does with Clerk's events and answers."""

from __future__ import annotations

import logging
from typing import Any

from django.dispatch import Signal

from .core.deliveries import Event
from .core.events import (
    SESSION_ENDS,
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
from .rows import database
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
    """Tell of a session, unless its end was received before its start: then nobody would tell of the end again."""
    ends = ClerkWebhookEvent.objects.using(database()).filter(object_id=change.session_id, type__in=SESSION_ENDS)
    if ends.exists():
        return Outcome.STALE
    _tell(session_started, change, event)
    return None


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


def sync_profile(*, profile: Profile, **kwargs: Any) -> None:
    """Follow what the Backend API has told of a user."""
    apply_profiles([profile])
