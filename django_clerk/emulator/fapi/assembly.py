"""The Frontend API put together."""

from __future__ import annotations

from collections.abc import Callable

from django_clerk.emulator.clients import Clients
from django_clerk.emulator.configuration import Dashboard
from django_clerk.emulator.directory import Directory
from django_clerk.emulator.email_codes import EmailCodes
from django_clerk.emulator.organizations.directory import Organizations

from .attempts import Attempts
from .client import ClientEndpoints
from .desk import Desk
from .emails import EmailAddressEndpoints
from .me import ProfileEndpoints
from .members import MembershipEndpoints
from .organizations import OrganizationEndpoints
from .resources import Resources
from .reverification import ReverificationEndpoints
from .router import FrontendAPI
from .sessions import SessionEndpoints
from .sign_ins import SignInEndpoints
from .sign_ups import SignUpEndpoints

_GROUPS = (
    ClientEndpoints,
    SignInEndpoints,
    SignUpEndpoints,
    SessionEndpoints,
    ReverificationEndpoints,
    ProfileEndpoints,
    EmailAddressEndpoints,
    MembershipEndpoints,
    OrganizationEndpoints,
)


def frontend_api(
    directory: Directory,
    organizations: Organizations,
    clients: Clients,
    codes: EmailCodes,
    dashboard: Dashboard,
    *,
    clock: Callable[[], int],
) -> FrontendAPI:
    """Return the API of one instance. ``clock`` gives milliseconds since the epoch."""
    attempts = Attempts(directory, codes)
    resources = Resources(directory, organizations, clients, attempts)
    desk = Desk(directory, organizations, clients, codes, dashboard, attempts, resources, clock)
    return FrontendAPI(*(group(desk) for group in _GROUPS), resources=resources)
