"""A request before its tokens are made, and on the wire."""

from __future__ import annotations

import io
import sys
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from tests.fuzz.projects import Project
from tests.fuzz.tokens import Part, text_of

Parts = tuple[Part, ...]


@dataclass(frozen=True)
class Ask:
    """A request before its tokens are made. ``<suffix>`` in it is that of the project's cookies."""

    method: str
    is_secure: bool
    path: str
    query: Parts
    headers: tuple[tuple[str, Parts], ...]
    has_raw_path: bool


@dataclass(frozen=True)
class Sent:
    """A request as it is on the wire, in Latin-1."""

    method: str
    scheme: str
    path: str
    query: str
    headers: dict[str, str]  #: by their names in capitals, with underscores
    has_raw_path: bool

    def get(self, name: str) -> str:
        return self.headers.get(name, "")


def written(ask: Ask, project: Project) -> Sent:
    def text(parts: Parts) -> str:
        return "".join(text_of(part, project) for part in parts).replace("<suffix>", project.suffix)

    headers = {name: text(parts) for name, parts in ask.headers}
    scheme = "https" if ask.is_secure else "http"
    return Sent(ask.method, scheme, ask.path, text(ask.query), headers, ask.has_raw_path)


def environ_of(sent: Sent) -> dict[str, Any]:
    """Return what a WSGI server makes of a request."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": sent.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(sent.path.encode("latin-1")).decode("latin-1"),
        "QUERY_STRING": sent.query,
        "SERVER_NAME": "example.com",
        "SERVER_PORT": "443" if sent.scheme == "https" else "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": sent.scheme,
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
    }
    if sent.has_raw_path:
        environ["RAW_URI"] = f"{sent.path}?{sent.query}"
    return environ | {f"HTTP_{name}": value for name, value in sent.headers.items()}


def scope_of(sent: Sent) -> dict[str, Any]:
    """Return what an ASGI server makes of a request."""
    names = {name: name.replace("_", "-").lower() for name in sent.headers}
    scope = {
        "type": "http",
        "method": sent.method,
        "scheme": sent.scheme,
        "path": unquote_to_bytes(sent.path.encode("latin-1")).decode("utf-8", "replace"),
        "query_string": sent.query.encode("latin-1").decode("utf-8", "replace").encode(),  # Django takes no other
        "headers": [(names[name].encode(), value.encode("latin-1")) for name, value in sent.headers.items()],
        "server": ("example.com", 443),
    }
    return scope | ({"raw_path": sent.path.encode("latin-1")} if sent.has_raw_path else {})
