"""
The settings, one typed property each, read when asked.

A setting that Django does not have is looked up in the environment under the same name. Values are checked here and
the error says what to write, so that a typo is never taken for the default.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, cast

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.functional import Promise

_TRUTH = {
    "true": True,
    "1": True,
    "yes": True,
    "on": True,
    "false": False,
    "0": False,
    "no": False,
    "off": False,
    "": False,
}


class Conf:
    """Every ``CLERK_…`` setting of the package. Raises ImproperlyConfigured, naming the setting, for a bad value."""

    @property
    def CLERK_PUBLISHABLE_KEY(self) -> str | None:
        return _text("CLERK_PUBLISHABLE_KEY")

    @property
    def CLERK_SECRET_KEY(self) -> str | None:
        return _text("CLERK_SECRET_KEY")

    @property
    def CLERK_JWT_KEY(self) -> str | None:
        return _text("CLERK_JWT_KEY")

    @property
    def CLERK_WEBHOOK_SIGNING_SECRET(self) -> tuple[str, ...]:
        """Every secret a delivery may be signed with; several while one is being replaced."""
        return _texts("CLERK_WEBHOOK_SIGNING_SECRET") or _texts("CLERK_WEBHOOK_SECRET")

    @property
    def CLERK_WEBHOOK_MAX_BODY(self) -> int:
        """Bytes of the largest delivery that is read."""
        return int(_number("CLERK_WEBHOOK_MAX_BODY", 1024 * 1024))

    @property
    def CLERK_AUTHORIZED_PARTIES(self) -> tuple[str, ...]:
        return _texts("CLERK_AUTHORIZED_PARTIES")

    @property
    def CLERK_AUDIENCE(self) -> tuple[str, ...]:
        return _texts("CLERK_AUDIENCE")

    @property
    def CLERK_CLOCK_SKEW(self) -> float:
        """Seconds."""
        return _number("CLERK_CLOCK_SKEW", 5)

    @property
    def CLERK_JWKS_CACHE_SECONDS(self) -> float:
        """After so long the keys are fetched anew, and a withdrawn key stops working."""
        return _number("CLERK_JWKS_CACHE_SECONDS", 300, may_be_zero=False)

    @property
    def CLERK_JWKS_STALE_SECONDS(self) -> float:
        """For so long the last good keys serve while Clerk cannot be reached."""
        return _number("CLERK_JWKS_STALE_SECONDS", 6 * 60 * 60)

    @property
    def CLERK_ROLE_CLAIM(self) -> str:
        """Dotted path in the claims. Unsafe metadata is refused: its owner writes it."""
        path = _text("CLERK_ROLE_CLAIM") or "metadata.role"
        if "unsafe" in path.lower():
            raise ImproperlyConfigured("CLERK_ROLE_CLAIM must not point into unsafe metadata: its owner writes it.")
        return path

    @property
    def CLERK_ISSUER(self) -> tuple[str, ...]:
        """Accepted ``iss`` values, instead of those that follow from the publishable key."""
        return _texts("CLERK_ISSUER")

    @property
    def CLERK_DOMAIN(self) -> str | None:
        """Of this application, where it is a satellite."""
        return _text("CLERK_DOMAIN")

    @property
    def CLERK_IS_SATELLITE(self) -> bool:
        return _flag("CLERK_IS_SATELLITE")

    @property
    def CLERK_SATELLITE_AUTO_SYNC(self) -> bool:
        """Look for a session at the primary domain at the first page already, not only after a sign-in."""
        return _flag("CLERK_SATELLITE_AUTO_SYNC")

    @property
    def CLERK_SATELLITE_ORIGINS(self) -> tuple[str, ...]:
        """The satellites of a primary domain, in development: a browser is sent back to no other."""
        return _texts("CLERK_SATELLITE_ORIGINS")

    @property
    def CLERK_PROXY_URL(self) -> str | None:
        """Where the Frontend API is reached instead: a URL, or a path of this site."""
        return _text("CLERK_PROXY_URL")

    @property
    def CLERK_ORGANIZATION_PATTERNS(self) -> tuple[str, ...]:
        """Paths about one organization, such as "/orgs/:slug/(.*)": a handshake makes it the active one."""
        return _texts("CLERK_ORGANIZATION_PATTERNS")

    @property
    def CLERK_PERSONAL_ACCOUNT_PATTERNS(self) -> tuple[str, ...]:
        """Paths about nobody but the user: a handshake makes no organization active."""
        return _texts("CLERK_PERSONAL_ACCOUNT_PATTERNS")

    @property
    def CLERK_MACHINE_SECRET_KEY(self) -> str | None:
        """With which M2M tokens are verified, instead of the secret key."""
        return _text("CLERK_MACHINE_SECRET_KEY")

    @property
    def CLERK_REVOKE_SESSIONS(self) -> bool:
        """Refuse a session as soon as Clerk reports its end, and not when its token expires."""
        return _flag("CLERK_REVOKE_SESSIONS")

    @property
    def CLERK_TOKEN_LIFETIME(self) -> float:
        """Seconds that a session token lives at most. For so long an ended session is remembered."""
        return _number("CLERK_TOKEN_LIFETIME", 60, may_be_zero=False)

    @property
    def CLERK_SIGN_IN_URL(self) -> str | None:
        return _text("CLERK_SIGN_IN_URL")

    @property
    def CLERK_UNAUTHORIZED_URL(self) -> str | None:
        return _text("CLERK_UNAUTHORIZED_URL")

    @property
    def CLERK_API_URL(self) -> str:
        return (_text("CLERK_API_URL") or "https://api.clerk.com").rstrip("/")

    @property
    def CLERK_API_VERSION(self) -> str:
        """The date of the Backend API that is spoken, sent as ``Clerk-API-Version``."""
        return _text("CLERK_API_VERSION") or "2026-05-12"

    @property
    def CLERK_PROVISION_USERS(self) -> Literal["api", "claims", "never"]:
        choice = _choice("CLERK_PROVISION_USERS", ("api", "claims", "never"))
        if choice is None:
            return "api" if self.CLERK_SECRET_KEY else "claims"
        return cast('Literal["api", "claims", "never"]', choice)

    @property
    def CLERK_LINK_VERIFIED_EMAIL(self) -> bool:
        return _flag("CLERK_LINK_VERIFIED_EMAIL")

    @property
    def CLERK_LINK_EXTERNAL_ID(self) -> bool:
        return _flag("CLERK_LINK_EXTERNAL_ID")

    @property
    def CLERK_ON_USER_DELETED(self) -> Literal["deactivate", "anonymize", "delete"]:
        choice = _choice("CLERK_ON_USER_DELETED", ("deactivate", "anonymize", "delete"))
        return cast('Literal["deactivate", "anonymize", "delete"]', choice or "deactivate")

    @property
    def CLERK_EMULATOR(self) -> bool:
        return _flag("CLERK_EMULATOR")

    @property
    def CLERK_EMULATOR_DIR(self) -> str:
        """Folder of the local Clerk's state, or ``:memory:``."""
        return _text("CLERK_EMULATOR_DIR") or ":memory:"


