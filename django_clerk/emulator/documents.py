"""The parts of a user, and the other objects, in the shape in which Clerk's Backend API serves them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from .identifiers import new_id

Document = dict[str, Any]

SESSION_SECONDS = 7 * 24 * 60 * 60  # Clerk's default lifetime of a session; its tokens live shorter
_COLOURS = ("6c47ff", "0f766e", "b45309", "be123c", "1d4ed8", "4d7c0f", "a21caf", "0369a1")


def email_address(address: str, *, reserved: bool, now: int, strategy: str = "admin") -> Document:
    return {
        "id": new_id("idn"),
        "object": "email_address",
        "email_address": address,
        "reserved": reserved,
        "verification": None if reserved else _verified(strategy, now=now),
        "linked_to": [],
        "matches_sso_connection": False,
        "created_at": now,
        "updated_at": now,
    }


def phone_number(number: str, *, reserved: bool, now: int, strategy: str = "admin") -> Document:
    return {
        "id": new_id("idn"),
        "object": "phone_number",
        "phone_number": number,
        "reserved_for_second_factor": False,
        "default_second_factor": False,
        "reserved": reserved,
        "verification": None if reserved else _verified(strategy, now=now),
        "linked_to": [],
        "backup_codes": None,
        "created_at": now,
        "updated_at": now,
    }


def deleted(document: Document) -> Document:
    """Return what is left of a deleted object, in answers and in webhooks."""
    remains: Document = {"object": document["object"], "id": document["id"], "deleted": True}
    if document.get("external_id") is not None:
        remains["external_id"] = document["external_id"]
    return remains


def session(
    user_id: str,
    *,
    client_id: str,
    now: int,
    actor: Document | None = None,
    tasks: Sequence[Document] = (),
    seconds: int | None = None,
) -> Document:
    return {
        "object": "session",
        "id": new_id("sess"),
        "user_id": user_id,
        "client_id": client_id,
        "actor": actor,
        "status": "pending" if tasks else "active",
        **({"tasks": list(tasks)} if tasks else {}),
        "last_active_organization_id": None,
        "last_active_at": now,
        "expire_at": now + (seconds or SESSION_SECONDS) * 1000,
        "abandon_at": now + 30 * 24 * 60 * 60 * 1000,
        "created_at": now,
        "updated_at": now,
    }


def avatar(seed: str, initials: str) -> str:
    """Return a small picture as a data: URI, since there is no server for pictures: some 260 characters."""
    colour = _COLOURS[sum(seed.encode()) % len(_COLOURS)]
    text = quote("".join(letter for letter in initials.upper() if letter.isalnum())[:2])
    return (
        "data:image/svg+xml,%3Csvg%20xmlns='http://www.w3.org/2000/svg'%20viewBox='0,0,9,9'%3E"
        f"%3Cpath%20fill='%23{colour}'%20d='M0,0h9v9H0z'/%3E"
        f"%3Ctext%20x='4.5'%20y='6'%20font-size='4'%20text-anchor='middle'%20font-family='sans-serif'%20fill='%23fff'%3E{text}%3C/text%3E%3C/svg%3E"
    )


def _verified(strategy: str, *, now: int) -> Document:
    if strategy == "admin":
        facts: Document = {"object": "verification_admin", "attempts": None, "expire_at": None}
    else:
        facts = {"object": "verification_otp", "attempts": 1, "expire_at": now}
    return {**facts, "status": "verified", "strategy": strategy}
