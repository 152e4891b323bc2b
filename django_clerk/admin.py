"""The synced users and organizations in Django's admin: to look at, since Clerk is where they are changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest

from .models import ClerkMembership, ClerkOrganization, ClerkRole, ClerkUser, ClerkWebhookEvent

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = admin.ModelAdmin  # not generic outside of the stubs


class ReadOnlyAdmin(ModelAdmin):
    """Whatever is written here, the next webhook would overwrite; so nothing is."""

    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(ClerkUser)
class ClerkUserAdmin(ReadOnlyAdmin):
    list_display = ("clerk_id", "email", "first_name", "last_name", "role", "banned", "last_sign_in_at", "deleted_at")
    list_filter: ClassVar[Any] = ("role", "banned", "locked", ("deleted_at", admin.EmptyFieldListFilter))
    search_fields = ("clerk_id", "email", "username", "first_name", "last_name", "external_id")
    ordering = ("-pk",)


@admin.register(ClerkOrganization)
class ClerkOrganizationAdmin(ReadOnlyAdmin):
    list_display = ("clerk_id", "name", "slug", "created_at", "deleted_at")
    list_filter: ClassVar[Any] = (("deleted_at", admin.EmptyFieldListFilter),)
    search_fields = ("clerk_id", "name", "slug")
    ordering = ("-pk",)


@admin.register(ClerkMembership)
class ClerkMembershipAdmin(ReadOnlyAdmin):
    list_display = ("clerk_id", "organization", "clerk_user", "role", "created_at", "deleted_at")
    list_filter: ClassVar[Any] = ("role", ("deleted_at", admin.EmptyFieldListFilter))
    list_select_related = ("organization", "clerk_user")
    search_fields = (
        "clerk_id",
        "organization__clerk_id",
        "organization__name",
        "organization__slug",
        "clerk_user__clerk_id",
        "clerk_user__email",
    )
    ordering = ("-pk",)


@admin.register(ClerkRole)
class ClerkRoleAdmin(ReadOnlyAdmin):
    list_display = ("key", "name", "clerk_id", "updated_at", "deleted_at")
    list_filter: ClassVar[Any] = (("deleted_at", admin.EmptyFieldListFilter),)
    search_fields = ("clerk_id", "key", "name")
    ordering = ("-pk",)


@admin.register(ClerkWebhookEvent)
class ClerkWebhookEventAdmin(ReadOnlyAdmin):
    list_display = ("type", "object_id", "user_id", "state", "attempts", "occurred_at", "received_at", "svix_id")
    list_filter: ClassVar[Any] = ("state", "type")
    search_fields = ("svix_id", "object_id", "user_id")
    ordering = ("-pk",)
