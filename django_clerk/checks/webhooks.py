"""Can Clerk's deliveries be received?"""

from __future__ import annotations

from django.core.checks import CheckMessage, Error, Warning
from django.core.exceptions import ImproperlyConfigured
from django.urls import NoReverseMatch, reverse

from django_clerk.conf import conf
from django_clerk.core.deliveries import read_secret
from django_clerk.exceptions import WebhookNotConfigured
from django_clerk.webhooks.backends import get_backend


def check_webhooks() -> list[CheckMessage]:
    """Every secret must be one, and the backend a backend; no secret is needed where there is no endpoint."""
    return [*_check_secrets(), *_check_backend()]


def _check_secrets() -> list[CheckMessage]:
    secrets = conf.CLERK_WEBHOOK_SIGNING_SECRET
    hint = "Copy the signing secret, which starts with whsec_, from the webhook endpoint's page in Clerk's dashboard."
    try:
        for secret in secrets:
            read_secret(secret)
    except WebhookNotConfigured as error:
        return [Error(str(error), hint=hint, id="django_clerk.E007")]
    if not secrets and _has_webhook_url():
        message = "CLERK_WEBHOOK_SIGNING_SECRET is not set, so every webhook is answered 500."
        return [Warning(message, hint=hint, id="django_clerk.W005")]
    return []


def _check_backend() -> list[CheckMessage]:
    try:
        return get_backend().check()
    except ImproperlyConfigured as error:
        hint = "Write the dotted path of a WebhookBackend; one in django_clerk.contrib needs the extra of its name."
        return [Error(str(error), hint=hint, id="django_clerk.E020")]


def _has_webhook_url() -> bool:
    try:
        reverse("clerk_webhook")
    except (NoReverseMatch, ImproperlyConfigured):
        return False
    return True
