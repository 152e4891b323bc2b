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
from importlib.util import find_spec
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
STATE_DIR = Path(os.environ.get("EXAMPLE_STATE_DIR", BASE_DIR))  # the database and the local Clerk's users
ORIGIN = os.environ.get("EXAMPLE_ORIGIN", "http://localhost:8000")  # where the site is opened in the browser

DEBUG = True
SECRET_KEY = "django-insecure-this-one-is-published-so-take-another"
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]

INSTALLED_APPS = [
    "posts",  # before django_clerk, whose sign-in page it shows in its own frame: templates/django_clerk/
    "django_clerk.admin_site",  # CLERK: instead of django.contrib.admin, with "Sign in with Clerk" at its door
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
# Neighbours that the site uses where they are installed, and does without where they are not.
INSTALLED_APPS += [name for name in ("channels", "drf_spectacular", "ninja") if find_spec(name)]

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

# CLERK: the route policy. What is said nothing else of is for whoever is signed in by Clerk: also a view that somebody
# forgets to guard, also one of another package. `manage.py clerk_routes` prints what guards each URL.
CLERK_PROTECTED_ROUTES = ["*"]
CLERK_PUBLIC_ROUTES = ["posts:home", "posts:detail", "admin:"]  # the admin has a door of its own
CLERK_ROLE_ROUTES = {"/admin-area/.*": "admin"}

# CLERK: who signs out everywhere, or is deleted, is out at once, and not when the last token runs out a minute later.
# With several processes this needs a cache that they share, as Redis is.
CLERK_REVOKE_SESSIONS = True

# CLERK: roles that give rights in Django, and take them back: "role" in a user's public metadata at Clerk. Who is staff
# may enter the admin; what editors may do there is said by their group, which migration 0002 of posts has made.
CLERK_STAFF_ROLES = ["admin", "editor"]
CLERK_SUPERUSER_ROLES = ["admin"]
CLERK_ROLE_GROUPS = {"editor": ["Editors"]}

# CLERK: for Django REST framework. Every API view is for signed-in callers unless it says otherwise.
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["django_clerk.drf.ClerkAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["django_clerk.drf.IsClerkAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": [
        "rest_framework.renderers.JSONRenderer",
        "django_clerk.drf.ClerkBrowsableAPIRenderer",  # where people sign in and out by Clerk
    ],
    "DEFAULT_THROTTLE_CLASSES": [
        "django_clerk.drf.ClerkUserRateThrottle",  # a user, with all sessions and keys together
        "django_clerk.drf.ClerkAPIKeyRateThrottle",  # each API key besides
    ],
    "DEFAULT_THROTTLE_RATES": {"clerk_user": "1000/hour", "clerk_api_key": "100/min"},
}
if "drf_spectacular" in INSTALLED_APPS:
    REST_FRAMEWORK["DEFAULT_SCHEMA_CLASS"] = "django_clerk.contrib.spectacular.ClerkAutoSchema"
    SPECTACULAR_SETTINGS = {"TITLE": "Commonplace", "VERSION": "1"}

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

# CLERK: who was refused, by which rule, and who really acted. Ids of Clerk's only; no name, no address, no token.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "access": {"format": "{asctime} {message} (user {user_id}, actor {actor_id}, status {status})", "style": "{"},
    },
    "handlers": {"access": {"class": "logging.StreamHandler", "formatter": "access"}},
    "loggers": {
        "django_clerk.access": {"handlers": ["access"], "level": "INFO", "propagate": False},
        "django_clerk.impersonation": {"handlers": ["access"], "level": "INFO", "propagate": False},
    },
}

if "channels" in INSTALLED_APPS:  # for one process; with several it takes Redis
    CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
