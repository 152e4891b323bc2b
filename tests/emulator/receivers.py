"""Views of a project that gets webhooks: one keeps them, the others fail in their ways."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import activate, get_language
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from svix.webhooks import Webhook


@dataclass(frozen=True)
class Delivery:
    headers: dict[str, str]
    body: bytes
    host: str
    remote_address: str

    @property
    def event(self) -> dict[str, Any]:
        event: dict[str, Any] = json.loads(self.body)
        return event


received: list[Delivery] = []


@csrf_exempt
@require_POST
def receive(request: HttpRequest) -> HttpResponse:
    Webhook(settings.CLERK_WEBHOOK_SIGNING_SECRET).verify(request.body, dict(request.headers))
    received.append(
        Delivery(dict(request.headers), request.body, request.get_host(), request.META["REMOTE_ADDR"]),
    )
    activate("de")  # a receiver that leaves traces in its context
    return HttpResponse(status=204)


@csrf_exempt
def refuse(request: HttpRequest) -> HttpResponse:
    return HttpResponse("busy", status=503)


@csrf_exempt
def crash(request: HttpRequest) -> HttpResponse:
    raise LookupError("the receiver's own fault")


@csrf_exempt
def redirect(request: HttpRequest) -> HttpResponse:
    return HttpResponse(status=302, headers={"Location": "/hooks/"})


def language(request: HttpRequest) -> HttpResponse:
    return HttpResponse(get_language() or "")
