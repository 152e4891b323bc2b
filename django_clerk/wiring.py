"""Where settings meet core objects. Each object is made once, and forgotten when a setting changes."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from typing import Any, TypeVar, cast

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.dispatch import receiver

from .api import ClerkClient
from .conf import conf
from .core.instance import Instance
from .core.keys import JwksKeys, PemKey, SigningKeys
from .core.tokens import TokenVerifier
from .exceptions import KeysUnavailable
from .keystore import CachedKeyStore

logger = logging.getLogger("django_clerk")

_T = TypeVar("_T")

_made: dict[str, Any] = {}
_lock = threading.RLock()


def get_instance() -> Instance | None:
    """Return the Clerk instance of CLERK_PUBLISHABLE_KEY, or None without one. Raises ImproperlyConfigured."""
    return _once("instance", _make_instance)


def get_verifier() -> TokenVerifier:
    """Return the verifier of this instance's session tokens. Raises ImproperlyConfigured for a bad publishable key."""
    return _once("verifier", _make_verifier)


def get_role_claim() -> str:
    """Return where the application role is in the claims. Every token that somebody reads asks for it."""
    return _once("role claim", lambda: conf.CLERK_ROLE_CLAIM)


def get_client() -> ClerkClient:
    """Return the Backend API client. Raises ImproperlyConfigured without CLERK_SECRET_KEY."""
    return _once("client", _make_client)


def make_keys() -> SigningKeys:
    """Return the key of CLERK_JWT_KEY, else those behind CLERK_SECRET_KEY. Raises ImproperlyConfigured without."""
    if pem := conf.CLERK_JWT_KEY:
        try:
            return PemKey(pem)
        except ValueError as error:
            raise ImproperlyConfigured(f"CLERK_JWT_KEY cannot be used. {error}") from error
    secret_key = conf.CLERK_SECRET_KEY
    if not secret_key:
        raise ImproperlyConfigured(
            "Session tokens cannot be verified: set CLERK_SECRET_KEY, or CLERK_JWT_KEY to verify without the network."
        )
    ttl, stale = conf.CLERK_JWKS_CACHE_SECONDS, conf.CLERK_JWKS_STALE_SECONDS
    store = CachedKeyStore(secret_key=secret_key, api_url=conf.CLERK_API_URL, lifetime=ttl + stale)
    return JwksKeys(get_client().jwks, store, ttl=ttl, stale=stale)


class _NoKeys:
    """Stands in for keys that are configured wrongly: nobody is let in, and nothing but the guarded doors is shut."""

    offline = True

    def __init__(self, problem: str) -> None:
        self._problem = problem

    def get(self, kid: object, *, wait: bool = True) -> RSAPublicKey:
        raise KeysUnavailable("jwk-failed-to-resolve", self._problem)

    def may_wait(self, kid: object) -> bool:
        return False


def _make_instance() -> Instance | None:
    if not (publishable_key := conf.CLERK_PUBLISHABLE_KEY):
        return None
    try:
        return Instance.from_publishable_key(publishable_key)
    except ValueError as error:
        raise ImproperlyConfigured(f"CLERK_PUBLISHABLE_KEY: {error}") from error


def _make_verifier() -> TokenVerifier:
    instance = get_instance()
    try:
        keys = make_keys()
    except ImproperlyConfigured as error:
        logger.error("Nobody can be signed in. %s", error)
        keys = _NoKeys(str(error))
    return TokenVerifier(
        keys,
        authorized_parties=conf.CLERK_AUTHORIZED_PARTIES,
        issuer=instance.issuer if instance is not None else None,
        audience=conf.CLERK_AUDIENCE,
        clock_skew=conf.CLERK_CLOCK_SKEW,
    )


def _make_client() -> ClerkClient:
    if not (secret_key := conf.CLERK_SECRET_KEY):
        raise ImproperlyConfigured(
            "Clerk's Backend API needs CLERK_SECRET_KEY. Copy it from the API keys page of Clerk's dashboard."
        )
    try:
        return ClerkClient(secret_key, base_url=conf.CLERK_API_URL, api_version=conf.CLERK_API_VERSION)
    except ValueError as error:
        raise ImproperlyConfigured(str(error)) from error


def _once(name: str, make: Callable[[], _T]) -> _T:
    try:
        return cast(_T, _made[name])
    except KeyError:
        with _lock:
            if name not in _made:
                _made[name] = make()
            return cast(_T, _made[name])


@receiver(setting_changed)
def forget(*, setting: str, **kwargs: Any) -> None:
    """Forget every object made, so that the next request reads the settings anew."""
    if setting.startswith("CLERK_"):
        with _lock:
            _made.clear()


def _renew_lock() -> None:
    global _lock
    _lock = threading.RLock()


if hasattr(os, "register_at_fork"):  # not on Windows, which does not fork
    os.register_at_fork(after_in_child=_renew_lock)  # a thread of the parent may have held it
