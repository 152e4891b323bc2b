"""A webhook delivery: is it Clerk's, and what does it say? Source: Svix's and Clerk's webhook documentation."""

from __future__ import annotations

import base64
import binascii
import re
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from hmac import compare_digest
from typing import Any

from svix.webhooks import Webhook, WebhookVerificationError

from django_clerk.exceptions import WebhookNotConfigured, WebhookRejected

from . import shallow, strictjson
from .profiles import clean_text, read_milliseconds

HEADERS = ("svix-id", "svix-timestamp", "svix-signature")
_ID = re.compile(r"[A-Za-z0-9._~+/=:-]{1,255}")
_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_SIGNATURE = re.compile(r"v1,[A-Za-z0-9+/]{43}=")  # HMAC-SHA256: 32 bytes
_MOST_SIGNATURES = 16
_TOLERANCE = 300  #: seconds, as in Svix's verifier
_SHORTEST_KEY = 8  #: bytes
_EVENT_TYPE = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_LEVELS = 40  #: of arrays and objects; more than are kept of metadata
_EARLIEST_MILLISECONDS = 10**11  #: what is less was sent in seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A verified event of Clerk's."""

    svix_id: str  #: the same for every delivery of one event to one endpoint
    type: str  #: such as "user.created"; types of the future come through as well
    data: Mapping[str, Any] = field(repr=False)
    occurred_at: datetime | None  #: Clerk's clock
    instance_id: str | None = None
    payload: Mapping[str, Any] = field(repr=False)  #: the whole envelope

    @property
    def object_id(self) -> str:
        """Id of the object the event is about, or ""."""
        return clean_text(self.data.get("id"), 255)


def verify(body: bytes, headers: Mapping[str, str], secrets: Collection[str]) -> Event:
    """
    Return the event of a delivery that is signed with one of ``secrets`` and at most five minutes old.

    ``body`` is the raw body; ``headers`` are looked up by lower-case name. Raises WebhookRejected for a delivery that
    is not Clerk's or says nothing readable, and WebhookNotConfigured when there is no secret to check it with.
    """
    if not secrets:
        raise WebhookNotConfigured("CLERK_WEBHOOK_SIGNING_SECRET is not set, so no webhook can be accepted.")
    keys = [read_secret(secret) for secret in secrets]
    signed = _read_headers(headers)
    if not any(_is_signed_with(secret, body, signed) for secret in keys):
        raise WebhookRejected("The delivery is not signed with CLERK_WEBHOOK_SIGNING_SECRET, or it is not fresh.")
    return _read_event(body, signed["svix-id"])


def read_secret(secret: str) -> str:
    """
    Return a signing secret as Svix's verifier takes it, padded.

    Raises WebhookNotConfigured for something that cannot be one: with an empty key, anybody could sign.
    """
    prefix, _, encoded = secret.partition("_")
    padded = encoded + "=" * (-len(encoded) % 4)
    try:
        key = base64.b64decode(padded, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if prefix != "whsec" or len(key) < _SHORTEST_KEY:
        raise WebhookNotConfigured(
            "CLERK_WEBHOOK_SIGNING_SECRET is not a signing secret. It starts with whsec_; copy it from the endpoint's "
            "page in Clerk's dashboard."
        )
    return f"whsec_{padded}"


def _read_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Svix's verifier takes odd timestamps for numbers and trips over odd signatures: give it neither."""
    values = {name: headers.get(name) or "" for name in HEADERS}
    missing = [name for name, value in values.items() if not value]
    if missing:
        raise WebhookRejected(f"Missing required webhook headers: {', '.join(missing)}.")
    signatures = [entry for entry in values["svix-signature"].split(" ") if _SIGNATURE.fullmatch(entry)]
    if (
        not _ID.fullmatch(values["svix-id"])
        or not _TIMESTAMP.fullmatch(values["svix-timestamp"])
        or not 0 < len(signatures) <= _MOST_SIGNATURES
    ):
        raise WebhookRejected("The webhook headers are malformed.")
    return {**values, "svix-signature": " ".join(signatures)}


def _is_signed_with(secret: str, body: bytes, headers: dict[str, str]) -> bool:
    try:
        Webhook(secret).verify(body, headers)  # what it returns depends on its version, so the body is read below
    except WebhookVerificationError:
        return False
    except (RecursionError, ValueError):  # not UTF-8; svix 1 parses what is signed: too deep, too many digits, not JSON
        return _is_signature_right(secret, body, headers)
    return True


def _is_signature_right(secret: str, body: bytes, headers: dict[str, str]) -> bool:
    """Tell whether a delivery is signed and fresh, without reading its body."""
    sent_at = int(headers["svix-timestamp"])
    if abs(time.time() - sent_at) > _TOLERANCE:
        return False
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    expected = Webhook(secret).sign(headers["svix-id"], datetime.fromtimestamp(sent_at, tz=timezone.utc), text)
    return any(compare_digest(expected, entry) for entry in headers["svix-signature"].split(" "))


def _read_event(body: bytes, svix_id: str) -> Event:
    try:
        payload = strictjson.loads(shallow.cut(body, levels=_LEVELS), of_users=True)
    except ValueError as error:
        raise WebhookRejected("The delivery is signed, but its body is not JSON.") from error
    return read_envelope(payload, svix_id)


def read_envelope(payload: Any, svix_id: str) -> Event:
    """Return the event that a parsed body tells of. Raises WebhookRejected for one without a type and data."""
    event_type = payload.get("type") if isinstance(payload, dict) else None
    if (
        not isinstance(event_type, str)
        or not _EVENT_TYPE.fullmatch(event_type)
        or not isinstance(payload.get("data"), dict)
    ):
        raise WebhookRejected("The delivery is signed, but it is not an event: it needs a type and data.")
    timestamp, instance_id = payload.get("timestamp"), payload.get("instance_id")
    if type(timestamp) is int and timestamp < _EARLIEST_MILLISECONDS:
        timestamp *= 1000
    return Event(
        svix_id=svix_id,
        type=event_type,
        data=payload["data"],
        occurred_at=read_milliseconds(timestamp),
        instance_id=instance_id if isinstance(instance_id, str) else None,
        payload=payload,
    )
