"""Does the route policy say what was meant?"""

from __future__ import annotations

from difflib import get_close_matches

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.core.exceptions import ImproperlyConfigured

from django_clerk.core.patterns import PathPattern
from django_clerk.core.routes import Access, Routes, Rule
from django_clerk.routes import UNKNOWN_NAME, unknown_names
from django_clerk.urlconf import endpoints, names_in
from django_clerk.wiring import get_routes

_MIDDLEWARE = "django_clerk.middleware.ClerkMiddleware"
_FLATPAGES = "django.contrib.flatpages.middleware.FlatpageFallbackMiddleware"


def check_routes() -> list[CheckMessage]:
    """Each pattern must be one and be about something, and the middleware must be there to ask."""
    try:
        routes = get_routes()
    except ImproperlyConfigured as error:
        hint = 'Write the name of a URL, a namespace such as "billing:", or a path such as "/billing/.*".'
        return [Error(str(error), hint=hint, id="django_clerk.E040")]
    if not routes:
        return []
    return [*_check_middleware(), *_check_names(routes), *_check_contradictions(routes), *_check_single_pages(routes)]


def _check_middleware() -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if _MIDDLEWARE not in settings.MIDDLEWARE:
        message = "Nothing asks for the route policy: ClerkMiddleware is not in MIDDLEWARE."
        found.append(Error(message, hint=f'Add "{_MIDDLEWARE}".', id="django_clerk.E042"))
    if _FLATPAGES in settings.MIDDLEWARE:
        message = "The route policy does not see the pages that FlatpageFallbackMiddleware answers with."
        hint = "Serve flat pages by a URL, or set registration_required on those that strangers must not read."
        found.append(Warning(message, hint=hint, id="django_clerk.W043"))
    return found


def _check_names(routes: Routes) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    known = sorted(names_in(settings.ROOT_URLCONF))
    for rule in unknown_names(routes, settings.ROOT_URLCONF):
        near = get_close_matches(rule.pattern.text, known, n=3)
        hint = f"Did you mean {' or '.join(near)}?" if near else "manage.py clerk_routes lists the names there are."
        message = f"{rule.name}: no URL has this name."
        if rule.access is Access.PUBLIC:
            found.append(Warning(message, hint=hint, id="django_clerk.W040"))
        else:
            found.append(Error(message, hint=f"{hint} Until then every request fails.", id=UNKNOWN_NAME))
    return found


def _check_contradictions(routes: Routes) -> list[CheckMessage]:
    stricter = {rule.pattern.text for rule in routes.rules if rule.access is not Access.PUBLIC}
    return [
        Warning(
            f'"{rule.pattern.text}" is in CLERK_PUBLIC_ROUTES and in a stricter list, which counts.',
            hint="Take it out of one of them.",
            id="django_clerk.W041",
        )
        for rule in routes.rules
        if rule.access is Access.PUBLIC and rule.pattern.text in stricter
    ]


def _check_single_pages(routes: Routes) -> list[CheckMessage]:
    """Who writes "/billing/" seldom means that one page alone."""
    return [
        Warning(
            f"{rule.name} is about that one page, and others below it stand open.",
            hint=f'Write "{rule.pattern.text}.*" for all of them, or put those in CLERK_PUBLIC_ROUTES.',
            id="django_clerk.W042",
        )
        for rule in routes.rules
        if rule.access is not Access.PUBLIC and _leaves_open(rule, routes)
    ]


def _leaves_open(rule: Rule, routes: Routes) -> bool:
    pattern = rule.pattern
    if not isinstance(pattern, PathPattern) or not pattern.text.endswith("/") or pattern.beginning == "/":
        return False
    if pattern.beginning != pattern.text.replace("\\", ""):
        return False
    below = [
        endpoint.resolved
        for endpoint in endpoints(settings.ROOT_URLCONF)
        if endpoint.resolved.beginning.startswith(pattern.beginning) and endpoint.only_path != pattern.beginning
    ]
    return any(not any(other.may_be_about(route) for other in routes.rules if other is not rule) for route in below)
