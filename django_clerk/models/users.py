"""What is kept of Clerk's users."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .fields import IdField


class ClerkUser(models.Model):
    """
    A Clerk user, beside the Django user whom it signs in.

    Clerk's id is the identity. A deleted user's row stays without its person, so that the id never comes back. Read it
    freely; only ``django_clerk.sync`` writes it.
    """

    clerk_id = IdField(_("Clerk id"), max_length=255, unique=True)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="clerk",
        verbose_name=_("user"),
    )
    email = models.EmailField(_("primary e-mail address"), blank=True, db_index=True)
    email_verified = models.BooleanField(_("e-mail address verified"), default=False)
    username = models.CharField(_("username"), max_length=255, blank=True)
    first_name = models.CharField(_("first name"), max_length=255, blank=True)
    last_name = models.CharField(_("last name"), max_length=255, blank=True)
    image_url = models.CharField(_("image"), max_length=2048, blank=True)
    external_id = IdField(_("external id"), max_length=255, blank=True, db_index=True)
    role = IdField(_("application role"), max_length=255, blank=True, db_index=True)
    public_metadata = models.JSONField(_("public metadata"), default=dict, blank=True)
    unsafe_metadata = models.JSONField(_("unsafe metadata"), default=dict, blank=True)
    two_factor_enabled = models.BooleanField(_("two-factor authentication"), default=False)
    banned = models.BooleanField(_("banned"), default=False)
    locked = models.BooleanField(_("locked"), default=False)
    last_sign_in_at = models.DateTimeField(_("last sign-in"), null=True, blank=True)
    created_at = models.DateTimeField(_("created in Clerk"), null=True, blank=True)
    updated_at = models.DateTimeField(_("updated in Clerk"), null=True, blank=True)
    deleted_at = models.DateTimeField(_("deleted in Clerk"), null=True, blank=True)
    synced_at = models.DateTimeField(_("synced"), null=True, blank=True)
    #: When the event occurred that told of this state. Of two states updated at one moment, the later told is kept.
    told_at = models.DateTimeField(_("told by the event of"), null=True, blank=True, editable=False)
    #: True while the Django user is inactive because of a ban in Clerk, and may be active again when the ban ends.
    disabled_by_sync = models.BooleanField(_("disabled by a ban"), default=False, editable=False)
    #: What the role has given in Django, by ``django_clerk.privileges``: it alone is taken back when the role goes.
    granted = models.JSONField(_("given by the role"), default=dict, blank=True, editable=False)

    objects: ClassVar[models.Manager[ClerkUser]] = models.Manager()

    class Meta:
        verbose_name = _("Clerk user")
        verbose_name_plural = _("Clerk users")

    def __str__(self) -> str:
        return self.clerk_id

    @property
    def may_sign_in(self) -> bool:
        """False for users that Clerk has deleted, banned or locked."""
        return self.deleted_at is None and not self.banned and not self.locked
