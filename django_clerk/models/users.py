"""What is kept of Clerk's users."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any, ClassVar

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import models, router
from django.db.models import Exists, OuterRef, Subquery
from django.utils.translation import gettext_lazy as _

from django_clerk.conf import conf
from django_clerk.core.memberships import is_organization_id
from django_clerk.core.profiles import metadata_path, read_profile, read_role, role_metadata
from django_clerk.signals import profile_told
from django_clerk.wiring import get_client

from .fields import IdField
from .organizations import ClerkMembership, ClerkOrganization
from .told import Told

_ORGANIZATION_ROLE = "org:"
_DEADLINE = 10.0  # seconds for an answer of Clerk's, while somebody waits for a page


class ClerkUserQuerySet(models.QuerySet["ClerkUser"]):
    def active(self) -> ClerkUserQuerySet:
        """Return the users whom Clerk has not deleted, banned or locked."""
        return self.filter(deleted_at=None, banned=False, locked=False)

    def with_role(self, role: str) -> ClerkUserQuerySet:
        """
        Return the users with the application role "admin", or with the role "org:admin" in any organization.

        Only memberships in force count. Raises ValueError for no role, which everybody has who has none.
        """
        if not role:
            raise ValueError('with_role() needs a role, such as "admin" or "org:admin".')
        if role.startswith(_ORGANIZATION_ROLE):
            return self._with_membership(role=role)
        return self.filter(role=role)

    def in_organization(self, organization: ClerkOrganization | str, *, role: str | None = None) -> ClerkUserQuerySet:
        """
        Return the members of an organization (a row, its Clerk id or its slug), of those the ones with a role.

        Raises ValueError for no organization, and for a role that is none of an organization's: it starts with "org:".
        """
        if not organization:
            raise ValueError("in_organization() needs an organization: a row, a Clerk id or a slug.")
        if role is not None and not role.startswith(_ORGANIZATION_ROLE):
            raise ValueError('in_organization() needs a role of an organization, such as "org:admin".')
        about: dict[str, Any] = {} if role is None else {"role": role}
        if isinstance(organization, ClerkOrganization):
            return self._with_membership(organization=organization, **about)
        if is_organization_id(organization):
            return self._with_membership(organization__clerk_id=organization, **about)
        having = ClerkOrganization.objects.with_slug(organization)
        return self._with_membership(organization=Subquery(having.values("pk")), **about)

    def _with_membership(self, **about: Any) -> ClerkUserQuerySet:
        return self.filter(Exists(ClerkMembership.objects.active().filter(clerk_user=OuterRef("pk"), **about)))


class ClerkUser(Told):
    """
    A Clerk user, beside the Django user whom it signs in.

    Clerk's id is the identity. A deleted user's row stays without its person, so that the id never comes back. Who is
    known only as a member of an organization has no Django user yet. Read it freely; only ``django_clerk.sync`` writes
    it. ``set_role()`` asks Clerk, and the row follows.
    """

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
    #: True while the Django user is inactive because of a ban in Clerk, and may be active again when the ban ends.
    disabled_by_sync = models.BooleanField(_("disabled by a ban"), default=False, editable=False)
    #: What the role has given in Django, by ``django_clerk.privileges``: it alone is taken back when the role goes.
    granted = models.JSONField(_("given by the role"), default=dict, blank=True, editable=False)

    objects: ClassVar[models.Manager[ClerkUser]] = ClerkUserQuerySet.as_manager()

    class Meta:
        verbose_name = _("Clerk user")
        verbose_name_plural = _("Clerk users")

    @property
    def may_sign_in(self) -> bool:
        """False for users that Clerk has deleted, banned or locked."""
        return self.deleted_at is None and not self.banned and not self.locked

    @property
    def organizations(self) -> models.QuerySet[ClerkOrganization]:
        """The organizations that the user is a member of."""
        memberships = ClerkMembership.objects.active().filter(clerk_user=self.pk, organization=OuterRef("pk"))
        return ClerkOrganization.objects.using(self._state.db).filter(Exists(memberships))

    def set_role(self, role: str | None) -> None:
        """
        Give the user an application role, or none, in Clerk's public metadata and, by its answer, here.

        An APIError of ``django_clerk.exceptions`` means that nothing changed here; after an APIUnavailable it may have
        in Clerk, and then its webhook tells. Raises ValueError for what can be no application role: "org:…" is the role
        in an organization. Where a transaction is undone later, Clerk keeps the role.
        """
        claim = conf.CLERK_ROLE_CLAIM
        metadata = role_metadata(claim, role)
        if role is not None and (
            not role or role.startswith(_ORGANIZATION_ROLE) or read_role(metadata, metadata_path(claim)) != role
        ):
            raise ValueError("An application role is a text of up to 255 characters that does not begin with org:.")
        client = get_client().within(deadline=_DEADLINE)
        asked_at = datetime.now(timezone.utc)
        user = client.update_user_metadata(self.clerk_id, public_metadata=metadata)
        profile_told.send(sender=type(self), profile=read_profile(user, told_at=asked_at))
        self.refresh_from_db(using=router.db_for_write(ClerkUser))  # where it was written: a replica may not know yet

    async def aset_role(self, role: str | None) -> None:
        await sync_to_async(self.set_role)(role)
