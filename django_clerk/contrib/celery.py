"""
Celery applies the events: ``CLERK_WEBHOOK_BACKEND = "django_clerk.contrib.celery.CeleryBackend"``.

Needs the extra ``celery``. Workers find the tasks where this module is imported: name it in the app's ``include`` or in
``imports``. Schedule ``finish_events`` with Celery beat: a broker may lose a message, and a worker may die with one.
"""

from __future__ import annotations

from celery import shared_task
from kombu.exceptions import OperationalError

from django_clerk.exceptions import WebhookNotQueued
from django_clerk.webhooks import inbox
from django_clerk.webhooks.backends import WebhookBackend
from django_clerk.webhooks.replay import LEFT_BEHIND, MOST_ATTEMPTS, finish

_RETRIES = MOST_ATTEMPTS - 1  #: after 2, 4, 8, … seconds, some eight minutes in all
_LONGEST_PAUSE = 300  #: seconds


class CeleryBackend(WebhookBackend):
    """Hands the id of a stored event to Celery."""

    def enqueue(self, svix_id: str) -> None:
        try:
            apply_event.delay(svix_id)
        except OperationalError as error:
            raise WebhookNotQueued(f"Celery's broker did not take event {svix_id}.") from error


@shared_task(  # type: ignore[untyped-decorator,unused-ignore]
    name="django_clerk.apply_event",
    acks_late=True,  # a worker that dies leaves the message to another one; to apply twice has one effect
    ignore_result=True,
    autoretry_for=(Exception,),
    max_retries=_RETRIES,
    retry_backoff=2,
    retry_backoff_max=_LONGEST_PAUSE,
    retry_jitter=True,
)
def apply_event(svix_id: str) -> None:
    """Give a stored event its effect."""
    inbox.apply(svix_id)


@shared_task(name="django_clerk.finish_events", ignore_result=True)  # type: ignore[untyped-decorator,unused-ignore]
def finish_events(older_than: float = LEFT_BEHIND) -> None:
    """Apply the events that were left behind for so many seconds."""
    finish(older_than=older_than)
