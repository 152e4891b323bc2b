"""
System checks: what is configured wrongly is said at start-up, each finding with an id and with what to do.
"""

from __future__ import annotations

from typing import Any

from django.core import checks
from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured

from django_clerk.conf import Conf, conf

from .deployment import check_deployment as check_deployment
from .installation import check_middleware as check_middleware
from .pages import check_pages
from .privileges import check_groups as check_groups
from .privileges import check_privileges
from .routes import check_routes
from .tokens import check_tokens
from .users import check_users
from .webhooks import check_webhooks


def check_settings(**kwargs: Any) -> list[CheckMessage]:
    """Every setting must be of its type; nothing else is looked at until it is."""
    found: list[CheckMessage] = []
    for name in dir(Conf):
        if name.startswith("CLERK_"):
            try:
                getattr(conf, name)
            except ImproperlyConfigured as error:
                found.append(
                    Error(str(error), hint="See the settings table in the documentation.", id="django_clerk.E001")
                )
    return found or [
        *check_tokens(),
        *check_webhooks(),
        *check_users(),
        *check_pages(),
        *check_privileges(),
        *check_routes(),
    ]


def register() -> None:
    """Tell Django of the checks."""
    checks.register(check_settings, checks.Tags.security)
    checks.register(check_middleware, checks.Tags.security)
    checks.register(check_deployment, checks.Tags.security, deploy=True)
    checks.register(check_groups, checks.Tags.database)
