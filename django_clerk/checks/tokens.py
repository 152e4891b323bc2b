"""Can tokens be verified, and only those that were meant for us?"""

from __future__ import annotations

import re

from django.core.checks import CheckMessage, Error, Warning
from django.core.exceptions import ImproperlyConfigured

from django_clerk.conf import conf
from django_clerk.wiring import get_instance, make_keys

_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]+)?")
_DEFAULT_PORT = re.compile(r"(http:.*:80|https:.*:443)")
_LARGEST_SKEW = 60  # seconds


def check_tokens() -> list[CheckMessage]:
    """What verification depends on: the keys, the origins, and the clocks."""
    return [*_check_keys(), *_check_parties(), *_check_skew()]


def _check_keys() -> list[CheckMessage]:
    found: list[CheckMessage] = []
    try:
        instance = get_instance()
    except ImproperlyConfigured as error:
        hint = "Copy the publishable key from the API keys page of Clerk's dashboard."
        return [Error(str(error), hint=hint, id="django_clerk.E004")]
    secret_key = conf.CLERK_SECRET_KEY
    if instance is not None and secret_key and instance.is_production == secret_key.startswith(("sk_test_", "test_")):
        hint = "Copy both keys from the same instance, development or production."
        message = "CLERK_PUBLISHABLE_KEY and CLERK_SECRET_KEY belong to different instances."
        found.append(Error(message, hint=hint, id="django_clerk.E005"))
    if not secret_key:
        hint = "Set it: users are fetched, sessions refreshed and handshakes ended through Clerk's Backend API."
        found.append(
            Warning("CLERK_SECRET_KEY is not set, so Clerk cannot be asked.", hint=hint, id="django_clerk.W007")
        )
    if instance is None:
        hint = "Set it: the issuer of tokens and the instance's own cookies are known by it."
        found.append(
            Warning(
                "CLERK_PUBLISHABLE_KEY is not set, so the issuer is not checked.", hint=hint, id="django_clerk.W002"
            )
        )
    try:
        make_keys()
    except ImproperlyConfigured as error:
        hint = "Copy the secret key, or the public key in PEM form, from the API keys page of Clerk's dashboard."
        found.append(Error(str(error), hint=hint, id="django_clerk.E006"))
    return found


def _check_parties() -> list[CheckMessage]:
    parties = conf.CLERK_AUTHORIZED_PARTIES
    if not parties:
        message = "CLERK_AUTHORIZED_PARTIES is empty, so a token made for any origin of the instance is accepted."
        hint = "List the origins of your front ends, such as https://app.example.com."
        return [Warning(message, hint=hint, id="django_clerk.W003")]
    hint = "Write scheme, host and port only, such as https://app.example.com, without a slash at the end."
    return [
        Warning(
            f'CLERK_AUTHORIZED_PARTIES: "{party}" is not an origin, so no token matches it.',
            hint=hint,
            id="django_clerk.W004",
        )
        for party in parties
        if not _is_origin(party)
    ]


def _check_skew() -> list[CheckMessage]:
    if conf.CLERK_CLOCK_SKEW <= _LARGEST_SKEW:
        return []
    message = f"CLERK_CLOCK_SKEW lets session tokens live {conf.CLERK_CLOCK_SKEW:g} seconds beyond their end."
    return [Warning(message, hint="It is in seconds, not milliseconds. The default is 5.", id="django_clerk.W006")]


def _is_origin(text: str) -> bool:
    """Tell whether a browser could send this: it leaves the port out where it is the scheme's own."""
    return _ORIGIN.fullmatch(text) is not None and _DEFAULT_PORT.fullmatch(text) is None
