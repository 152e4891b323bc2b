"""The projects that hostile requests are sent to: one for each way of being set up."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.conf import UserSettingsHolder, settings
from django.core.signals import setting_changed

from tests.keys import PUBLIC_PEM

API = "https://api.clerk-fuzz.invalid"
BROKEN_API = "https://down.clerk-fuzz.invalid"
PRIMARY, SATELLITES = "https://primary.example", ["https://satellite.example", "http://localhost:3001"]
ALLOWED_HOSTS = ["example.com", ".example.org", "satellite.example", "127.0.0.1", "[::1]"]
LIVE_HOST, TEST_HOST = "clerk.example.com", "happy-cat-1.clerk.accounts.dev"


def publishable_key(prefix: str, host: str) -> str:
    return prefix + base64.b64encode(f"{host}$".encode()).decode().rstrip("=")


LIVE, TEST = publishable_key("pk_live_", LIVE_HOST), publishable_key("pk_test_", TEST_HOST)
LIVE_ISSUER, TEST_ISSUER = f"https://{LIVE_HOST}", f"https://{TEST_HOST}"
PARTIES = ["https://example.com", "https://satellite.example"]

#: Every setting that says who is who, so that no variable of the machine gets in.
NOTHING: dict[str, Any] = {
    f"CLERK_{name}": None
    for name in (
        "PUBLISHABLE_KEY", "SECRET_KEY", "JWT_KEY", "AUTHORIZED_PARTIES", "AUDIENCE", "ISSUER", "DOMAIN", "PROXY_URL",
        "SIGN_IN_URL", "SATELLITE_ORIGINS", "IS_SATELLITE", "SATELLITE_AUTO_SYNC", "ORGANIZATION_PATTERNS",
        "PERSONAL_ACCOUNT_PATTERNS", "MACHINE_SECRET_KEY", "REVOKE_SESSIONS", "API_URL",
    )
}  # fmt: skip


@dataclass(frozen=True)
class Project:
    """Settings, and what follows from them by Clerk's documentation, written down by hand."""

    name: str
    settings: dict[str, Any] = field(repr=False)
    is_production: bool
    issuers: tuple[str, ...]  #: of a good token; empty when any will do
    clerk: tuple[str, ...] = ()  #: origins that a browser may be sent to, beside this site's own
    checks_kid: bool = False
    answers: bool = True  #: False when no token can be good, for want of keys
    trusts_proxy: bool = False
    revokes: bool = False
    asks_clerk: bool = False  #: whether there is a Backend API to exchange a nonce at, to refresh or to verify with

    @property
    def suffix(self) -> str:
        key = self.settings.get("CLERK_PUBLISHABLE_KEY") or ""
        return base64.urlsafe_b64encode(hashlib.sha1(key.encode()).digest())[:8].decode() if key else "nokey"

    @property
    def parties(self) -> list[str] | None:
        return self.settings.get("CLERK_AUTHORIZED_PARTIES")

    @property
    def issuer(self) -> str:
        return self.issuers[0] if self.issuers else LIVE_ISSUER


def _production(name: str, *, issuers: tuple[str, ...] = (LIVE_ISSUER,), **settings: Any) -> dict[str, Any]:
    own = {"CLERK_PUBLISHABLE_KEY": LIVE, "CLERK_JWT_KEY": PUBLIC_PEM, "CLERK_AUTHORIZED_PARTIES": PARTIES}
    return {"name": name, "settings": {**own, **settings}, "is_production": True, "issuers": issuers}


def _development(name: str, **settings: Any) -> dict[str, Any]:
    own = {"CLERK_PUBLISHABLE_KEY": TEST, "CLERK_JWT_KEY": PUBLIC_PEM}
    return {"name": name, "settings": {**own, **settings}, "is_production": False, "issuers": (TEST_ISSUER,)}


