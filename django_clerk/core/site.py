"""One project's settings, as the decision needs them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from .instance import Instance
from .limits import FailureLimit
from .organizations import OrganizationPatterns
from .tokens import TokenVerifier


class Backend(Protocol):
    """What the decision may ask of Clerk's Backend API. Both raise APIError."""

    def handshake_payload(self, nonce: str) -> list[str]:
        """Return the cookies behind a nonce, as ``Set-Cookie`` lines. Raises ValueError for what can be no nonce."""

    def refresh_session(
        self,
        session_id: str,
        *,
        expired_token: str,
        refresh_token: str,
        request_origin: str,
        request_headers: Mapping[str, list[str]],
        suffixed_cookies: bool,
    ) -> list[str]:
        """Return the cookies of a session whose token has expired, as ``Set-Cookie`` lines."""


@dataclass(frozen=True, slots=True)
class Site:
    """A project: its instance, the keys to judge tokens by, and the domains around it."""

    verifier: TokenVerifier = field(repr=False)
    instance: Instance | None = None  #: None without a publishable key; then nobody is sent to Clerk
    backend: Callable[[], Backend] | None = field(default=None, repr=False)  #: None without a secret key
    sign_in_url: str = ""  #: absolute, where this is a satellite in development
    satellite_auto_sync: bool = False
    satellite_origins: frozenset[str] = frozenset()  #: where a development primary may send a browser back to
    organizations: OrganizationPatterns = field(default_factory=OrganizationPatterns)
    limit: FailureLimit = field(default_factory=FailureLimit, repr=False, compare=False)
    clock: Callable[[], float] = time.time
