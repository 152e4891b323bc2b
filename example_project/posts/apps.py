from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig, apps


class PostsConfig(AppConfig):
    name = "posts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect what listens to signals."""
        import_module("posts.receivers")
        if apps.is_installed("channels"):
            import_module("posts.live")
