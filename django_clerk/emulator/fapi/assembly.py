"""The Frontend API put together."""

from __future__ import annotations

from collections.abc import Callable

from django_clerk.emulator.clients import Clients
from django_clerk.emulator.configuration import Dashboard
from django_clerk.emulator.directory import Directory
from django_clerk.emulator.email_codes import EmailCodes

from .attempts import Attempts
from .client import ClientEndpoints
from .desk import Desk
from .resources import Resources
from .router import FrontendAPI
from .sessions import SessionEndpoints
from .sign_ins import SignInEndpoints
from .sign_ups import SignUpEndpoints


def frontend_api(
    directory: Directory, clients: Clients, codes: EmailCodes, dashboard: Dashboard, *, clock: Callable[[], int]
) -> FrontendAPI:
    """Return the API of one instance. ``clock`` gives milliseconds since the epoch."""
    attempts = Attempts(directory, codes)
    resources = Resources(directory, clients, attempts)
    desk = Desk(directory, clients, codes, dashboard, attempts, resources, clock)
    groups = (ClientEndpoints, SignInEndpoints, SignUpEndpoints, SessionEndpoints)
    return FrontendAPI(*(group(desk) for group in groups), resources=resources)
