"""How far a walk through one of Clerk's lists has come."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from .fields import IdField


class ClerkSyncCheckpoint(models.Model):
    """
    The last item of the last page that is in the database, of a listing that was begun and not finished.

    ``sync_clerk_users --resume`` goes on behind it. It is gone when a listing comes to its end.
    """

    listing = models.CharField(_("listing"), max_length=50, unique=True)  #: "users" or "organizations"
    cursor = IdField(_("last item"), max_length=255)
    saved_at = models.DateTimeField(_("saved"), auto_now=True)

    objects: ClassVar[models.Manager[ClerkSyncCheckpoint]] = models.Manager()

    class Meta:
        verbose_name = _("Clerk sync checkpoint")
        verbose_name_plural = _("Clerk sync checkpoints")

    def __str__(self) -> str:
        return f"{self.listing} {self.cursor}"
