"""
The settings of a project that develops against the local Clerk. In its settings module::

    from django_clerk.emulator.settings import emulator_settings

    globals().update(emulator_settings(BASE_DIR / ".clerk", origin="http://localhost:8000"))
    INSTALLED_APPS += ["django_clerk.emulator"]

CLERK_SIGN_IN_URL is among them: sign-in pages of the project's own are named after them.

No ``CLERK_JWT_KEY`` is among them: keys are fetched through the Backend API, as from a real instance.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .credentials import MEMORY, PUBLISHABLE_KEY, load_credentials

API_URL = "https://api.clerk-emulator.invalid"
PROXY_URL = "/__clerk"  #: where the project includes ``django_clerk.emulator.urls``: Clerk's Frontend API, on this site
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")


def emulator_settings(
    state_dir: str | Path, *, origin: str = "http://localhost:8000", webhook_url: str | None = "/webhooks/clerk/"
) -> dict[str, Any]:
    """
    Return the settings that make a project a client of its local Clerk.

    ``state_dir`` is the folder that keeps keys and users over restarts; it is made, with a ``.gitignore`` of its own.
    ``":memory:"`` keeps everything in the process: for tests.

    ``origin`` is where the site is opened in the browser. The other loopback names with that port are accepted too.

    ``webhook_url`` is where webhooks are delivered: a path of this project (in process, no server needed), an
    ``http://localhost…`` URL, or None for nowhere.

    Raises ValueError for an origin that is not on this machine.
    """
    place = MEMORY if str(state_dir) == MEMORY else str(Path(state_dir).absolute())
    credentials = load_credentials(place)
    return {
        "CLERK_EMULATOR": True,
        "CLERK_EMULATOR_DIR": place,
        "CLERK_EMULATOR_WEBHOOK_URL": webhook_url,
        "CLERK_PUBLISHABLE_KEY": PUBLISHABLE_KEY,
        "CLERK_SECRET_KEY": credentials.secret_key,
        "CLERK_WEBHOOK_SIGNING_SECRET": credentials.webhook_secret,
        "CLERK_API_URL": API_URL,
        "CLERK_AUTHORIZED_PARTIES": spellings(origin),
        "CLERK_PROXY_URL": PROXY_URL,
        "CLERK_SIGN_IN_URL": f"{PROXY_URL}/sign-in",
        "CLERK_TELEMETRY_DISABLED": True,  # what happens here is nobody else's business
    }


def spellings(origin: str) -> list[str]:
    """Return the origin first, then its twins: whoever opens 127.0.0.1 instead of localhost is not an intruder."""
    parts = urlsplit(origin)
    host, colon, port = parts.netloc.rpartition(":")
    if not colon or not port.isdigit():
        host, port = parts.netloc, ""
    if (
        parts.scheme not in ("http", "https")
        or host not in LOOPBACK_NAMES
        or origin != f"{parts.scheme}://{parts.netloc}"
    ):
        raise ValueError(f"The origin of a local Clerk looks like http://localhost:8000, not {origin!r}.")
    names = [host, *(name for name in LOOPBACK_NAMES if name != host)]
    return [f"{parts.scheme}://{name}{':' + port if port else ''}" for name in names]
