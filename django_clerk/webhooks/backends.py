"""
What brings stored events to their effect: CLERK_WEBHOOK_BACKEND, as EMAIL_BACKEND does for mail.

The default applies them at once. To have a queue of yours do it, subclass WebhookBackend, and let the worker call
``django_clerk.webhooks.inbox.apply(svix_id)``.
"""

from __future__ import annotations

from django.core.checks import CheckMessage
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from django_clerk.conf import conf
from django_clerk.core.deliveries import Event

from . import inbox


class WebhookBackend:
    """Takes an event that is stored and committed, and sees to it that ``inbox.apply()`` is called."""

    def receive(self, event: Event) -> bool:
        """Take an event that has had no effect yet. Returns False where another process has applied it meanwhile."""
        self.enqueue(event.svix_id)
        return True

    def enqueue(self, svix_id: str) -> None:
        """
        Hand over the id of a stored event: the id alone, since queues keep and show what they are given.

        Raises WebhookNotQueued when the queue does not take it. An id may be handed over more than once.
        """
        raise NotImplementedError

    def check(self) -> list[CheckMessage]:
        """Return what is wrong with the set-up of the queue, for ``manage.py check``."""
        return []


class InlineBackend(WebhookBackend):
    """Applies the event before Clerk is answered; its receivers get all that was delivered."""

    def receive(self, event: Event) -> bool:
        return inbox.apply(event.svix_id, event=event) is not None

    def enqueue(self, svix_id: str) -> None:
        inbox.apply(svix_id)


def get_backend() -> WebhookBackend:
    """Return a backend as CLERK_WEBHOOK_BACKEND says. Raises ImproperlyConfigured when there is none at that path."""
    path = conf.CLERK_WEBHOOK_BACKEND
    try:
        backend = import_string(path)
    except ImportError as error:
        raise ImproperlyConfigured(f"CLERK_WEBHOOK_BACKEND: {path} cannot be imported ({error}).") from error
    if not isinstance(backend, type) or not issubclass(backend, WebhookBackend):
        raise ImproperlyConfigured(f"CLERK_WEBHOOK_BACKEND: {path} is no subclass of WebhookBackend.")
    return backend()
