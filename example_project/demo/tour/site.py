"""The site, served by ``manage.py demo`` in a process of its own."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import requests
from django.conf import settings

from demo import launch

from .visitor import Browser

_PATIENCE = 30  #: seconds until the site must answer


class NotServed(Exception):
    """The site did not come up. The text is what it printed."""


@contextmanager
def served() -> Iterator[None]:
    """Serve the site at ORIGIN as long as the block lasts. Raises NotServed."""
    log = settings.STATE_DIR / "site.log"
    with (
        log.open("w", encoding="utf-8") as output,
        launch.manage("demo", origin=settings.ORIGIN, stdout=output, stderr=subprocess.STDOUT) as process,
    ):
        if not _answers(process):
            raise NotServed(log.read_text(encoding="utf-8"))
        yield


def _answers(process: subprocess.Popen[str]) -> bool:
    deadline = time.monotonic() + _PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        try:
            return Browser(settings.ORIGIN).get("/").ok
        except requests.ConnectionError:
            time.sleep(0.1)
    return False
