"""The project of the queues' tests. Its processes find in the environment which database and which queue they share."""

from __future__ import annotations

import os

import django

from tests.settings import *  # noqa: F403
from tests.settings import INSTALLED_APPS as APPS

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ["QUEUES_DATABASE"],
        "OPTIONS": {"timeout": 30},
    }
}
CLERK_WEBHOOK_BACKEND = os.environ["QUEUES_BACKEND"]
ROOT_URLCONF = "tests.webhook_urls"

if CLERK_WEBHOOK_BACKEND.endswith("TasksBackend"):
    INSTALLED_APPS = [*APPS, *(["django_tasks"] if django.VERSION < (6, 0) else []), "django_tasks_db"]
    TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
