"""Registration: checks, and the package's own webhook receivers."""

from __future__ import annotations

from django.apps import AppConfig


class ClerkConfig(AppConfig):
    name = "django_clerk"
    verbose_name = "Clerk"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import checks
        from .receivers import sync_profile, sync_user
        from .revocation import follow_ends
        from .signals import profile_told, webhook_received

        webhook_received.connect(follow_ends, dispatch_uid="django_clerk.follow_ends")
        webhook_received.connect(sync_user, dispatch_uid="django_clerk.sync_user")
        profile_told.connect(sync_profile, dispatch_uid="django_clerk.sync_profile")
        checks.register()
