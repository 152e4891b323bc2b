"""A Clerk instance, as its publishable key describes it."""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from functools import cached_property

_PREFIXES = {"pk_test": False, "pk_live": True}


@dataclass(frozen=True)
class Instance:
    """
    One Clerk environment and everything that follows from its publishable key.

    Source: Clerk's ``packages/shared/src/keys.ts`` and ``buildAccountsBaseUrl.ts``.
    """

    publishable_key: str
    frontend_api: str  #: host of the Frontend API, such as "clerk.example.com"
    is_production: bool

    @classmethod
    def from_publishable_key(cls, publishable_key: str) -> Instance:
        """Read ``pk_test_…`` or ``pk_live_…``. Raises ValueError, with Clerk's own words, when it is neither."""
        if not publishable_key:
            raise ValueError("Publishable key is missing. Copy it from the API keys page of Clerk's dashboard.")
        prefix, _, payload = publishable_key.rpartition("_")
        try:
            decoded = base64.b64decode(payload + "=" * (-len(payload) % 4), validate=True).decode("ascii")
        except (binascii.Error, ValueError):
            decoded = ""
        host = decoded[:-1]
        if prefix not in _PREFIXES or not decoded.endswith("$") or "$" in host or "." not in host:
            raise ValueError("Publishable key not valid (expected format: pk_test_... or pk_live_...).")
        return cls(publishable_key=publishable_key, frontend_api=host, is_production=_PREFIXES[prefix])

    @property
    def issuer(self) -> str:
        """The ``iss`` of every token of this instance."""
        return f"https://{self.frontend_api}"

    @property
    def account_portal(self) -> str:
        """Origin of Clerk's hosted sign-in pages."""
        host = self.frontend_api.replace("clerk.accountsstage.", "accountsstage.")
        for old in ("clerk.accounts.", "clerk."):
            if old in host:
                return f"https://{host.replace(old, 'accounts.', 1)}"
        return f"https://{host}"

    @cached_property
    def cookie_suffix(self) -> str:
        """Eight characters that tell this instance's cookies from those of others on the same domain."""
        digest = hashlib.sha1(self.publishable_key.encode(), usedforsecurity=False).digest()
        return base64.urlsafe_b64encode(digest)[:8].decode("ascii")

    def suffixed(self, name: str) -> str:
        """Return the suffixed twin of a cookie name: ``__session`` becomes ``__session_nx2hSE6I``."""
        return f"{name}_{self.cookie_suffix}"
