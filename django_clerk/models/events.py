"""The inbox: what Clerk has told, and what has become of it."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from .fields import IdField


class ClerkWebhookEvent(models.Model):
    """
    A verified event, kept before anything is done about it. Its effect and its state are committed together.

    Read it freely; only ``django_clerk.webhooks`` writes it.
    """

    class State(models.TextChoices):
        RECEIVED = "received", _("received")  #: stored, with no effect yet
        APPLIED = "applied", _("applied")
        STALE = "stale", _("stale")  #: dealt with; what it told was older than what was known, or of someone deleted
        FAILED = "failed", _("failed")  #: a receiver raised, and nothing of its effect remained

    #: States of an event whose effect is still to come.
    UNFINISHED: ClassVar[tuple[State, ...]] = (State.RECEIVED, State.FAILED)
    FINISHED: ClassVar[tuple[State, ...]] = (State.APPLIED, State.STALE)

    svix_id = IdField(_("Svix id"), max_length=255, unique=True)
    type = models.CharField(_("type"), max_length=100)
    object_id = IdField(_("object"), max_length=255, blank=True)
    user_id = IdField(_("about the user"), max_length=255, blank=True, db_index=True)
    instance_id = IdField(_("instance"), max_length=255, blank=True)
    occurred_at = models.DateTimeField(_("occurred"), null=True, blank=True)
    received_at = models.DateTimeField(_("received at"), auto_now_add=True, db_index=True)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.RECEIVED)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    error = models.CharField(_("error"), max_length=500, blank=True)
    applied_at = models.DateTimeField(_("applied at"), null=True, blank=True)
    #: The envelope without its secrets; when it has been applied, what CLERK_WEBHOOK_PAYLOAD leaves of it.
    payload = models.JSONField(_("payload"), null=True, blank=True)
    #: False when too little of the payload is left to apply it again.
    is_whole = models.BooleanField(_("payload is whole"), default=True, editable=False)

    objects: ClassVar[models.Manager[ClerkWebhookEvent]] = models.Manager()

    class Meta:
        verbose_name = _("Clerk webhook event")
        verbose_name_plural = _("Clerk webhook events")
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["object_id", "type"], name="clerk_event_object"),
            models.Index(fields=["state", "received_at"], name="clerk_event_state"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.svix_id}"
