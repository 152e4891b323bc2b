"""
A project of its own, for one real socket, which Daphne runs in a process.

Whoever comes is made known from the claims of their token, since there is no Clerk to ask.
"""

from __future__ import annotations

import os

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.channels.server_settings"

import django
from django.core.management import call_command

django.setup()
call_command("migrate", verbosity=0)

from tests.channels.sockets import application  # noqa: E402

__all__ = ["application"]
