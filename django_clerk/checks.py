"""System checks: what is configured wrongly is said at start-up, each finding with an id and with what to do."""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings
from django.core.cache import caches
from django.core.cache.backends.dummy import DummyCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.checks import CheckMessage, Error, Warning
from django.core.exceptions import ImproperlyConfigured
from django.urls import NoReverseMatch, reverse
from django.utils.module_loading import import_string

from .backends import ClerkBackend
from .conf import Conf, conf
from .core.deliveries import read_secret
from .exceptions import WebhookNotConfigured
from .wiring import get_instance, make_keys

_MIDDLEWARE = "django_clerk.middleware.ClerkMiddleware"
_BEFORE = "django.contrib.auth.middleware.AuthenticationMiddleware"
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]+)?")
_DEFAULT_PORT = re.compile(r"(http:.*:80|https:.*:443)")
_LARGEST_SKEW = 60  # seconds


def check_settings(**kwargs: Any) -> list[CheckMessage]:
    """Every setting must be of its type; nothing else is looked at until it is."""
    found: list[CheckMessage] = []
    for name in dir(Conf):
        if name.startswith("CLERK_"):
            try:
                getattr(conf, name)
            except ImproperlyConfigured as error:
                found.append(
                    Error(str(error), hint="See the settings table in the documentation.", id="django_clerk.E001")
                )
    return found or [*_check_keys(), *_check_parties(), *_check_skew(), *_check_webhook()]


def check_middleware(**kwargs: Any) -> list[CheckMessage]:
    """The middleware must come after Django's, and the backend must be there for has_perm() to find it."""
    found: list[CheckMessage] = []
    middleware = list(settings.MIDDLEWARE)
    if _MIDDLEWARE not in middleware:
        hint = f'Add "{_MIDDLEWARE}" after "{_BEFORE}", unless only Django REST framework signs people in.'
        found.append(
            Warning(
                "ClerkMiddleware is not in MIDDLEWARE, so request.clerk is missing.", hint=hint, id="django_clerk.W001"
            )
        )
    elif _BEFORE in middleware and middleware.index(_MIDDLEWARE) < middleware.index(_BEFORE):
        hint = f'Move "{_MIDDLEWARE}" below "{_BEFORE}".'
        found.append(
            Error(
                "AuthenticationMiddleware replaces the user that ClerkMiddleware sets.",
                hint=hint,
                id="django_clerk.E002",
            )
        )
    if not any(_is_clerk_backend(path) for path in settings.AUTHENTICATION_BACKENDS):
        hint = 'Add "django_clerk.backends.ClerkBackend" to AUTHENTICATION_BACKENDS.'
        found.append(Error("ClerkBackend is not in AUTHENTICATION_BACKENDS.", hint=hint, id="django_clerk.E003"))
    return found


def check_deployment(**kwargs: Any) -> list[CheckMessage]:
    """Development keys let in whoever signs up there; workers that share no cache let in whoever has left."""
    try:
        keys = {"CLERK_PUBLISHABLE_KEY": conf.CLERK_PUBLISHABLE_KEY, "CLERK_SECRET_KEY": conf.CLERK_SECRET_KEY}
        found = _check_cache()
    except ImproperlyConfigured:  # check_settings() says so
        return []
    found += [
        Error(
            f"{name} is a development key.",
            hint="Use the keys of your production instance, which start with pk_live_ and sk_live_.",
            id="django_clerk.E008",
        )
        for name, key in keys.items()
        if not settings.DEBUG and key and key.startswith(("pk_test_", "sk_test_", "test_"))
    ]
    return found


def _check_cache() -> list[CheckMessage]:
    if not conf.CLERK_REVOKE_SESSIONS or not isinstance(caches["default"], (LocMemCache, DummyCache)):
        return []
    message = "CLERK_REVOKE_SESSIONS needs a shared cache: with this one, other workers go on with ended sessions."
    hint = "Use Redis, Memcached or the database as the default cache."
    return [Warning(message, hint=hint, id="django_clerk.W008")]


