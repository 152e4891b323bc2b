"""
Celery applies the events: ``CLERK_WEBHOOK_BACKEND = "django_clerk.contrib.celery.CeleryBackend"``.

Needs the extra ``celery``. Workers find the tasks where this module is imported: name it in the app's ``include`` or in
``imports``. The web process needs the project's Celery app as well: import it in the package of the settings. Schedule
``finish_events`` with Celery beat: a broker may lose a message, and a worker may die with one.
"""

from __future__ import annotations

from celery import Celery, shared_task
from django.core.checks import CheckMessage, Error, Warning

from django_clerk.exceptions import WebhookNotQueued
from django_clerk.webhooks import inbox
from django_clerk.webhooks.backends import WebhookBackend
from django_clerk.webhooks.replay import LEFT_BEHIND, MOST_ATTEMPTS, finish

_RETRIES = MOST_ATTEMPTS - 1  #: after 2, 4, 8, … seconds, some eight minutes in all
_LONGEST_PAUSE = 300  #: seconds
_CELERYS_OWN = "default"  #: the app that Celery makes for whoever has none


class CeleryBackend(WebhookBackend):
    """Hands the id of a stored event to Celery."""

    def enqueue(self, svix_id: str) -> None:
        try:
            apply_event.delay(svix_id)
        except Exception as error:  # each transport has exceptions of its own, for a wrong password for one
            raise WebhookNotQueued(f"Celery's broker did not take event {svix_id}.") from error

    def check(self) -> list[CheckMessage]:
        app: Celery = apply_event.app
        if app.main == _CELERYS_OWN and not app.conf.broker_write_url:
            message = "CLERK_WEBHOOK_BACKEND hands events to Celery, and this process has not loaded the project's app."
            hint = "Import the app in the __init__.py of the package of your settings; see docs/webhooks.rst."
            return [Warning(message, hint=hint, id="django_clerk.W021")]
        return _check_broker(app)


def _check_broker(app: Celery) -> list[CheckMessage]:
    try:
        transport = app.connection_for_write().get_transport_cls()
    except Exception as error:  # noqa: BLE001 - as kinds of addresses and drivers that are missing have it
        what = type(error).__name__  # its message may quote the address, and with it a password
        message = f"CLERK_WEBHOOK_BACKEND hands events to Celery, which cannot use its broker ({what})."
        hint = "Look at the address of the broker, and whether the package for it is installed."
        return [Error(message, hint=hint, id="django_clerk.E021")]
    if not app.conf.task_always_eager and transport.driver_type != "memory":
        return []
    what = "task_always_eager is set" if app.conf.task_always_eager else "its broker is this process's memory"
    message = f"CLERK_WEBHOOK_BACKEND hands events to Celery, which is no queue here: {what}."
    hint = "Give Celery a broker and workers, or set CLERK_WEBHOOK_BACKEND to the InlineBackend."
    return [Warning(message, hint=hint, id="django_clerk.W022")]


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
