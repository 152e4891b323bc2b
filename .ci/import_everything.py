"""
Import every module of the installed django_clerk, check it and migrate, in a development project with little else.

What is for a neighbour that is not installed is left out: neighbours are extras. With Django REST framework, the
project names our classes in its settings, so that REST framework imports them while it is being imported itself. Says
which copy of the package it was.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from typing import Any

import django
from django.conf import settings
from django.core.management import call_command
from django.urls import include, path

import django_clerk
from django_clerk.emulator.settings import emulator_settings

#: Which packages each optional part of ours is for.
NEIGHBOURS = {
    "django_clerk.contrib.celery": ("celery",),
    "django_clerk.contrib.channels": ("channels",),
    "django_clerk.contrib.ninja": ("ninja",),
    "django_clerk.contrib.spectacular": ("drf_spectacular", "rest_framework"),
    "django_clerk.contrib.tasks": ("django_tasks",),
    "django_clerk.drf": ("rest_framework",),
}
HAS_DRF = importlib.util.find_spec("rest_framework") is not None
OPTIONAL = [part for part, packages in NEIGHBOURS.items() if not all(map(importlib.util.find_spec, packages))]

urlpatterns: list[Any] = []


def configure() -> None:
    apps = ["admin", "auth", "contenttypes", "messages", "sessions"]
    processors = ["django.template.context_processors.request", "django.contrib.auth.context_processors.auth"]
    drf = ["rest_framework"] if HAS_DRF else []
    settings.configure(
        **emulator_settings(":memory:"),
        AUTHENTICATION_BACKENDS=["django_clerk.backends.ClerkBackend", "django.contrib.auth.backends.ModelBackend"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        DEBUG=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=[*(f"django.contrib.{app}" for app in apps), *drf, "django_clerk", "django_clerk.emulator"],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django_clerk.middleware.ClerkMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
        ],
        REST_FRAMEWORK={
            "DEFAULT_AUTHENTICATION_CLASSES": ["django_clerk.drf.ClerkAuthentication"],
            "DEFAULT_PERMISSION_CLASSES": ["django_clerk.drf.IsClerkAuthenticated"],
        },
        ROOT_URLCONF=__name__,
        SECRET_KEY="of this check only",
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [*processors, "django.contrib.messages.context_processors.messages"],
                },
            }
        ],
        USE_TZ=True,
    )
    django.setup()
    urlpatterns.extend(
        [
            path("webhooks/clerk/", include("django_clerk.webhooks.urls")),
            path("__clerk/", include("django_clerk.emulator.urls")),
            path("__clerk_api/", include("django_clerk.emulator.api_urls")),
        ]
    )


def is_optional(name: str) -> bool:
    return any(f"{name}.".startswith(f"{optional}.") for optional in OPTIONAL)


def refuse(name: str) -> None:
    """Let a package that cannot be imported pass where it is optional; called while its error is being handled."""
    if not is_optional(name):
        raise


def main() -> None:
    configure()
    if HAS_DRF:
        importlib.import_module("rest_framework.views")
    names = [module.name for module in pkgutil.walk_packages(django_clerk.__path__, "django_clerk.", onerror=refuse)]
    chosen = [name for name in names if not is_optional(name)]
    for name in chosen:
        importlib.import_module(name)
    call_command("check", fail_level="WARNING")
    call_command("migrate", verbosity=0)
    where = django_clerk.__path__[0]
    print(f"django_clerk {django_clerk.__version__}, {len(chosen)} of {len(names)} modules, from {where}")


if __name__ == "__main__":
    main()
