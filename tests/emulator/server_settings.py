"""Settings of a project with the local Clerk in a folder, for tests that start it as a process of its own."""

from __future__ import annotations

import os

from django_clerk.emulator.settings import emulator_settings

globals().update(emulator_settings(os.environ["EMULATOR_TEST_DIR"], webhook_url=None))
DEBUG = True
SECRET_KEY = "of the tests only"
USE_TZ = True
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "django_clerk.emulator"]
MIDDLEWARE = ["django.middleware.common.CommonMiddleware", "django.middleware.csrf.CsrfViewMiddleware"]
ROOT_URLCONF = "django_clerk.emulator.server_urls"
