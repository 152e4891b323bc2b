"""What is kept of Clerk's organizations, their members and the members' roles."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.db.models import Exists, F, OuterRef, Subquery
from django.utils.translation import gettext_lazy as _

from .fields import IdField
from .told import Told


class ClerkOrganizationQuerySet(models.QuerySet["ClerkOrganization"]):
    def active(self) -> ClerkOrganizationQuerySet:
        """Return the organizations that Clerk has not deleted."""
        return self.filter(deleted_at=None)

    def with_slug(self, slug: str) -> ClerkOrganizationQuerySet:
        """
        Return the organization that has a slug, in a queryset of one or none.

        Slugs change hands. Where several rows have one, the news of who gave it up was lost: whoever was told of latest
        has it.
        """
        latest = [F("updated_at").desc(nulls_last=True), F("told_at").desc(nulls_last=True), F("clerk_id").desc()]
        return self.active().filter(slug=slug).order_by(*latest)[:1]


class ClerkOrganization(Told):
    """A Clerk organization."""

    name = models.CharField(_("name"), max_length=255, blank=True)
    slug = IdField(_("slug"), max_length=255, blank=True, db_index=True)
    image_url = models.CharField(_("image"), max_length=2048, blank=True)
    public_metadata = models.JSONField(_("public metadata"), default=dict, blank=True)
    max_allowed_memberships = models.PositiveIntegerField(_("most members"), null=True, blank=True)
    created_by = IdField(_("created by"), max_length=255, blank=True)

    objects: ClassVar[models.Manager[ClerkOrganization]] = ClerkOrganizationQuerySet.as_manager()

    class Meta:
        verbose_name = _("Clerk organization")
        verbose_name_plural = _("Clerk organizations")


class ClerkRole(Told):
    """A role that members of organizations have, and what it allows."""

    key = IdField(_("key"), max_length=255, blank=True, db_index=True)
    name = models.CharField(_("name"), max_length=255, blank=True)
    permissions = models.JSONField(_("permissions"), default=list, blank=True)

    objects: ClassVar[models.Manager[ClerkRole]] = models.Manager()

    class Meta:
        verbose_name = _("Clerk role")
        verbose_name_plural = _("Clerk roles")


class ClerkMembershipQuerySet(models.QuerySet["ClerkMembership"]):
    def active(self) -> ClerkMembershipQuerySet:
        """
        Return the memberships in force.

        Neither they nor their organization nor their user are deleted, and the user has not joined again since.
        """
        return self.not_deleted().filter(
            ~Exists(_later_ones(OuterRef("organization"), OuterRef("clerk_user"), OuterRef("created_at")))
        )

    def not_deleted(self) -> ClerkMembershipQuerySet:
        """Return the memberships of which Clerk has told no end, nor one of their organization or their user."""
        return self.filter(deleted_at=None, organization__deleted_at=None, clerk_user__deleted_at=None)

    def with_permissions(self) -> ClerkMembershipQuerySet:
        """Fetch with the memberships what their roles allow, which ``permissions`` otherwise asks for one by one."""
        roles = _living_roles(OuterRef("role"))
        return self.annotate(
            _role_permissions=Subquery(roles.values("permissions")[:1]),
            _role_told_at=Subquery(roles.values("told_at")[:1]),
        )


class ClerkMembership(Told):
    """
    A user's membership of an organization.

    Whether it is in force depends on its organization and its user as well, and on what other memberships they have,
    since nobody has two at a time: ask ``active()`` or ``is_active``. So the row of one that is over keeps
    ``created_at``. The user may be one who has never been here, and has no Django user yet.
    """

    organization = models.ForeignKey(
        ClerkOrganization, on_delete=models.CASCADE, related_name="memberships", verbose_name=_("organization")
    )
    clerk_user = models.ForeignKey(
        "django_clerk.ClerkUser", on_delete=models.CASCADE, related_name="memberships", verbose_name=_("Clerk user")
    )
    role = IdField(_("role"), max_length=255, blank=True, db_index=True)
    #: What the role allowed when the membership was told of; what it allows now is ``permissions``.
    own_permissions = models.JSONField(_("permissions"), default=list, blank=True)
    public_metadata = models.JSONField(_("public metadata"), default=dict, blank=True)

    objects: ClassVar[models.Manager[ClerkMembership]] = ClerkMembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("Clerk membership")
        verbose_name_plural = _("Clerk memberships")

    @property
    def is_active(self) -> bool:
        """True while the membership is in force. One query, unless it is deleted: has the user joined again since?"""
        if any(told.deleted_at is not None for told in (self, self.organization, self.clerk_user)):
            return False
        if self.created_at is None:
            return True
        later_ones = _later_ones(self.organization_id, self.clerk_user_id, self.created_at)
        return not later_ones.using(self._state.db).exists()

    @property
    def permissions(self) -> list[str]:
        """
        What the member may do: as told latest, by the membership itself or by its role.

        One query, unless the queryset was asked ``with_permissions()``.
        """
        own: list[str] = self.own_permissions
        permissions, told_at = self._of_role()
        is_later = told_at is not None and (self.told_at is None or self.told_at <= told_at)
        return permissions if is_later else own

    @permissions.setter
    def permissions(self, permissions: list[str]) -> None:
        self.own_permissions = permissions

    def _of_role(self) -> tuple[list[str], datetime | None]:
        if "_role_told_at" in self.__dict__:
            return self.__dict__["_role_permissions"], self.__dict__["_role_told_at"]
        roles = _living_roles(self.role).using(self._state.db)
        return roles.values_list("permissions", "told_at").first() or ([], None)


def _later_ones(organization: Any, clerk_user: Any, began_at: Any) -> models.QuerySet[ClerkMembership]:
    """Return a user's memberships of an organization, over or not, that began after a moment."""
    return ClerkMembership.objects.filter(organization=organization, clerk_user=clerk_user, created_at__gt=began_at)


def _living_roles(key: Any) -> models.QuerySet[ClerkRole]:
    """Return the roles with a key, the latest told first: one that was deleted may have a successor."""
    return ClerkRole.objects.filter(key=key, deleted_at=None).order_by(F("told_at").desc(nulls_last=True), "-clerk_id")
