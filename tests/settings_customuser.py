"""The same project with a user model of its own, which has an e-mail address and no username."""

from __future__ import annotations

from tests.settings import *  # noqa: F403
from tests.settings import INSTALLED_APPS as APPS

INSTALLED_APPS = ["tests.customuser", *APPS]
AUTH_USER_MODEL = "customuser.User"
