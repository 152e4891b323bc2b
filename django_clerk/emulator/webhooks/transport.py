"""How an event reaches the project: a call of its WSGI handler, or a POST over the loopback interface."""

from __future__ import annotations

import contextvars
import io
import logging
import sys
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.handlers.wsgi import WSGIHandler
from django.http.request import validate_host

from django_clerk.emulator.guards import LOOPBACK_HOSTS

TIMEOUT = 15  # seconds, as Svix
_DETAIL = 300  # characters of an answer that are kept

# An error page of Django's is plain text to whoever prefers JSON, and then its first words say what went wrong.
_HEADERS = {
    "Accept": "application/json",
    "Content-Type": "application/json",
    "User-Agent": "Svix-Webhooks/1.0 (local Clerk)",
}

logger = logging.getLogger("django_clerk.emulator")

Outcome = tuple[int | None, str]  # HTTP status, None without an answer; and the first words of the answer


def check_address(address: str) -> None:
    """Raise ImproperlyConfigured unless the address is a path of this project or on this machine."""
    parts = urlsplit(address)
    is_path = address.startswith("/") and not address.startswith("//")
    if not is_path and (parts.scheme not in ("http", "https") or parts.hostname not in LOOPBACK_HOSTS):
        raise ImproperlyConfigured(
            "CLERK_EMULATOR_WEBHOOK_URL must be a path such as /webhooks/clerk/ or a URL such as"
            " http://localhost:8000/webhooks/clerk/: the local Clerk delivers nothing to other machines."
        )


def deliver(address: str, content: bytes, headers: Mapping[str, str]) -> Outcome:
    """Bring the event to ``address`` and return what came back. A refusal is an outcome, not an exception."""
    check_address(address)
    headers = {**_HEADERS, **headers}
    if not address.startswith("/"):
        return _post(address, content, headers)
    # In a copy of the context: URL prefix, language and time zone of a request that is under way stay its own.
    return contextvars.copy_context().run(_call, address, content, headers)


def _post(url: str, content: bytes, headers: Mapping[str, str]) -> Outcome:
    with requests.Session() as session:
        session.trust_env = False  # no proxy takes part in this
        try:
            answer = session.post(url, data=content, headers=dict(headers), timeout=TIMEOUT, allow_redirects=False)
        except requests.RequestException as error:
            return None, f"{type(error).__name__}: no answer from {urlsplit(url).netloc}."
        return answer.status_code, answer.text[:_DETAIL]


def _call(path: str, content: bytes, headers: Mapping[str, str]) -> Outcome:
    """
    Put the event through the project's own handler: a request made from a WSGI environ, its middleware, its view.

    It happens in the calling thread and on its database connections, so in a test on the test's own. That thread may
    be in the middle of another request; hence no request_started and request_finished signals, which end connections.
    The handler is made anew each time and has the middleware that the settings name now.
    """
    try:
        handler = WSGIHandler()
        response = handler.get_response(handler.request_class(_environ(path, content, headers)))
        text = response.getvalue().decode("utf-8", "replace")
    except Exception as error:
        # The edge of the server: whatever gets here is the receiver's failure.
        logger.exception("The project raised while it received a webhook")
        return 500, f"The project raised {type(error).__name__}."
    return response.status_code, text[:_DETAIL]


def _environ(path: str, content: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
    path, _, query = path.partition("?")
    host = _own_host()
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": host,
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": host,
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_LENGTH": str(len(content)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(content),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in headers.items():
        key = name.upper().replace("-", "_")
        environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
    return environ


def _own_host() -> str:
    """Return a host name that ALLOWED_HOSTS admits, one of this machine's if it can be."""
    allowed = settings.ALLOWED_HOSTS or [".localhost", "127.0.0.1", "[::1]"]
    return next(
        (name for name in ("localhost", "127.0.0.1", "testserver") if validate_host(name, allowed)), "localhost"
    )
