"""Where settings meet core objects. Each object is made once, and forgotten when a setting changes."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.dispatch import receiver

from .api import ClerkClient
from .conf import conf
from .core.instance import LOCAL_CLERK, Instance
from .core.keys import JwksKeys, PemKey, SigningKeys
from .core.machine_tokens import MachineTokenVerifier
from .core.machines import API_KEY, M2M, TokenType
from .core.organizations import OrganizationPatterns
from .core.site import Site
from .core.tokens import TokenVerifier
from .core.urls import is_absolute, read_url
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


def get_site() -> Site:
    """Return everything that a decision depends on. Raises ImproperlyConfigured for settings that cannot be right."""
    return _once("site", _make_site)


def get_role_claim() -> str:
    """Return where the application role is in the claims. Every token that somebody reads asks for it."""
    return _once("role claim", lambda: conf.CLERK_ROLE_CLAIM)


def get_machine_verifier() -> MachineTokenVerifier:
    """Return the verifier of API keys, M2M and OAuth tokens. Raises ImproperlyConfigured."""
    return _once("machine verifier", _make_machine_verifier)


def revokes_sessions() -> bool:
    """Tell whether a session is refused as soon as Clerk reports its end."""
    return _once("revokes sessions", lambda: conf.CLERK_REVOKE_SESSIONS)


def get_client() -> ClerkClient:
    """Return the Backend API client. Raises ImproperlyConfigured without CLERK_SECRET_KEY."""
    return _once("client", lambda: _make_client(conf.CLERK_SECRET_KEY))


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
        instance = Instance.from_publishable_key(
            publishable_key,
            domain=conf.CLERK_DOMAIN or "",
            is_satellite=conf.CLERK_IS_SATELLITE,
            proxy_url=conf.CLERK_PROXY_URL or "",
        )
    except ValueError as error:
        raise ImproperlyConfigured(f"CLERK_PUBLISHABLE_KEY: {error}") from error
    if instance.is_satellite:
        _check_satellite(instance)
    if instance.frontend_api == LOCAL_CLERK and not (conf.CLERK_EMULATOR or settings.DEBUG):
        raise ImproperlyConfigured(
            "CLERK_PUBLISHABLE_KEY is that of a local Clerk, which lets anyone in as anyone: it needs DEBUG or tests."
        )
    return instance


def _check_satellite(instance: Instance) -> None:
    if not instance.domain and not instance.proxy_url:
        raise ImproperlyConfigured(
            "Missing domain and proxyUrl. A satellite application needs CLERK_DOMAIN or CLERK_PROXY_URL."
        )
    sign_in_url = conf.CLERK_SIGN_IN_URL
    if instance.is_production and not (sign_in_url and is_absolute(sign_in_url)):
        return
    if sign_in_url is None:
        raise ImproperlyConfigured("A satellite of a development instance needs CLERK_SIGN_IN_URL, of its primary.")
    try:
        origin = read_url(sign_in_url).origin
    except ValueError as error:
        raise ImproperlyConfigured("CLERK_SIGN_IN_URL of a satellite must be a URL, with scheme and host.") from error
    if origin.partition("://")[2] == instance.domain:
        raise ImproperlyConfigured("CLERK_SIGN_IN_URL of a satellite must be of its primary, not of its own domain.")


def _make_site() -> Site:
    try:
        organizations = OrganizationPatterns(conf.CLERK_ORGANIZATION_PATTERNS, conf.CLERK_PERSONAL_ACCOUNT_PATTERNS)
    except ValueError as error:
        raise ImproperlyConfigured(f"CLERK_ORGANIZATION_PATTERNS: {error}") from error
    return Site(
        verifier=get_verifier(),
        instance=get_instance(),
        backend=get_client if conf.CLERK_SECRET_KEY else None,
        sign_in_url=conf.CLERK_SIGN_IN_URL or "",
        satellite_auto_sync=conf.CLERK_SATELLITE_AUTO_SYNC,
        satellite_origins=frozenset(conf.CLERK_SATELLITE_ORIGINS),
        organizations=organizations,
    )


def _get_keys() -> SigningKeys:
    return _once("keys", _make_keys_or_none)


def _make_keys_or_none() -> SigningKeys:
    try:
        return make_keys()
    except ImproperlyConfigured as error:
        logger.error("Nobody can be signed in. %s", error)
        return _NoKeys(str(error))


def _make_verifier() -> TokenVerifier:
    instance = get_instance()
    return TokenVerifier(
        _get_keys(),
        authorized_parties=conf.CLERK_AUTHORIZED_PARTIES,
        issuers=conf.CLERK_ISSUER or (instance.issuers if instance is not None else ()),
        audience=conf.CLERK_AUDIENCE,
        clock_skew=conf.CLERK_CLOCK_SKEW,
    )


def _make_machine_verifier() -> MachineTokenVerifier:
    return MachineTokenVerifier(
        _get_keys(), _fetch_machine, audience=conf.CLERK_AUDIENCE, clock_skew=conf.CLERK_CLOCK_SKEW
    )


def _fetch_machine(token_type: TokenType, token: str) -> Mapping[str, Any]:
    own = conf.CLERK_MACHINE_SECRET_KEY if token_type == M2M else None
    try:
        client = _make_client(own) if own else get_client()
    except ImproperlyConfigured as error:  # is nothing that the caller could be told
        raise KeysUnavailable("secret-key-invalid", str(error)) from error
    if token_type == M2M:
        return client.verify_m2m_token(token)
    return client.verify_api_key(token) if token_type == API_KEY else client.verify_oauth_token(token)


def _make_client(secret_key: str | None) -> ClerkClient:
    if not secret_key:
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