_ASKING: dict[str, Any] = {"CLERK_SECRET_KEY": "sk_live_fuzz", "CLERK_API_URL": API}
_BY_JWKS: dict[str, Any] = {**_ASKING, "CLERK_JWT_KEY": None}
_PATTERNS: dict[str, Any] = {
    "CLERK_ORGANIZATION_PATTERNS": ["/orgs/:slug", "/orgs/:slug/(.*)", "/by-id/:id/(.*)?"],
    "CLERK_PERSONAL_ACCOUNT_PATTERNS": ["/me", "/me/(.*)"],
}
_OWN_DOMAIN: dict[str, Any] = {"CLERK_IS_SATELLITE": True, "CLERK_DOMAIN": "satellite.example"}
_PROXY = "https://example.com/__clerk"

PROJECTS = [
    Project(**_production("production"), clerk=(LIVE_ISSUER,)),
    Project(**_production("production, JWKS", **_BY_JWKS), clerk=(LIVE_ISSUER,), checks_kid=True, asks_clerk=True),
    Project(
        **_production("production, organizations, proxy trusted", **_ASKING, **_PATTERNS),
        clerk=(LIVE_ISSUER,),
        trusts_proxy=True,
        asks_clerk=True,
    ),
    Project(
        **_production("satellite", issuers=("https://clerk.satellite.example", LIVE_ISSUER), **_OWN_DOMAIN),
        clerk=("https://clerk.satellite.example",),
    ),
    Project(**_production("proxy by path", CLERK_PROXY_URL="/__clerk")),
    Project(
        **_production("proxy by URL", issuers=(LIVE_ISSUER, _PROXY), CLERK_PROXY_URL=_PROXY),
        clerk=("https://example.com",),
    ),
    Project(**_production("revoking", CLERK_REVOKE_SESSIONS=True), clerk=(LIVE_ISSUER,), revokes=True),
    Project(
        **_production("without Clerk", CLERK_SECRET_KEY="sk_live_fuzz", CLERK_API_URL=BROKEN_API, CLERK_JWT_KEY=None),
        clerk=(LIVE_ISSUER,),
        answers=False,
    ),
    Project(**_development("development", **_ASKING), clerk=(TEST_ISSUER,), asks_clerk=True),
    Project(
        **_development("development, primary", CLERK_SATELLITE_ORIGINS=SATELLITES, **_PATTERNS),
        clerk=(TEST_ISSUER, *SATELLITES),
    ),
    Project(**_development("development, JWKS", **_BY_JWKS), clerk=(TEST_ISSUER,), checks_kid=True, asks_clerk=True),
    Project(
        **_development(
            "development, satellite",
            CLERK_SATELLITE_AUTO_SYNC=True,
            CLERK_SIGN_IN_URL=f"{PRIMARY}/sign-in?a=%2F&b=é#top",
            **_OWN_DOMAIN,
        ),
        clerk=(TEST_ISSUER, PRIMARY),
    ),
    Project(**_development("development, proxy by path", CLERK_PROXY_URL="/__clerk", **_ASKING), asks_clerk=True),
    Project(
        "no publishable key",
        {"CLERK_JWT_KEY": PUBLIC_PEM, "CLERK_AUTHORIZED_PARTIES": PARTIES},
        is_production=True,
        issuers=(),
    ),
]


@contextmanager
def entered(project: Project) -> Iterator[None]:
    """
    Run with the settings of a project, in a process that remembers nothing.

    It is what override_settings() does, with one signal instead of one for each setting, which would be half the time.
    """
    given = settings._wrapped
    settings._wrapped = project_settings = UserSettingsHolder(given)
    for name, value in {**NOTHING, **project.settings}.items():
        setattr(project_settings, name, value)
    project_settings.USE_X_FORWARDED_HOST = project.trusts_proxy
    project_settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if project.trusts_proxy else None
    _tell()
    try:
        yield
    finally:
        settings._wrapped = given
        _tell()


def _tell() -> None:
    setting_changed.send(Project, setting="CLERK_PUBLISHABLE_KEY", value=None, enter=True)
