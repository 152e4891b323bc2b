"""A Clerk instance, as its publishable key describes it."""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from functools import cached_property

SESSION, CLIENT_UAT, DEV_BROWSER, REFRESH = "__session", "__client_uat", "__clerk_db_jwt", "__refresh"
HANDSHAKE, HANDSHAKE_NONCE, REDIRECT_COUNT = "__clerk_handshake", "__clerk_handshake_nonce", "__clerk_redirect_count"
PLAIN = frozenset({SESSION, CLIENT_UAT, DEV_BROWSER, HANDSHAKE, HANDSHAKE_NONCE, REDIRECT_COUNT})

#: Host of every local Clerk, which lets anyone in as anyone. RFC 2606 reserves its last part: it leads nowhere.
LOCAL_CLERK = "clerk-emulator.invalid"

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
    domain: str = ""  #: of this application, where it is a satellite
    is_satellite: bool = False  #: another domain signs people in for this one
    proxy_url: str = ""  #: where the Frontend API is reached instead: a URL, or a path of this site

    @classmethod
    def from_publishable_key(
        cls, publishable_key: str, *, domain: str = "", is_satellite: bool = False, proxy_url: str = ""
    ) -> Instance:
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
        return cls(publishable_key, host, _PREFIXES[prefix], domain, is_satellite, proxy_url)

    @property
    def issuer(self) -> str:
        """The ``iss`` of every token of this instance."""
        return f"https://{self.frontend_api}"

    @property
    def issuers(self) -> tuple[str, ...]:
        """Every ``iss`` that a token of this instance may have here: behind a proxy, or on a satellite, it varies."""
        proxies = (self.proxy_url.rstrip("/"),) if self.proxy_url.startswith("http") else ()
        return tuple(dict.fromkeys((self.issuer, f"https://{self.original_frontend_api}", *proxies)))

    @cached_property
    def original_frontend_api(self) -> str:
        """Host of the Frontend API as tokens and cookies know it, whatever proxy is in front of it."""
        is_own = self.is_production and self.is_satellite and self.domain
        return f"clerk.{self.domain}" if is_own else self.frontend_api

    def effective_frontend_api(self, origin: str) -> str:
        """Return where a browser reaches the Frontend API. ``origin`` is this site's, for a proxy given as a path."""
        address = f"{origin}{self.proxy_url}" if self.proxy_url.startswith("/") else self.proxy_url
        address = address or self.original_frontend_api
        return (address if address.startswith("http") else f"https://{address}").rstrip("/")

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

    @cached_property
    def cookie_names(self) -> frozenset[str]:
        """Every cookie that this instance reads."""
        return PLAIN | {self.suffixed(name) for name in (SESSION, CLIENT_UAT, DEV_BROWSER, REFRESH)}

    def suffixed(self, name: str) -> str:
        """Return the suffixed twin of a cookie name: ``__session`` becomes ``__session_nx2hSE6I``."""
        return f"{name}_{self.cookie_suffix}"
