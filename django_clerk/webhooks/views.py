"""The webhook endpoint: verify, record and tell, in one transaction."""

from __future__ import annotations

import logging
from http import HTTPStatus

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from django_clerk import transactions
from django_clerk.conf import conf
from django_clerk.core.deliveries import HEADERS, Event, verify
from django_clerk.exceptions import WebhookNotConfigured, WebhookRejected
from django_clerk.models import ClerkWebhookEvent
from django_clerk.routes import clerk_public
from django_clerk.rows import database, moment
from django_clerk.signals import webhook_received

logger = logging.getLogger("django_clerk")


@transaction.non_atomic_requests  # the transaction of ATOMIC_REQUESTS would commit after the answer has been decided
@csrf_exempt
@clerk_public
@require_POST
def clerk_webhook(request: HttpRequest) -> HttpResponse:
    """
    Take a delivery from Clerk.

    2xx says that the event has had its effect, now or before, and ends Clerk's retries. So a failure is left to be one:
    an exception from a receiver undoes everything and becomes a 500, and Clerk sends the event again.
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
    return _answer(HTTPStatus.OK, "received" if is_new else "received before")


def _receive(event: Event) -> bool:
    """Give an event its effect, once. Returns False when it has had it."""
    using = database()

    def receive() -> bool:
        if not _record(event, using):
            return False
        webhook_received.send(sender=ClerkWebhookEvent, event=event)
        return True

    return transactions.run(receive, using=using)


def _record(event: Event, using: str) -> bool:
    """Write that an event was received. Returns False when it was before, and that has been committed."""
    try:
        with transaction.atomic(using=using):
            # A second delivery of the same event waits here until the first has committed or failed.
            ClerkWebhookEvent.objects.using(using).create(
                svix_id=event.svix_id,
                type=event.type,
                object_id=event.object_id,
                occurred_at=moment(event.occurred_at),
            )
    except IntegrityError:
        return False
    return True


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
