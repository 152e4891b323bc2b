"""Clerk's webhook deliveries, signed as Svix signs them, and the users they tell of."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.http import HttpResponse
from django.test import Client

from django_clerk.models import ClerkUser, ClerkWebhookEvent
from django_clerk.signals import (
    membership_deleted,
    membership_synced,
    organization_deleted,
    organization_synced,
    session_ended,
    session_started,
    user_deleted,
    user_synced,
    webhook_received,
)

_numbers = itertools.count(1)


def address(email: str = "ada@example.com", *, id: str = "idn_1", status: str = "verified") -> dict[str, Any]:
    """Return one of a Clerk user's e-mail addresses."""
    return {"id": id, "object": "email_address", "email_address": email, "verification": {"status": status}}


def clerk_user(
    clerk_id: str = "user_ada", *, email: str | None = None, at: int = 1_000, **changes: Any
) -> dict[str, Any]:
    """
    Return a user as the Backend API and webhooks have one, updated ``at`` seconds after the start of 2026.

    ``email`` is a verified primary address; ``changes`` replace whole members.
    """
    moment = milliseconds(at)
    return {
        "object": "user",
        "id": clerk_id,
        "external_id": None,
        "primary_email_address_id": "idn_1" if email else None,
        "email_addresses": [address(email)] if email else [],
        "username": None,
        "first_name": "Ada",
        "last_name": "Lovelace",
        "image_url": "https://img.clerk.com/ada",
        "public_metadata": {},
        "private_metadata": {"secret": "not for another database"},
        "unsafe_metadata": {},
        "two_factor_enabled": False,
        "banned": False,
        "locked": False,
        "last_sign_in_at": None,
        "created_at": milliseconds(0),
        "updated_at": moment,
        **changes,
    }


def deleted_user(clerk_id: str = "user_ada") -> dict[str, Any]:
    return deleted("user", clerk_id)


def clerk_organization(
    clerk_id: str = "org_acme", *, slug: str | None = None, at: int = 1_000, **changes: Any
) -> dict[str, Any]:
    """Return an organization, updated ``at`` seconds after the start of 2026; its slug is its id's unless given."""
    return {
        "object": "organization",
        "id": clerk_id,
        "name": "Acme",
        "slug": slug or clerk_id.removeprefix("org_").replace("_", "-"),
        "image_url": "https://img.clerk.com/acme",
        "has_image": True,
        "members_count": 3,
        "pending_invitations_count": 0,
        "max_allowed_memberships": 5,
        "admin_delete_enabled": True,
        "public_metadata": {},
        "private_metadata": {"secret": "not for another database"},
        "created_by": "user_ada",
        "created_at": milliseconds(0),
        "updated_at": milliseconds(at),
        **changes,
    }


def clerk_membership(
    clerk_id: str = "orgmem_1",
    *,
    user: str = "user_ada",
    organization: dict[str, Any] | str = "org_acme",
    at: int = 1_000,
    **changes: Any,
) -> dict[str, Any]:
    """Return a membership, updated ``at`` seconds after the start of 2026, of an organization or of that with an id."""
    return {
        "object": "organization_membership",
        "id": clerk_id,
        "role": "org:member",
        "role_name": "Member",
        "permissions": ["org:posts:read"],
        "public_metadata": {},
        "private_metadata": {"secret": "not for another database"},
        "organization": clerk_organization(organization) if isinstance(organization, str) else organization,
        "public_user_data": {"user_id": user, "first_name": "Ada", "last_name": "Lovelace", "identifier": "ada@x.com"},
        "created_at": milliseconds(0),
        "updated_at": milliseconds(at),
        **changes,
    }


def clerk_role(
    clerk_id: str = "role_1", *, key: str = "org:member", permissions: Sequence[str] = (), at: int = 1_000
) -> dict[str, Any]:
    """Return a role, updated ``at`` seconds after the start of 2026."""
    return {
        "object": "role",
        "id": clerk_id,
        "name": key.removeprefix("org:").title(),
        "key": key,
        "description": "",
        "is_creator_eligible": False,
        "permissions": [{"object": "permission", "id": f"perm_{name}", "key": name} for name in permissions],
        "created_at": milliseconds(0),
        "updated_at": milliseconds(at),
    }


