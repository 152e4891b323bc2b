"""Running this project's commands in a process of their own, on another address or another state."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings


def origin_at(port: int) -> str:
    return f"http://localhost:{port}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def manage(
    *arguments: str, origin: str, state_dir: Path | None = None, plain: bool = False, **options: Any
) -> Iterator[subprocess.Popen[str]]:
    """
    Run ``manage.py`` with settings that know the address and the folder. It ends with the block, if not before.

    ``plain`` is for visitors without JavaScript: they sign in on the local Clerk's own page.
    """
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), *arguments]
    environment = {**os.environ, "EXAMPLE_ORIGIN": origin, "EXAMPLE_STATE_DIR": str(state_dir or settings.STATE_DIR)}
    if plain:
        environment["EXAMPLE_PLAIN_SIGN_IN"] = "1"
    process = subprocess.Popen(command, env=environment, text=True, **options)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def leave_by_the_front_door() -> None:
    """When told to end, end in order: what was started is ended too, and what was put down is picked up."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda signum, frame: sys.exit(128 + signum))