def _check_keys() -> list[CheckMessage]:
    found: list[CheckMessage] = []
    try:
        instance = get_instance()
    except ImproperlyConfigured as error:
        hint = "Copy the publishable key from the API keys page of Clerk's dashboard."
        return [Error(str(error), hint=hint, id="django_clerk.E004")]
    secret_key = conf.CLERK_SECRET_KEY
    if instance is not None and secret_key and instance.is_production == secret_key.startswith(("sk_test_", "test_")):
        hint = "Copy both keys from the same instance, development or production."
        message = "CLERK_PUBLISHABLE_KEY and CLERK_SECRET_KEY belong to different instances."
        found.append(Error(message, hint=hint, id="django_clerk.E005"))
    if not secret_key:
        hint = "Set it: users are fetched, sessions refreshed and handshakes ended through Clerk's Backend API."
        found.append(
            Warning("CLERK_SECRET_KEY is not set, so Clerk cannot be asked.", hint=hint, id="django_clerk.W007")
        )
    if instance is None:
        hint = "Set it: the issuer of tokens and the instance's own cookies are known by it."
        found.append(
            Warning(
                "CLERK_PUBLISHABLE_KEY is not set, so the issuer is not checked.", hint=hint, id="django_clerk.W002"
            )
        )
    try:
        make_keys()
    except ImproperlyConfigured as error:
        hint = "Copy the secret key, or the public key in PEM form, from the API keys page of Clerk's dashboard."
        found.append(Error(str(error), hint=hint, id="django_clerk.E006"))
    return found


def _check_parties() -> list[CheckMessage]:
    parties = conf.CLERK_AUTHORIZED_PARTIES
    if not parties:
        message = "CLERK_AUTHORIZED_PARTIES is empty, so a token made for any origin of the instance is accepted."
        hint = "List the origins of your front ends, such as https://app.example.com."
        return [Warning(message, hint=hint, id="django_clerk.W003")]
    hint = "Write scheme, host and port only, such as https://app.example.com, without a slash at the end."
    return [
        Warning(
            f'CLERK_AUTHORIZED_PARTIES: "{party}" is not an origin, so no token matches it.',
            hint=hint,
            id="django_clerk.W004",
        )
        for party in parties
        if not _is_origin(party)
    ]


def _check_skew() -> list[CheckMessage]:
    if conf.CLERK_CLOCK_SKEW <= _LARGEST_SKEW:
        return []
    message = f"CLERK_CLOCK_SKEW lets session tokens live {conf.CLERK_CLOCK_SKEW:g} seconds beyond their end."
    return [Warning(message, hint="It is in seconds, not milliseconds. The default is 5.", id="django_clerk.W006")]


def _check_webhook() -> list[CheckMessage]:
    secrets = conf.CLERK_WEBHOOK_SIGNING_SECRET
    hint = "Copy the signing secret, which starts with whsec_, from the webhook endpoint's page in Clerk's dashboard."
    try:
        for secret in secrets:
            read_secret(secret)
    except WebhookNotConfigured as error:
        return [Error(str(error), hint=hint, id="django_clerk.E007")]
    if not secrets and _has_webhook_url():
        message = "CLERK_WEBHOOK_SIGNING_SECRET is not set, so every webhook is answered 500."
        return [Warning(message, hint=hint, id="django_clerk.W005")]
    return []


def _has_webhook_url() -> bool:
    try:
        reverse("clerk_webhook")
    except (NoReverseMatch, ImproperlyConfigured):
        return False
    return True


def _is_clerk_backend(path: str) -> bool:
    try:
        backend = import_string(path)
    except ImportError:
        return False
    return isinstance(backend, type) and issubclass(backend, ClerkBackend)


def _is_origin(text: str) -> bool:
    """Tell whether a browser could send this: it leaves the port out where it is the scheme's own."""
    return _ORIGIN.fullmatch(text) is not None and _DEFAULT_PORT.fullmatch(text) is None
