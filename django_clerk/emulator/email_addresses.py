"""A user's e-mail addresses, as the user changes them. Pure functions from documents to documents."""

from __future__ import annotations

from . import documents
from .documents import Document
from .exchange import Problem
from .users import touched


def find(user: Document, address_id: str) -> Document:
    """Return an address of a user. Raises Problem (404) when it is none of theirs."""
    address = next((item for item in user["email_addresses"] if item["id"] == address_id), None)
    if address is None:
        raise Problem.of(
            404, "resource_not_found", "not found", f"No email address of this user was found with id {address_id}."
        )
    return address  # type: ignore[no-any-return]


def is_verified(address: Document) -> bool:
    return address["verification"] is not None and address["verification"]["status"] == "verified"


def verified_of(user: Document) -> set[str]:
    """Return the verified addresses of a user, in lower case."""
    return {item["email_address"].lower() for item in user["email_addresses"] if is_verified(item)}


def added(user: Document, address: str, *, now: int) -> Document:
    """Return the user with an address more, the last one, that has still to be verified."""
    item = {**documents.email_address(address, reserved=True, now=now), "reserved": False}
    return touched({**user, "email_addresses": [*user["email_addresses"], item]}, now=now)


def verified(user: Document, address_id: str, verification: Document, *, now: int) -> Document:
    """Return the user with an address verified. The first that they have is the primary one."""
    items = [
        {**item, "verification": verification, "updated_at": now} if item["id"] == address_id else item
        for item in user["email_addresses"]
    ]
    primary = user["primary_email_address_id"] or address_id
    return touched({**user, "email_addresses": items, "primary_email_address_id": primary}, now=now)


def removed(user: Document, address_id: str, *, now: int) -> Document:
    """Return the user without an address; another verified one becomes primary, if it was that."""
    find(user, address_id)
    items = [item for item in user["email_addresses"] if item["id"] != address_id]
    primary = user["primary_email_address_id"]
    if primary == address_id:
        primary = next((item["id"] for item in items if is_verified(item)), None)
    return touched({**user, "email_addresses": items, "primary_email_address_id": primary}, now=now)