def deleted(kind: str, clerk_id: str) -> dict[str, Any]:
    """Return what is left of a user, an organization or a role."""
    return {"object": kind, "id": clerk_id, "deleted": True}


def milliseconds(seconds: float = 0) -> int:
    """Return the moment so many seconds after the start of 2026, as Clerk writes it."""
    return 1_767_225_600_000 + int(seconds * 1000)


def event_body(kind: str, data: Any, /, **changes: Any) -> bytes:
    """Return the body of a delivery. ``changes`` replace members of the envelope; its time is that of the user."""
    at = data.get("updated_at") if isinstance(data, dict) else None
    envelope = {
        "object": "event",
        "type": kind,
        "data": data,
        "timestamp": at if isinstance(at, int) else milliseconds(),
        "instance_id": "ins_tests",
    }
    return json.dumps({**envelope, **changes}).encode()


def new_svix_id() -> str:
    return f"msg_{next(_numbers):026d}"


def signature(body: bytes, *, svix_id: str, timestamp: str, secret: str | None = None) -> str:
    """Return Svix's signature of a body: an HMAC over id, time and body, with the key in the secret."""
    encoded = (secret or settings.CLERK_WEBHOOK_SIGNING_SECRET).removeprefix("whsec_")
    key = base64.b64decode(encoded + "=" * (-len(encoded) % 4))
    signed = f"{svix_id}.{timestamp}.".encode("latin-1") + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode("ascii")


def headers(body: bytes, *, svix_id: str | None = None, age: float = 0, secret: str | None = None) -> dict[str, str]:
    """Return the headers of a delivery that was sent ``age`` seconds ago."""
    svix_id, timestamp = svix_id or new_svix_id(), str(int(time.time() - age))
    signed = signature(body, svix_id=svix_id, timestamp=timestamp, secret=secret)
    return {"svix-id": svix_id, "svix-timestamp": timestamp, "svix-signature": signed}


def post(client: Client, body: bytes, sent: dict[str, str], **extra: Any) -> HttpResponse:
    """Post a body with the headers given to the webhook."""
    return client.post("/webhooks/", body, content_type="application/json", headers=sent, **extra)


def deliver(client: Client, kind: str, data: Any, /, *, svix_id: str | None = None, **changes: Any) -> HttpResponse:
    """Post a signed event. ``changes`` are of its envelope."""
    body = event_body(kind, data, **changes)
    return post(client, body, headers(body, svix_id=svix_id))


def assert_refused(response: HttpResponse) -> None:
    """Assert that a delivery was answered 4xx, and that nothing came of it."""
    assert 400 <= response.status_code < 500
    assert response["Content-Type"] == "application/json"
    assert "whsec" not in response.text
    assert not ClerkWebhookEvent.objects.exists()
    assert not ClerkUser.objects.exists()
    assert not get_user_model().objects.exists()


@contextmanager
def listening() -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """Collect what the package's signals say in the block: their names and arguments, in order."""
    said: list[tuple[str, dict[str, Any]]] = []
    receivers = {
        signal: lambda name=name, **arguments: said.append((name, arguments))
        for name, signal in (
            ("webhook_received", webhook_received),
            ("user_synced", user_synced),
            ("user_deleted", user_deleted),
            ("organization_synced", organization_synced),
            ("organization_deleted", organization_deleted),
            ("membership_synced", membership_synced),
            ("membership_deleted", membership_deleted),
            ("session_started", session_started),
            ("session_ended", session_ended),
        )
    }
    for signal, receiver in receivers.items():
        signal.connect(receiver)
    try:
        yield said
    finally:
        for signal, receiver in receivers.items():
            signal.disconnect(receiver)
