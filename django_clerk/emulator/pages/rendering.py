"""Templates rendered by an engine of their own: the pages look the same whatever the project's TEMPLATES say."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.backends.django import DjangoTemplates

from django_clerk.emulator.documents import Document
from django_clerk.emulator.fapi.pages import site_pages
from django_clerk.emulator.instance import get_emulator
from django_clerk.emulator.users import display_name, primary_email

_FOLDER = Path(__file__).resolve().parent.parent / "templates" / "clerk_emulator"


def render(request: HttpRequest, template: str, context: Mapping[str, Any], *, status: int = 200) -> HttpResponse:
    """Return a page; ``template`` is also the name of its entry in the navigation."""
    text = (
        _engine()
        .get_template(f"{template}.html")
        .render({"here": template, "site": site_pages("", get_emulator().addresses).home, **context}, request)
    )
    # What an older version has stored may hold half a character: it is shown as what it is, and takes no page down.
    return HttpResponse(text.encode("utf-8", "backslashreplace"), status=status)


def asset(name: str, content_type: str) -> HttpResponse:
    """Return a file of the pages: from a view, it needs no static files and suits a strict content security policy."""
    return HttpResponse((_FOLDER / name).read_bytes(), content_type=f"{content_type}; charset=utf-8")


def person(user: Document) -> dict[str, Any]:
    """Return a user as the templates show one."""
    return {
        "id": user["id"],
        "name": display_name(user),
        "email": primary_email(user),
        "role": user["public_metadata"].get("role"),
        "image_url": user["image_url"],
        "state": "banned" if user["banned"] else "locked" if user["locked"] else "",
    }


@functools.cache
def _engine() -> DjangoTemplates:
    return DjangoTemplates({"NAME": "clerk_emulator", "DIRS": [_FOLDER], "APP_DIRS": False, "OPTIONS": {}})
