"""Registration: checks, and the package's own webhook receivers."""

from __future__ import annotations

from django.apps import AppConfig


class ClerkConfig(AppConfig):
    name = "django_clerk"
    verbose_name = "Clerk"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import checks
        from .receivers import follow, sync_profile
        from .revocation import follow_ends
        from .signals import profile_told, user_deleted, webhook_received
        from .webhooks.retention import forget_user

        webhook_received.connect(follow_ends, dispatch_uid="django_clerk.follow_ends")
        webhook_received.connect(follow, dispatch_uid="django_clerk.follow")
        user_deleted.connect(forget_user, dispatch_uid="django_clerk.forget_user")
        profile_told.connect(sync_profile, dispatch_uid="django_clerk.sync_profile")
        checks.register()
