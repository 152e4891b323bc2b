"""How long the inbox remembers, and whom it forgets."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from django_clerk.conf import conf
from django_clerk.models import ClerkUser, ClerkWebhookEvent
from django_clerk.rows import database

_BATCH = 1000  #: rows; a statement that deletes more holds its locks for too long


def prune(*, dry_run: bool = False) -> int:
    """
    Delete the finished events that are older than CLERK_WEBHOOK_RETENTION_DAYS. Returns how many there were.

    What has not had its effect stays, however old. Raises ImproperlyConfigured for a setting that cannot be.
    """
    using = database()
    try:
        before = timezone.now() - timedelta(days=conf.CLERK_WEBHOOK_RETENTION_DAYS)
    except OverflowError as error:
        raise ImproperlyConfigured("CLERK_WEBHOOK_RETENTION_DAYS goes back to before the year 1.") from error
    events = ClerkWebhookEvent.objects.using(using)
    old = events.filter(state__in=ClerkWebhookEvent.FINISHED, received_at__lt=before)
    if dry_run:
        return old.count()
    count = 0
    while keys := list(old.order_by("received_at").values_list("pk", flat=True)[:_BATCH]):
        count += events.filter(pk__in=keys).delete()[0]
    return count


def forget_user(*, clerk_user: ClerkUser, **kwargs: Any) -> None:
    """
    Empty the payloads of a deleted user's events, where CLERK_ON_USER_DELETED says that no person shall remain.

    Those that have had no effect yet keep theirs until they have.
    """
    if conf.CLERK_ON_USER_DELETED == "deactivate":
        return
    events = ClerkWebhookEvent.objects.using(database())
    about = events.filter(user_id=clerk_user.clerk_id, state__in=ClerkWebhookEvent.FINISHED)
    # By key: an update by user would make MariaDB wait for events that another process has in hand.
    keys = list(about.filter(payload__isnull=False).values_list("pk", flat=True))
    events.filter(pk__in=keys).update(payload=None, is_whole=False)
