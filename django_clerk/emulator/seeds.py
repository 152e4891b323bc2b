"""People to start with: a few with names and roles for the sign-in page, then as many as are wanted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_PEOPLE = (
    ("Ada", "Lovelace", "admin"),
    ("Grace", "Hopper", "editor"),
    ("Alan", "Turing", "member"),
    ("Katherine", "Johnson", "member"),
    ("Edsger", "Dijkstra", None),
    ("Barbara", "Liskov", None),
    ("Margaret", "Hamilton", "member"),
    ("Donald", "Knuth", None),
)


def people(count: int) -> Iterator[dict[str, Any]]:
    """Yield the parameters of ``count`` users, always the same ones, so that seeding twice adds nobody."""
    for number in range(count):
        if number < len(_PEOPLE):
            first_name, last_name, role = _PEOPLE[number]
            address = f"{first_name.lower()}@example.com"
        else:
            first_name, last_name, role = "User", str(number + 1), None
            address = f"user{number + 1}@example.com"
        yield {
            "email_address": [address],
            "first_name": first_name,
            "last_name": last_name,
            "public_metadata": {} if role is None else {"role": role},
        }
