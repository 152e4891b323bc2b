"""The body of an event and the headers that prove where it comes from."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

from django_clerk.emulator.documents import Document

_ORIGIN = {"http_request": {"client_ip": "127.0.0.1", "user_agent": "django_clerk local Clerk"}}


def body(event_type: str, data: Document, *, instance_id: str, now: int) -> str:
    """Return the JSON text of an event. ``now`` is in milliseconds."""
    envelope: dict[str, Any] = {
        "data": data,
        "event_attributes": _ORIGIN,
        "instance_id": instance_id,
        "object": "event",
        "timestamp": now,
        "type": event_type,
    }
    return json.dumps(envelope, separators=(",", ":"))


def signed_headers(secret: str, *, message_id: str, timestamp: int, content: bytes) -> dict[str, str]:
    """Return the headers of one attempt. ``secret`` is ``whsec_…``, ``timestamp`` in seconds."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{message_id}.{timestamp}.".encode("ascii") + content
    signature = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode("ascii")
    return {"svix-id": message_id, "svix-timestamp": str(timestamp), "svix-signature": f"v1,{signature}"}
