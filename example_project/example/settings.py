"""
Settings of the example project. Lines marked CLERK are what django_clerk adds to a project; the rest is any project's.

Out of the box the site runs on a local Clerk that lives inside it: no account, no network. To use a real instance, put
its keys (Clerk's dashboard, "API keys" and "Webhooks") into the environment and start the site again:

    export CLERK_PUBLISHABLE_KEY=pk_test_...
    export CLERK_SECRET_KEY=sk_test_...
    export CLERK_WEBHOOK_SIGNING_SECRET=whsec_...

Nothing else changes. Where CLERK_SECRET_KEY is set, there is no local Clerk: not its app, not its pages, not its keys.

Clerk's own sign-in box comes from Clerk, or for the local one from node_modules: `npm ci --ignore-scripts` in this
folder. Without it people sign in on a plain page of the local Clerk.
"""

from __future__ import annotations

import os
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
STATE_DIR = Path(os.environ.get("EXAMPLE_STATE_DIR", BASE_DIR))  # the database and the local Clerk's users
ORIGIN = os.environ.get("EXAMPLE_ORIGIN", "http://localhost:8000")  # where the site is opened in the browser

DEBUG = True
SECRET_KEY = "django-insecure-this-one-is-published-so-take-another"
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]

INSTALLED_APPS = [
    "posts",  # before django_clerk, whose sign-in page it shows in its own frame: templates/django_clerk/
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django_clerk",  # CLERK
    "rest_framework",
    "demo",  # `manage.py demo`, nothing of which a project needs
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_clerk.middleware.ClerkMiddleware",  # CLERK: right after Django's own
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

# CLERK: Clerk's users come first. ModelBackend keeps Django's passwords working beside them, so that the admin can
# still be opened with a superuser's password on a day when Clerk cannot be reached.
AUTHENTICATION_BACKENDS = [
    "django_clerk.backends.ClerkBackend",
    "django.contrib.auth.backends.ModelBackend",
]

# CLERK: for Django REST framework. Every API view is for signed-in callers unless it says otherwise.
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["django_clerk.drf.ClerkAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["django_clerk.drf.IsClerkAuthenticated"],
}

# CLERK: the real one, or a local one for development. Tokens made for other sites than those named are refused.
if "CLERK_SECRET_KEY" in os.environ:
    CLERK_AUTHORIZED_PARTIES = [ORIGIN]  # all that a project has to set: the keys are read from the environment
    HAS_CLERK_BOX = True
else:
    from django_clerk.emulator.settings import emulator_settings

    INSTALLED_APPS += ["django_clerk.emulator"]
    globals().update(emulator_settings(STATE_DIR / ".clerk", origin=ORIGIN))
    HAS_CLERK_BOX = (BASE_DIR / "node_modules/@clerk/ui").is_dir() and not os.environ.get("EXAMPLE_PLAIN_SIGN_IN")

# CLERK: sign-in pages of one's own, from django_clerk.urls. Without these two lines, Clerk's hosted pages are used.
if HAS_CLERK_BOX:
    CLERK_SIGN_IN_URL = "clerk_sign_in"
    CLERK_SIGN_UP_URL = "clerk_sign_up"
CLERK_AFTER_SIGN_IN_URL = CLERK_AFTER_SIGN_UP_URL = "posts:dashboard"

ROOT_URLCONF = "example.urls"
WSGI_APPLICATION = "example.wsgi.application"
ASGI_APPLICATION = "example.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django_clerk.context_processors.clerk",  # CLERK: {{ clerk.sign_in_url }}
                "posts.looks.looks",
            ],
        },
    },
]

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": STATE_DIR / "db.sqlite3",
        # A webhook and a page may write at the same moment: each waits its turn instead of failing.
        "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE", "init_command": "PRAGMA journal_mode=WAL"},
    },
}

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "static/"
