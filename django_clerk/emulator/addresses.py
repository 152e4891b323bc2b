"""Where a browser reaches the local Clerk, and which sites it serves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django_clerk.conf import conf

from .credentials import INSTANCE


@dataclass
class Addresses:
    """
    As part of a project, the local Clerk goes by the project's settings. On a port of its own it may be told to serve
    other sites, of which the settings know nothing: then both of these are set.
    """

    own: str = ""  #: of the Frontend API, such as http://localhost:5555/__clerk
    origins: Sequence[str] = ()  #: of the sites; the first is who links and tokens are for that nobody asked for

    @property
    def parties(self) -> Sequence[str]:
        """The origins of the sites that may show tokens; none, where the settings do not say."""
        return self.origins or conf.CLERK_AUTHORIZED_PARTIES

    @property
    def frontend_api(self) -> str:
        """The address of the Frontend API: its own, or that on the first site of the settings."""
        if self.own:
            return self.own
        parties = conf.CLERK_AUTHORIZED_PARTIES
        instance = replace(INSTANCE, proxy_url=(conf.CLERK_PROXY_URL or "") if parties else "")
        return instance.effective_frontend_api(parties[0] if parties else "")
