"""The webhook endpoint among servers and middleware: sizes, ASGI, CSRF, sessions, transactions."""

from __future__ import annotations

import io
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection, connections, transaction
from django.http import HttpRequest
from django.test import AsyncClient, Client, override_settings

from django_clerk.models import ClerkUser
from django_clerk.signals import webhook_received
from django_clerk.webhooks.views import clerk_webhook
from tests.deliveries import clerk_user, deliver, event_body, headers, post

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.webhook_urls")]

BODY = event_body("user.created", clerk_user())


# Size


@override_settings(CLERK_WEBHOOK_MAX_BODY=1000)
@pytest.mark.parametrize(("size", "status"), [(1000, 200), (1001, 413), (10_000_000, 413)])
def test_size(size: int, status: int, client: Client) -> None:
    body = event_body("x.y", {"a": "a" * 700})
    body += b" " * (size - len(body))
    assert post(client, body, headers(body)).status_code == status


class Body(io.BytesIO):
    """A request's body that knows how much of it was read."""

    taken = 0

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        self.taken += len(data)
        return data


@override_settings(CLERK_WEBHOOK_MAX_BODY=1000)
@pytest.mark.parametrize("announced", ["10000000", "1001", "9" * 30, "1e9", "-1", "", "abc", "\u0661" * 4], ids=ascii)
def test_no_more_is_read_than_allowed(announced: str) -> None:
    body, answered = Body(b" " * 10_000_000), []
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/webhooks/",
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "CONTENT_LENGTH": announced.encode().decode("latin-1"),
        "CONTENT_TYPE": "application/json",
        "wsgi.input": body,
        "wsgi.url_scheme": "http",
        "wsgi.errors": io.StringIO(),
    }
    WSGIHandler()(environ, lambda status, sent: answered.append(status[:3]))
    assert answered[0] in ("413", "400")
    assert body.taken <= 1001


@override_settings(CLERK_WEBHOOK_MAX_BODY=1000)
def test_no_more_is_read_from_a_server_that_announces_nothing() -> None:
    request = HttpRequest()
    request.method = "POST"
    request._stream = body = Body(b" " * 10_000_000)
    assert clerk_webhook(request).status_code == 413
    assert body.taken == 1001


@override_settings(CLERK_WEBHOOK_MAX_BODY=1000)
@pytest.mark.django_db(transaction=True)
async def test_an_unannounced_body_that_is_too_large(async_client: AsyncClient) -> None:
    body = b" " * 5000
    response = await async_client.post(
        "/webhooks/", body, content_type="application/json", headers={**headers(body), "content-length": ""}
    )
    await sync_to_async(connections.close_all)()
    assert response.status_code == 413


@pytest.mark.django_db(transaction=True)
async def test_under_asgi(async_client: AsyncClient) -> None:
    response = await async_client.post("/webhooks/", BODY, content_type="application/json", headers=headers(BODY))
    assert response.status_code == 200
    assert await ClerkUser.objects.acount() == 1
    await sync_to_async(connections.close_all)()  # or the database could not be dropped


# Company


@pytest.mark.parametrize("atomic", [True, False], ids=["ATOMIC_REQUESTS", "autocommit"])
@pytest.mark.django_db(transaction=True)
def test_behind_middleware_that_asks_for_a_session(atomic: bool, settings, monkeypatch) -> None:
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", atomic)
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "django.contrib.auth.middleware.LoginRequiredMiddleware"]
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    outside = []

    def receiver(**kwargs: Any) -> None:
        outside.append(len(connection.savepoint_ids))
        transaction.on_commit(lambda: outside.append(ClerkUser.objects.count()))

    webhook_received.connect(receiver)
    assert deliver(client, "user.created", clerk_user()).status_code == 200
    assert post(client, BODY, {}).status_code == 400
    assert outside == [0, 1]  # in the view's own transaction, and after its end


def test_after_middleware_that_has_read_the_body(client: Client, settings) -> None:
    settings.MIDDLEWARE = [f"{__name__}.read_body", *settings.MIDDLEWARE]
    assert deliver(client, "user.created", clerk_user()).status_code == 200


def read_body(get_response: Any) -> Any:
    """Middleware that logs bodies, as some does."""

    def middleware(request: Any) -> Any:
        assert request.body
        return get_response(request)

    return middleware
