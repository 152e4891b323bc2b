"""Do people find the sign-in page, and the way on from it?"""

from __future__ import annotations

from django.core.checks import CheckMessage, Error, Warning
from django.core.exceptions import ImproperlyConfigured
from django.shortcuts import resolve_url
from django.urls import NoReverseMatch, reverse

from django_clerk.conf import conf

_PAGES = ("CLERK_SIGN_IN_URL", "CLERK_SIGN_UP_URL", "CLERK_AFTER_SIGN_IN_URL", "CLERK_AFTER_SIGN_UP_URL")


def check_pages() -> list[CheckMessage]:
    """Every address must be one; nobody is sent from the sign-in page to the sign-in page."""
    addresses: dict[str, str] = {}
    found: list[CheckMessage] = []
    for name in _PAGES:
        value = getattr(conf, name)
        try:
            addresses[name] = resolve_url(value) if value else ""
        except NoReverseMatch:
            hint = "Write a URL, a path that starts with a slash, or the name of a URL of this project."
            message = f'{name}: there is no URL named "{value}".'
            found.append(Error(message, hint=hint, id="django_clerk.E070"))
    return found or [*_check_circle(addresses), *_check_own_pages()]


def _check_circle(addresses: dict[str, str]) -> list[CheckMessage]:
    places = {addresses["CLERK_SIGN_IN_URL"], addresses["CLERK_SIGN_UP_URL"]}
    return [
        Error(
            f"{name} leads to the page where people have just signed in.",
            hint="Name the page that they came for. The default is /.",
            id="django_clerk.E071",
        )
        for name in ("CLERK_AFTER_SIGN_IN_URL", "CLERK_AFTER_SIGN_UP_URL")
        if addresses[name] in places
    ]


def _check_own_pages() -> list[CheckMessage]:
    """Whoever includes django_clerk.urls wants the pages to be found, and to show something."""
    try:
        reverse("clerk_sign_in")
    except (NoReverseMatch, ImproperlyConfigured):
        return []
    if not conf.CLERK_PUBLISHABLE_KEY:
        hint = "Copy the publishable key from the API keys page of Clerk's dashboard."
        message = "The sign-in page of django_clerk.urls needs CLERK_PUBLISHABLE_KEY."
        return [Error(message, hint=hint, id="django_clerk.E072")]
    if not conf.CLERK_SIGN_IN_URL:
        hint = 'Set CLERK_SIGN_IN_URL = "clerk_sign_in" and CLERK_SIGN_UP_URL = "clerk_sign_up".'
        message = "The project has django_clerk.urls, and still sends people to Clerk's hosted sign-in page."
        return [Warning(message, hint=hint, id="django_clerk.W070")]
    return []