def _read(name: str) -> Any:
    if hasattr(settings, name):
        return getattr(settings, name)
    return os.environ.get(name)


def _text(name: str) -> str | None:
    value = _read(name)
    if value is None:
        return None
    if not isinstance(value, (str, Path, Promise)):  # a Promise is what reverse_lazy() returns
        raise ImproperlyConfigured(f"{name} must be a string, not {type(value).__name__}.")
    return str(value).strip() or None


def _texts(name: str) -> tuple[str, ...]:
    value = _read(name)
    if isinstance(value, str):
        value = value.split(",")
    if not isinstance(value, (Sequence, set, frozenset, type(None))) or isinstance(value, bytes):
        raise ImproperlyConfigured(f"{name} must be a list of strings, not {type(value).__name__}.")
    items = tuple(value or ())
    if not all(isinstance(item, str) for item in items):
        raise ImproperlyConfigured(f"{name} must hold strings only.")
    return tuple(item.strip() for item in items if item.strip())


def _number(name: str, default: float, *, may_be_zero: bool = True) -> float:
    value = _read(name)
    if value is None:
        return default
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = -1.0
    if isinstance(value, bool) or not 0 <= number < float("inf") or (number == 0 and not may_be_zero):
        raise ImproperlyConfigured(f"{name} must be a number, {'zero or more' if may_be_zero else 'above zero'}.")
    return number


def _flag(name: str) -> bool:
    value = _read(name)
    if isinstance(value, str):
        value = _TRUTH.get(value.strip().lower(), value)
    if value is None or isinstance(value, bool):
        return bool(value)
    raise ImproperlyConfigured(f"{name} must be True or False.")


def _choice(name: str, choices: tuple[str, ...]) -> str | None:
    value = _text(name)
    if value is None or value in choices:
        return value
    raise ImproperlyConfigured(f"{name} must be one of {', '.join(map(repr, choices))}.")


conf = Conf()
