"""The list of people that two pages show, and who among them the browser is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest

from django_clerk.emulator.bapi.listing import MAX_TEXT
from django_clerk.emulator.browsers import client_of
from django_clerk.emulator.instance import Emulator

from .rendering import person

SHOWN = 50
_LEGIBLE = 100  # characters of a search that is too long


def people(emulator: Emulator, wanted: str) -> dict[str, Any]:
    """Return the context of a list of the users that match a search; an empty one matches all, too long a one none."""
    if len(wanted) > MAX_TEXT:
        return {"people": [], "total": 0, "q": f"{wanted[:_LEGIBLE]}…"}
    filters: Mapping[str, str] = {"query": wanted} if wanted else {}
    return {
        "people": [person(user) for user in emulator.users(limit=SHOWN, **filters)],
        "total": emulator.count_users(**filters),
        "q": wanted,
    }


def current_person(request: HttpRequest, emulator: Emulator) -> dict[str, Any] | None:
    """Return who is signed in in the browser, or None."""
    client = client_of(request, emulator)
    session = None if client is None else emulator.clients.session(client)
    return None if session is None else person(emulator.user(session["user_id"]))
