"""What is right in development and wrong in production."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.cache import caches
from django.core.cache.backends.dummy import DummyCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.checks import CheckMessage, Error, Warning
from django.core.exceptions import ImproperlyConfigured

from django_clerk.conf import conf

from .privileges import check_privileges_deployment


def check_deployment(**kwargs: Any) -> list[CheckMessage]:
    """Development keys let in whoever signs up there; workers that share no cache let in whoever has left."""
    try:
        keys = {"CLERK_PUBLISHABLE_KEY": conf.CLERK_PUBLISHABLE_KEY, "CLERK_SECRET_KEY": conf.CLERK_SECRET_KEY}
        found = [*_check_cache(), *check_privileges_deployment()]
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
