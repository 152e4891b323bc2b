"""
Django Tasks apply the events: ``CLERK_WEBHOOK_BACKEND = "django_clerk.contrib.tasks.TasksBackend"``.

Tasks are part of Django 6; before, the extra ``tasks`` brings them. They go to the default backend of ``TASKS``. A task
that fails is not tried again by itself, and a worker may die with one: run ``manage.py clerk_replay_events`` and
``manage.py clerk_replay_events --unfinished`` every few minutes.
"""

from __future__ import annotations

from django.core.checks import CheckMessage, Warning

from django_clerk.exceptions import WebhookNotQueued
from django_clerk.webhooks import inbox
from django_clerk.webhooks.backends import WebhookBackend
from django_clerk.webhooks.replay import LEFT_BEHIND, finish

try:
    from django.tasks import task
except ImportError:  # before Django 6
    from django_tasks import task  # type: ignore[no-redef,assignment,unused-ignore]

_NO_QUEUE = ("ImmediateBackend", "DummyBackend")


class TasksBackend(WebhookBackend):
    """Hands the id of a stored event to the default task backend."""

    def enqueue(self, svix_id: str) -> None:
        try:
            apply_event.enqueue(svix_id)
        except Exception as error:  # each task backend has exceptions of its own
            raise WebhookNotQueued(f"The task backend did not take event {svix_id}.") from error

    def check(self) -> list[CheckMessage]:
        kind = type(apply_event.get_backend()).__name__
        if kind not in _NO_QUEUE:
            return []
        message = f"CLERK_WEBHOOK_BACKEND hands events to Django Tasks, whose backend is {kind}: it is no queue."
        hint = "Set TASKS to a backend with workers, or CLERK_WEBHOOK_BACKEND to the InlineBackend."
        return [Warning(message, hint=hint, id="django_clerk.W020")]


@task()
def apply_event(svix_id: str) -> None:
    """Give a stored event its effect."""
    inbox.apply(svix_id)


@task()
def finish_events(older_than: float = LEFT_BEHIND) -> None:
    """Apply the events that were left behind for so many seconds."""
    finish(older_than=older_than)
