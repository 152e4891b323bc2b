"""The project of the queues' tests. Its processes find in the environment which database and which queue they share."""

from __future__ import annotations

import os
from typing import Any

import django

from tests.settings import *  # noqa: F403
from tests.settings import INSTALLED_APPS as APPS
from tests.settings import database

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ["QUEUES_DATABASE"],
        "OPTIONS": {"timeout": 30},
    }
}
CLERK_WEBHOOK_BACKEND = os.environ["QUEUES_BACKEND"]
ROOT_URLCONF = "tests.webhook_urls"

if os.environ.get("QUEUES_PORT"):
    DATABASES = {"default": {**database("postgresql"), "HOST": "127.0.0.1", "PORT": os.environ["QUEUES_PORT"]}}

if os.environ.get("QUEUES_SECOND"):
    DATABASES["people"] = {**DATABASES["default"], "NAME": os.environ["QUEUES_DATABASE"] + ".people"}
    for of_each in DATABASES.values():
        of_each["ATOMIC_REQUESTS"] = True
    DATABASE_ROUTERS = ["tests.queues.settings.Router"]

if os.environ.get("QUEUES_REPLICA"):
    DATABASES["replica"] = {**DATABASES["default"], "NAME": os.environ["QUEUES_DATABASE"] + ".replica"}
    DATABASE_ROUTERS = ["tests.queues.settings.Replicated"]


class Router:
    """Keeps people, and what Clerk tells of them, in a database of their own."""

    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        return "people" if model._meta.app_label in ("auth", "contenttypes", "django_clerk") else None

    db_for_write = db_for_read


class Replicated:
    """Reads from a replica, which nothing has reached yet."""

    def db_for_read(self, model: Any, **hints: Any) -> str:
        return "replica"

    def db_for_write(self, model: Any, **hints: Any) -> str:
        return "default"

    def allow_relation(self, *objects: Any, **hints: Any) -> bool:
        return True


if CLERK_WEBHOOK_BACKEND.endswith("TasksBackend"):
    INSTALLED_APPS = [*APPS, *(["django_tasks"] if django.VERSION < (6, 0) else []), "django_tasks_db"]
    TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
