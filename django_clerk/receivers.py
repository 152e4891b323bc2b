"""What the package itself does with Clerk's events and answers."""

from __future__ import annotations

import logging
from typing import Any

from .core.deliveries import Event
from .core.profiles import Profile, is_user_id, read_profile
from .exceptions import WebhookRejected
from .sync import apply_profiles, delete_user

logger = logging.getLogger("django_clerk")


def sync_user(*, event: Event, **kwargs: Any) -> None:
    """Follow user.created, user.updated and user.deleted. Raises WebhookRejected for one without a user."""
    if event.type in ("user.created", "user.updated"):
        try:
            profile = read_profile(event.data, told_at=event.occurred_at)
        except ValueError as error:
            raise WebhookRejected(str(error)) from error
        outcomes = apply_profiles([profile], event=event)
        logger.debug("%s of %s: %s.", event.type, profile.clerk_id, outcomes[profile.clerk_id].value)
    elif event.type == "user.deleted":
        if not is_user_id(event.data.get("id")):
            raise WebhookRejected("The event is about no user: it has no id of the form user_….")
        delete_user(event.data["id"], deleted_at=event.occurred_at, event=event)


def sync_profile(*, profile: Profile, **kwargs: Any) -> None:
    """Follow what the Backend API has told of a user."""
    apply_profiles([profile])
