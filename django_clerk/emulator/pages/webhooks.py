"""What was told to the project, whether it listened, and a button to tell it again."""

from __future__ import annotations

import json
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from django_clerk.emulator.instance import get_emulator
from django_clerk.emulator.store import Delivery

from .forms import page
from .moments import moment
from .rendering import render

SHOWN = 100


@page
@require_safe
def webhooks(request: HttpRequest) -> HttpResponse:
    emulator = get_emulator()
    emulator.resume_retries()
    context = {
        "deliveries": [_shown(delivery) for delivery in emulator.deliveries(SHOWN)],
        "address": emulator.webhook_address,
    }
    return render(request, "webhooks", context)


@page
@require_POST
def send(request: HttpRequest, delivery_id: str) -> HttpResponse:
    """Send an event again."""
    try:
        get_emulator().redeliver(delivery_id)
    except KeyError:
        raise Http404 from None
    return redirect("clerk_emulator:webhooks")


def _shown(delivery: Delivery) -> dict[str, Any]:
    return {
        "id": delivery.id,
        "type": delivery.type,
        "subject": delivery.subject,
        "status": delivery.status,
        "created_at": moment(delivery.created_at),
        "next_attempt_at": None if delivery.next_attempt_at is None else moment(delivery.next_attempt_at),
        "attempts": [
            {"at": moment(attempt.at), "status": attempt.status, "detail": attempt.detail, "good": attempt.succeeded}
            for attempt in delivery.attempts
        ],
        "payload": json.dumps(delivery.payload, indent=2, ensure_ascii=False),
    }
