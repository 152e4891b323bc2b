"""The project in whose view the requests of parity cases arrive: all of Django, with ClerkMiddleware."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from django.urls import re_path

from django_clerk.callers import accept
from django_clerk.core.auth import Auth
from django_clerk.identify import identify


class Probe:
    """The outermost middleware: keeps the request for the adapter to look at."""

    seen: HttpRequest

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        Probe.seen = request
        return self.get_response(request)


def accepting(accepted: Any) -> Callable[..., HttpResponse]:
    """Return a view that asks who calls as our decorators do, and says so on itself as they do."""

    def view(request: HttpRequest, path: str) -> HttpResponse:
        return HttpResponse(str(accept(request, accepted).is_signed_in))

    view.clerk_accepts = accepted  # type: ignore[attr-defined]
    return view


class urlconf:  # noqa: N801
    """A project with one view."""

    def __init__(self, view: Callable[..., HttpResponse]) -> None:
        self.urlpatterns = [re_path(r"^(?P<path>.*)$", view)]


def enter(request: Mapping[str, Any], accepted: Any, **settings: Any) -> tuple[Auth, list[tuple[str, str]]]:
    """Send a request through Django and return ``request.clerk`` and the headers of the response."""
    headers: list[tuple[str, str]] = []
    with override_settings(
        ROOT_URLCONF=urlconf(accepting(accepted)),
        MIDDLEWARE=[f"{__name__}.Probe", "django_clerk.middleware.ClerkMiddleware"],
        ALLOWED_HOSTS=["*"],
        DEBUG_PROPAGATE_EXCEPTIONS=True,
        **settings,
    ):
        WSGIHandler()(environ_of(request), lambda status, given: headers.extend(given))
    return identify(Probe.seen), headers


def environ_of(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a WSGI server makes of a request."""
    scheme, _, rest = request["url"].partition("://")
    authority, slash, target = rest.partition("/")
    path, _, query = f"{slash}{target}".partition("#")[0].partition("?")
    raw = path.encode().decode("latin-1")
    host, _, port = authority.partition(":")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1") or "/",
        "RAW_URI": f"{raw or '/'}{'?' if query else ''}{query.encode().decode('latin-1')}",
        "QUERY_STRING": query.encode().decode("latin-1"),
        "SERVER_NAME": host,
        "SERVER_PORT": port or ("443" if scheme == "https" else "80"),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": scheme,
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
    }
    for name, value in request["headers"]:
        key = f"HTTP_{name.upper().replace('-', '_')}"
        joint = "; " if key == "HTTP_COOKIE" else ", "
        environ[key] = f"{environ[key]}{joint}{value.strip()}" if key in environ else value.strip()
    return environ
