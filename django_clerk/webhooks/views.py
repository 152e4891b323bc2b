"""The webhook endpoint: verify, store, hand on, answer."""

from __future__ import annotations

import logging
from collections.abc import Callable
from http import HTTPStatus

from django.db import connections, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from django_clerk.conf import conf
from django_clerk.core.deliveries import HEADERS, Event, verify
from django_clerk.core.events import read_change
from django_clerk.exceptions import WebhookNotConfigured, WebhookNotQueued, WebhookRejected
from django_clerk.public import clerk_public

from . import inbox
from .backends import get_backend

logger = logging.getLogger("django_clerk")

_View = Callable[[HttpRequest], HttpResponse]


def outside_of_transactions(view: _View) -> _View:
    """Keep a view out of ATOMIC_REQUESTS on every database: that would commit after the answer has been decided."""
    for alias in connections:
        view = transaction.non_atomic_requests(using=alias)(view)
    return view


@outside_of_transactions
@csrf_exempt
@clerk_public
@require_POST
def clerk_webhook(request: HttpRequest) -> HttpResponse:
    """
    Take a delivery from Clerk.

    2xx says that the event has had its effect, now or before, or that it is stored and a queue has it; and it ends
    Clerk's retries. So a failure is left to be one: an exception from a receiver undoes the effect and becomes a 500,
    and Clerk sends the event again.
    """
    body = _read_body(request)
    if body is None:
        return _answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The delivery is larger than CLERK_WEBHOOK_MAX_BODY.")
    headers = {name: request.META.get(f"HTTP_{name.upper().replace('-', '_')}", "") for name in HEADERS}
    try:
        event = verify(body, headers, conf.CLERK_WEBHOOK_SIGNING_SECRET)
        is_new = _receive(event)
    except WebhookNotConfigured as error:
        logger.error("%s", error)
        return _answer(HTTPStatus.INTERNAL_SERVER_ERROR, "The webhook is not configured.")
    except WebhookRejected as error:
        logger.warning("A webhook delivery was refused. %s", error)
        return _answer(HTTPStatus.BAD_REQUEST, str(error))
    except WebhookNotQueued as error:
        logger.error("%s", error)
        return _answer(HTTPStatus.SERVICE_UNAVAILABLE, "The event is stored, and its queue cannot be reached.")
    return _answer(HTTPStatus.OK, "received" if is_new else "received before")


def _receive(event: Event) -> bool:
    """
    Store an event and hand it on. Returns False when it has had its effect before.

    Raises WebhookRejected for a malformed one, which is not stored: it would fail whenever it were applied.
    """
    try:
        read_change(event)
    except ValueError as error:
        raise WebhookRejected(str(error)) from error
    backend = get_backend()
    if not inbox.store(event) and inbox.is_finished(event.svix_id):
        return False
    return backend.receive(event)


def _read_body(request: HttpRequest) -> bytes | None:
    """Return the raw body, or None when it is larger than allowed; then no more than that has been read."""
    longest = conf.CLERK_WEBHOOK_MAX_BODY
    announced = request.META.get("CONTENT_LENGTH") or "0"
    if len(announced) > 15 or (announced.isdecimal() and int(announced) > longest):
        return None
    body = request.read(longest + 1)
    return body if len(body) <= longest else None


def _answer(status: HTTPStatus, detail: str) -> HttpResponse:
    return JsonResponse({"detail": detail}, status=status)
