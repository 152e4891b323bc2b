"""
A project of its own, for one real socket: Daphne runs it in a process, and the database is in the memory of that.

Whoever comes is made known from the claims of their token, since there is no Clerk to ask.
"""

from __future__ import annotations

import os
from typing import Any

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.channels.server_settings"

from channels.db import database_sync_to_async
from django.core.asgi import get_asgi_application
from django.core.management import call_command

http = get_asgi_application()

from tests.channels.sockets import application as sockets  # noqa: E402

_ready: list[bool] = []


async def application(scope: Any, receive: Any, send: Any) -> None:
    if not _ready:
        await database_sync_to_async(call_command)("migrate", verbosity=0)
        _ready.append(True)
    await (sockets if scope["type"] == "websocket" else http)(scope, receive, send)
