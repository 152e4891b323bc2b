"""The app that makes the local Clerk part of a project's process."""

from __future__ import annotations

from django.apps import AppConfig
from django.core import checks

from django_clerk.api import mount

from .adapter import EmulatorAdapter
from .checks import check_emulator
from .guards import refuse_real_keys
from .settings import API_URL


class ClerkEmulatorConfig(AppConfig):
    name = "django_clerk.emulator"
    label = "clerk_emulator"
    verbose_name = "Local Clerk"

    def ready(self) -> None:
        refuse_real_keys()
        checks.register(check_emulator)
        # Mounted whatever the settings say now, since tests change them: the adapter asks for permission at each call.
        mount(API_URL, EmulatorAdapter())
