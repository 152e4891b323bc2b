"""The settings of the tests, for a server on this machine."""

from __future__ import annotations

import os

from tests.settings import *  # noqa: F403

DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
CLERK_PROVISION_USERS = "claims"
CLERK_CLOCK_SKEW = 0
CLERK_JWT_KEY = os.environ["TEST_JWT_KEY"]  # of the process that makes the tokens
