"""How Clerk's users become Django's, and stay what Clerk says."""

from __future__ import annotations

from typing import Literal, cast

from .instance import InstanceSettings
from .reading import choice, flag


class SyncSettings(InstanceSettings):
    """How Clerk's users become Django's, and stay what Clerk says."""

    @property
    def CLERK_PROVISION_USERS(self) -> Literal["api", "claims", "never"]:
        chosen = choice("CLERK_PROVISION_USERS", ("api", "claims", "never"))
        if chosen is None:
            return "api" if self.CLERK_SECRET_KEY else "claims"
        return cast('Literal["api", "claims", "never"]', chosen)

    @property
    def CLERK_LINK_VERIFIED_EMAIL(self) -> bool:
        return flag("CLERK_LINK_VERIFIED_EMAIL")

    @property
    def CLERK_LINK_EXTERNAL_ID(self) -> bool:
        return flag("CLERK_LINK_EXTERNAL_ID")

    @property
    def CLERK_ON_USER_DELETED(self) -> Literal["deactivate", "anonymize", "delete"]:
        chosen = choice("CLERK_ON_USER_DELETED", ("deactivate", "anonymize", "delete"))
        return cast('Literal["deactivate", "anonymize", "delete"]', chosen or "deactivate")
