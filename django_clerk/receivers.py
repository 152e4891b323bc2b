"""What the package itself does with Clerk's events."""

from __future__ import annotations

import logging
from typing import Any

from .core.deliveries import Event
from .core.events import Change, UserDeleted, UserTold, read_change
from .exceptions import WebhookRejected
from .sync import Outcome, apply_profiles, delete_user

logger = logging.getLogger("django_clerk")


def follow(*, event: Event, **kwargs: Any) -> Outcome | None:
    """
    Bring the rows up to an event. Returns what became of it: STALE and GONE are of an event that changes nothing more.

    Returns None for an event of a type that nothing is kept of. Raises WebhookRejected for one without a usable id.
    """
    try:
        change = read_change(event)
    except ValueError as error:
        raise WebhookRejected(str(error)) from error
    outcome = _apply(change, event)
    if outcome is not None:
        logger.debug("%s of %s: %s.", event.type, event.object_id, outcome.value)
    return outcome


def _apply(change: Change | None, event: Event) -> Outcome | None:
    if isinstance(change, UserTold):
        return apply_profiles([change.profile], event=event)[change.profile.clerk_id]
    if isinstance(change, UserDeleted):
        is_first = delete_user(change.clerk_id, deleted_at=change.deleted_at, event=event)
        return Outcome.DELETED if is_first else Outcome.GONE
    return None
