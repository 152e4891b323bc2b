"""
The project that the tests run in.

``TEST_DATABASE`` chooses ``sqlite`` (the default), ``postgresql`` or ``mariadb``; ``TEST_DATABASE_HOST``, ``_PORT``,
``_USER`` and ``_PASSWORD`` say where it is. ``TEST_CACHE`` chooses ``locmem`` (the default) or ``redis``, at
``TEST_REDIS_URL``.
"""

from __future__ import annotations

import base64
import os
import secrets
from typing import Any

from tests.keys import PUBLIC_PEM

#: In the names of the databases and cache keys, so that two runs at once never meet. Child processes inherit it.
TEST_RUN = os.environ.setdefault("TEST_RUN", secrets.token_hex(4))


def database(kind: str) -> dict[str, Any]:
    if kind == "sqlite":
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
    engine, port, user, name = {
        "postgresql": ("django.db.backends.postgresql", "5432", "postgres", "postgres"),
        "mariadb": ("django.db.backends.mysql", "3306", "root", ""),
    }[kind]
    return {
        "ENGINE": engine,
        "HOST": os.environ.get("TEST_DATABASE_HOST", "127.0.0.1"),
        "PORT": os.environ.get("TEST_DATABASE_PORT", port),
        "USER": os.environ.get("TEST_DATABASE_USER", user),
        "PASSWORD": os.environ.get("TEST_DATABASE_PASSWORD", ""),
        "NAME": name,
        "TEST": {"NAME": f"test_django_clerk_{TEST_RUN}"},
    }


def cache(kind: str) -> dict[str, Any]:
    if kind == "locmem":
        return {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": TEST_RUN}
    if kind == "redis":
        return {
            "BACKEND": "tests.redis_cache.RedisCache",
            "LOCATION": os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/0"),
            "KEY_PREFIX": f"test_django_clerk_{TEST_RUN}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}",
        }
    raise ValueError(f"TEST_CACHE is locmem or redis, not {kind}.")


DATABASES = {"default": database(os.environ.get("TEST_DATABASE", "sqlite"))}
CACHES = {"default": cache(os.environ.get("TEST_CACHE", "locmem"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "rest_framework",
    "django_clerk",
    "tests.testapp",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_clerk.middleware.ClerkMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
AUTHENTICATION_BACKENDS = [
    "django_clerk.backends.ClerkBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # quick, and good for nothing else

ROOT_URLCONF = "tests.urls"
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1", "example.com"]
SECRET_KEY = "of the tests only"
USE_TZ = True
STATIC_URL = "static/"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# The instance clerk.example.com. No secret key, whatever the environment says: nothing is asked of Clerk's API.
CLERK_PUBLISHABLE_KEY = "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k"
CLERK_SECRET_KEY = None
CLERK_JWT_KEY = PUBLIC_PEM
CLERK_AUTHORIZED_PARTIES = ["https://example.com"]
CLERK_WEBHOOK_SIGNING_SECRET = "whsec_" + base64.b64encode(b"the tests' signing secret").decode("ascii")
