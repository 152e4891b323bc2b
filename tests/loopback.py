"""
A small HTTP server on 127.0.0.1 that misbehaves on request.

    with serve() as server:
        server.on("/v1/jwks", status(429, {"Retry-After": "2"}), ok({"keys": []}))

Each path plays its modes in turn and then keeps to the last. A mode is a function of the Handler; write your own where
the ones below do not do. ``server.received`` and ``server.most_at_once`` tell what arrived.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

#: Seconds that nothing with a deadline of a second or two takes on any machine, and everything that waits out a stall.
SOON = 10.0
GUEST = "guest@example.com"  #: somebody named on the page that html() sends


@dataclass(frozen=True)
class Received:
    method: str
    path: str
    query: dict[str, list[str]]
    headers: Mapping[str, str]
    body: bytes
    at: float  #: time.monotonic()
    peer: tuple[str, int]  #: the client's address, the same for all requests of one connection


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Loopback

    @property
    def query(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.path).query)

    def handle_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path = self.path if self.command == "CONNECT" else urlsplit(self.path).path  # CONNECT names host:port
        received = Received(self.command, path, self.query, self.headers, body, time.monotonic(), self.client_address)
        with self.server.counted(received) as mode:
            mode(self)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = do_CONNECT = handle_any  # noqa: N815

    def answer(self, code: int, body: bytes = b"", headers: Mapping[str, str] | None = None) -> None:
        """Send a whole response. A header given here replaces the one that would be sent."""
        self.send_response(code)
        lines = {"Content-Type": "application/json", "Content-Length": str(len(body)), **(headers or {})}
        for name, value in lines.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def pause(self, seconds: float) -> None:
        """Wait, but not beyond the server's life."""
        self.server.closing.wait(seconds)

    def hang_up(self) -> None:
        self.close_connection = True

    def log_message(self, *args: Any) -> None:
        """Say nothing: pytest's output is for tests."""


Mode = Callable[[Handler], None]


def ok(data: Any) -> Mode:
    return lambda handler: handler.answer(200, json.dumps(data).encode())


def status(code: int, headers: Mapping[str, str] | None = None, data: Any = None) -> Mode:
    body = b"" if data is None else json.dumps(data).encode()
    return lambda handler: handler.answer(code, body, headers)


def raw(body: bytes, headers: Mapping[str, str] | None = None) -> Mode:
    return lambda handler: handler.answer(200, body, headers)


def html(code: int = 200) -> Mode:
    page = b"<html><body>Sign in to the hotel network, " + GUEST.encode() + b"</body></html>"
    return lambda handler: handler.answer(code, page, {"Content-Type": "text/html; charset=utf-8"})


def redirect(location: str, code: int = 302) -> Mode:
    return lambda handler: handler.answer(code, b"", {"Location": location})


def stall(seconds: float = 30.0) -> Mode:
    """Take the request, say nothing, then hang up."""

    def mode(handler: Handler) -> None:
        handler.pause(seconds)
        handler.hang_up()

    return mode


class Held:
    """
    Take the request, and give the answer of ``mode`` only at ``let_go()``, called from wherever that proves a point.

        held = Held(ok(document()))
        server.on("/v1/jwks", held)
        ...
        await held.arrives()  # the event loop turns while the caller waits
        held.let_go()

    Whoever stands still until the answer comes never lets go, and runs into the caller's deadline; no clock is read.
    """

    def __init__(self, mode: Mode) -> None:
        self._mode = mode
        self._has_come, self._may_go = threading.Event(), threading.Event()

    def __call__(self, handler: Handler) -> None:
        self._has_come.set()
        self._may_go.wait(60)
        self._mode(handler)

    async def arrives(self) -> None:
        assert await asyncio.to_thread(self._has_come.wait, 60)

    def let_go(self) -> None:
        self._may_go.set()


def refuse(handler: Handler) -> None:
    """Take the request and hang up at once."""
    handler.hang_up()


def drip(data: Any, *, headers: bool = False, every: float = 1.0, close: bool = False) -> Mode:
    """Send one byte at a time: of the body, or of everything. ``close`` announces the end of the connection."""

    def mode(handler: Handler) -> None:
        body = json.dumps(data).encode()
        lines = ["HTTP/1.1 200 OK", "Content-Type: application/json", f"Content-Length: {len(body)}"]
        head = "\r\n".join([*lines, *(["Connection: close"] if close else []), "", ""]).encode()
        if not headers:
            handler.wfile.write(head)
        for byte in head + body if headers else body:
            handler.wfile.write(bytes([byte]))
            handler.pause(every)
            if handler.server.closing.is_set():
                break
        handler.hang_up()

    return mode


def truncated(data: Any) -> Mode:
    """Promise the whole body, send half of it, hang up."""

    def mode(handler: Handler) -> None:
        body = json.dumps(data).encode()
        handler.answer(200, body[: len(body) // 2], {"Content-Length": str(len(body))})
        handler.hang_up()

    return mode


def huge(size: int, *, length: str = "declared", code: int = 200) -> Mode:
    """Send ``size`` bytes of JSON string; ``length`` is declared, chunked, or until-close."""

    def mode(handler: Handler) -> None:
        declared = {"declared": {"Content-Length": str(size)}, "chunked": {"Transfer-Encoding": "chunked"}}
        handler.send_response(code)
        for name, value in declared.get(length, {"Connection": "close"}).items():
            handler.send_header(name, value)
        handler.end_headers()
        block = b'"' + b"x" * 65535
        for _ in range(size // len(block)):
            handler.wfile.write(b"10000\r\n" + block + b"\r\n" if length == "chunked" else block)
            handler.server.sent += len(block)
        handler.hang_up()

    return mode


def gzip_bomb(size: int) -> Mode:
    body = gzip.compress(b"[" + b" " * size + b"]")
    return raw(body, {"Content-Encoding": "gzip"})


class Loopback(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.scheme = "http"
        self.received: list[Received] = []
        self.most_at_once = 0
        self.sent = 0  #: bytes that huge() got rid of
        self.closing = threading.Event()
        self._modes: dict[str, list[Mode]] = {}
        self._at_once = 0
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.server_port}"

    def on(self, path: str, *modes: Mode) -> None:
        """Play ``modes`` in turn at ``path``, from now on."""
        with self._lock:
            self._modes[path] = list(modes)

    @contextmanager
    def counted(self, received: Received) -> Iterator[Mode]:
        with self._lock:
            self.received.append(received)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            modes = self._modes.get(received.path, [status(404)])
            mode = modes.pop(0) if len(modes) > 1 else modes[0]
        try:
            yield mode
        finally:
            with self._lock:
                self._at_once -= 1

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing about clients that went away, which is what many of these modes drive them to."""


@contextmanager
def serve(tls: ssl.SSLContext | None = None) -> Iterator[Loopback]:
    server = Loopback()
    if tls is not None:
        server.scheme = "https"
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.005}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()
