"""The Frontend API put together."""

from __future__ import annotations

from .client import ClientEndpoints
from .desk import Desk
from .emails import EmailAddressEndpoints
from .invitations import InvitationEndpoints
from .me import ProfileEndpoints
from .members import MembershipEndpoints
from .organizations import OrganizationEndpoints
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
    InvitationEndpoints,
)


def frontend_api(desk: Desk) -> FrontendAPI:
    """Return the API of one instance."""
    return FrontendAPI(*(group(desk) for group in _GROUPS), resources=desk.resources)
