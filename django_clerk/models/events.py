"""Which of Clerk's deliveries have been dealt with."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from .fields import IdField


class ClerkWebhookEvent(models.Model):
    """An event whose effect is in the database: both were committed together, so that a repeat has none."""

    svix_id = IdField(_("Svix id"), max_length=255, unique=True)
    type = models.CharField(_("type"), max_length=100)
    object_id = IdField(_("object"), max_length=255, blank=True)
    occurred_at = models.DateTimeField(_("occurred"), null=True, blank=True)
    received_at = models.DateTimeField(_("received"), auto_now_add=True, db_index=True)

    objects: ClassVar[models.Manager[ClerkWebhookEvent]] = models.Manager()

    class Meta:
        verbose_name = _("Clerk webhook event")
        verbose_name_plural = _("Clerk webhook events")
        indexes: ClassVar[list[Any]] = [models.Index(fields=["object_id", "type"], name="clerk_event_object")]

    def __str__(self) -> str:
        return f"{self.type} {self.svix_id}"
