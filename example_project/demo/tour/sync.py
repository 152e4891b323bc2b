"""Clerk's users change, and Django follows: by webhook, and where one is lost, by reconciliation."""

from __future__ import annotations

import io
import json
from datetime import datetime, timezone
from uuid import uuid4

import requests
from django.conf import settings
from django.core.management import call_command
from svix.webhooks import Webhook

from django_clerk.emulator.instance import get_emulator
from django_clerk.models import ClerkUser, ClerkWebhookEvent

from .cast import Cast
from .report import Finding, status

NEWCOMER = "hedy@example.com"
LOST = "emmy@example.com"


def created_user_arrives(cast: Cast) -> Finding:
    """Hedy is created through Clerk's Backend API"""
    answer = cast.back_office.post(
        "v1/users", {"email_address": [NEWCOMER], "first_name": "Hedy", "last_name": "Lamarr"}
    )
    cast.newcomer_id = answer.json()["id"]
    row = ClerkUser.objects.filter(clerk_id=cast.newcomer_id).select_related("user").first()
    as_promised = row is not None and row.email == NEWCOMER and row.user is not None and row.user.is_active
    return status(answer, 200, "a webhook came, and there are a row and a Django user", provided=as_promised)


def repeated_delivery_has_one_effect(cast: Cast) -> Finding:
    """The same signed event is delivered twice"""
    event = {
        "object": "event",
        "type": "user.updated",
        "timestamp": int(datetime.now(tz=timezone.utc).timestamp() * 1000),
        "data": cast.back_office.get(f"v1/users/{cast.newcomer_id}").json(),
    }
    message_id = f"msg_{uuid4().hex}"
    first = _deliver(cast, event, message_id=message_id)
    second = _deliver(cast, event, message_id=message_id)
    as_promised = second.ok and ClerkWebhookEvent.objects.filter(svix_id=message_id).count() == 1
    return status(first, 200, f"then {second.status_code}, and one effect", provided=as_promised)


def door_is_shut(cast: Cast) -> Finding:
    """Hedy signs in on the way to /admin-area/"""
    return status(cast.sign_in(cast.newcomer, NEWCOMER, at="/admin-area/"), 403)


def role_opens_it(cast: Cast) -> Finding:
    """Hedy becomes an admin at Clerk, and tries again in the same session"""
    cast.back_office.patch(f"v1/users/{cast.newcomer_id}/metadata", {"public_metadata": {"role": "admin"}})
    return status(cast.newcomer.get("/admin-area/"), 200, "the door opens")


def deleted_user_is_refused(cast: Cast) -> Finding:
    """Hedy is deleted at Clerk, and her token would be good for an hour"""
    before = cast.newcomer_by_api.get("/api/me/")
    cast.back_office.delete(f"v1/users/{cast.newcomer_id}")
    after = cast.newcomer_by_api.get("/api/me/")
    return status(after, 401, f"it was {before.status_code} a moment before", provided=before.ok)


def deleted_user_stays_away(cast: Cast) -> Finding:
    """A late event about her arrives, and all users are synced"""
    late = {"object": "event", "type": "user.created", "data": {"object": "user", "id": cast.newcomer_id}}
    _deliver(cast, late, message_id=f"msg_{uuid4().hex}")
    call_command("sync_clerk_users", stdout=io.StringIO(), stderr=io.StringIO())
    row = ClerkUser.objects.select_related("user").get(clerk_id=cast.newcomer_id)
    as_promised = row.deleted_at is not None and not row.user.is_active
    return status(cast.newcomer_by_api.get("/api/me/"), 401, "she does not come back", provided=as_promised)


def lost_webhook_is_repaired(cast: Cast) -> Finding:
    """Emmy is created and the webhook is lost, then sync_clerk_users runs"""
    with get_emulator().webhooks_paused():
        get_emulator().create_user(email_address=LOST, first_name="Emmy", last_name="Noether")
    before = ClerkUser.objects.filter(email=LOST).count()
    call_command("sync_clerk_users", stdout=io.StringIO(), stderr=io.StringIO())
    after = ClerkUser.objects.filter(email=LOST, user__is_active=True).count()
    return Finding((before, after) == (0, 1), f"{before} rows before, {after} after")


def _deliver(cast: Cast, event: dict[str, object], *, message_id: str) -> requests.Response:
    """Deliver an event as Clerk does, signed with the secret that Clerk and the site share."""
    body, now = json.dumps(event), datetime.now(tz=timezone.utc)
    signature = Webhook(settings.CLERK_WEBHOOK_SIGNING_SECRET).sign(message_id, now, body)
    headers = {"svix-id": message_id, "svix-timestamp": str(int(now.timestamp())), "svix-signature": signature}
    return cast.no_token.post("/webhooks/clerk/", body.encode(), **headers)


STEPS = [
    created_user_arrives,
    repeated_delivery_has_one_effect,
    door_is_shut,
    role_opens_it,
    deleted_user_is_refused,
    deleted_user_stays_away,
    lost_webhook_is_repaired,
]
