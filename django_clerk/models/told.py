"""What every row that follows an object of Clerk's has."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from .fields import IdField


class Told(models.Model):
    """
    What Clerk told latest of an object.

    A deleted object's row stays, without what it said, so that the id never comes back. Read it freely; only
    ``django_clerk.sync`` writes it.
    """

    clerk_id = IdField(_("Clerk id"), max_length=255, unique=True)
    created_at = models.DateTimeField(_("created in Clerk"), null=True, blank=True)
    updated_at = models.DateTimeField(_("updated in Clerk"), null=True, blank=True)
    deleted_at = models.DateTimeField(_("deleted in Clerk"), null=True, blank=True)
    synced_at = models.DateTimeField(_("synced"), null=True, blank=True)
    #: When the event occurred that told of this state. Of two states updated at one moment, the later told is kept.
    told_at = models.DateTimeField(_("told by the event of"), null=True, blank=True, editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.clerk_id
