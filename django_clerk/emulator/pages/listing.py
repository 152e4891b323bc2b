"""The list of people that two pages show, and who among them the browser is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest

from django_clerk.emulator import cookies
from django_clerk.emulator.exchange import Problem
from django_clerk.emulator.instance import Emulator

from .rendering import person

SHOWN = 50


def people(emulator: Emulator, wanted: str) -> dict[str, Any]:
    """Return the context of a list of the users that match a search; an empty one matches all."""
    filters: Mapping[str, str] = {"query": wanted} if wanted else {}
    return {
        "people": [person(user) for user in emulator.users(limit=SHOWN, **filters)],
        "total": emulator.count_users(**filters),
        "q": wanted,
    }


def session_claims(request: HttpRequest, emulator: Emulator) -> dict[str, Any] | None:
    """Return the claims of the browser's session token, also when it has expired; None when it has none of ours."""
    token = cookies.session_token(request, emulator.instance)
    return None if token is None else emulator.signer.read(token)


def current_person(request: HttpRequest, emulator: Emulator) -> dict[str, Any] | None:
    """Return who the browser's cookies say is signed in, or None."""
    claims = session_claims(request, emulator)
    try:
        return None if claims is None else person(emulator.user(claims["sub"]))
    except Problem:  # deleted since
        return None
