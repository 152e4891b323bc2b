"""Is the app plugged in where Django looks for it?"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.utils.module_loading import import_string

from django_clerk.backends import ClerkBackend

_MIDDLEWARE = "django_clerk.middleware.ClerkMiddleware"
_BEFORE = "django.contrib.auth.middleware.AuthenticationMiddleware"


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


def _is_clerk_backend(path: str) -> bool:
    try:
        backend = import_string(path)
    except ImportError:
        return False
    return isinstance(backend, type) and issubclass(backend, ClerkBackend)
