"""
A requests adapter whose timeout is the whole of a call.

requests applies a timeout to each wait on the socket, so a server that sends one byte a second holds its caller for
as long as it likes. Here the call runs in a thread of its own; the caller waits for the time it has, then cuts the
connection and goes, which also ends the thread.
"""

from __future__ import annotations

import io
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError, IncompleteRead

DEFAULT_MAX_BODY = 1024 * 1024
_CHUNK = 64 * 1024
_CALLS_AT_ONCE = 64  # per session; threads that a stuck name look-up holds count until the resolver gives up
_GRACE = 0.5  # seconds by which the socket is more patient than the caller, who is to be the one that gives up


class BoundedRequest(requests.PreparedRequest):
    """A prepared request that says how many bytes of answer are read: at most ``max_body`` and one more."""

    def __init__(self, max_body: int = DEFAULT_MAX_BODY) -> None:
        super().__init__()
        self.max_body = max_body


class Exchange(threading.Thread):
    """One request and its answer, in a thread of its own, so that whoever waits can stop waiting."""

    def __init__(self, job: Callable[[], requests.Response], *, on_end: Callable[[], None]) -> None:
        super().__init__(name="django_clerk-api", daemon=True)  # a call under way must not hold up the process's exit
        self._job = job
        self._on_end = on_end
        self._response: requests.Response | None = None
        self._error: BaseException | None = None
        self._given_up = False
        self._connection: InterruptibleConnection | None = None

    def run(self) -> None:
        try:
            self._response = self._job()
        except BaseException as error:  # noqa: BLE001 - wait() raises it again, in the thread that asked
            self._error = error
        finally:
            if self._connection is not None:
                self._connection.let_go_of(self)
            self._on_end()

    def wait(self, seconds: float) -> requests.Response:
        """Return the answer, or raise what the call raised; Timeout, with the connection cut, when time is up."""
        try:
            self.join(seconds)
        finally:  # also when the wait itself is interrupted, as by Ctrl-C
            if self._response is None and self._error is None:
                self._give_up()
        if self._response is not None:
            return self._response
        if self._error is None or self._given_up:  # what the call raised after the cut is only the cut
            raise requests.exceptions.Timeout("The deadline has passed.")
        raise self._error

    def travels_on(self, connection: InterruptibleConnection) -> None:
        self._connection = connection
        if self._given_up:  # nobody waits any more, so do not even send it
            raise requests.exceptions.Timeout("The deadline has passed.")

    def _give_up(self) -> None:
        self._given_up = True
        if self._connection is not None:
            self._connection.cut(self)


class InterruptibleConnection(HTTPConnection):
    """A connection that knows which exchange it carries and that another thread can cut."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lock = threading.Lock()
        self._exchange: Exchange | None = None
        self._wire: Any = None

    def connect(self) -> None:
        self._carry()
        super().connect()

    def request(self, *args: Any, **kwargs: Any) -> None:
        self._carry()
        super().request(*args, **kwargs)
        self._wire = self.sock  # which http.client forgets before the body is read, when it is the last to come

    def cut(self, exchange: Exchange) -> None:
        """End the connection under ``exchange``; do nothing when it carries another by now."""
        with self._lock:
            # urllib3's TLS inside TLS has no shutdown(); such a thread ends at its next silence instead.
            shutdown = getattr(self.sock or self._wire, "shutdown", None)
            if self._exchange is exchange and shutdown is not None:
                with suppress(OSError):  # closed already
                    shutdown(socket.SHUT_RDWR)

    def let_go_of(self, exchange: Exchange) -> None:
        """Forget ``exchange``, so that a pooled connection does not keep its answer in memory."""
        with self._lock:
            if self._exchange is exchange:
                self._exchange = self._wire = None

    def _carry(self) -> None:
        exchange = threading.current_thread()
        if isinstance(exchange, Exchange):
            with self._lock:
                self._exchange = exchange
            exchange.travels_on(self)


class InterruptibleTLSConnection(InterruptibleConnection, HTTPSConnection):
    """The same over TLS."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = InterruptibleConnection


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = InterruptibleTLSConnection


_POOLS: dict[str, type[HTTPConnectionPool]] = {"http": _Pool, "https": _TLSPool}


class DeadlineAdapter(HTTPAdapter):
    """Send over HTTP with ``timeout`` as a total, reading no more of the answer than the request allows."""

    def __init__(self) -> None:
        self._slots = threading.Semaphore(_CALLS_AT_ONCE)
        super().__init__(pool_maxsize=_CALLS_AT_ONCE)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs)
        if not proxy.lower().startswith("socks"):  # those bring connections of their own
            manager.pool_classes_by_scheme = _POOLS
        return manager

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: float | tuple[float, float] | tuple[float, None] | None = None,
        verify: bool | str = True,
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Return the answer with its body read. Raises requests' exceptions only; Timeout for the deadline."""
        if not isinstance(timeout, (int, float)):
            raise TypeError("The timeout is the deadline of the whole call, in seconds.")
        ends = time.monotonic() + timeout
        if not self._slots.acquire(timeout=timeout):
            raise requests.exceptions.Timeout("Too many calls are under way.")
        remaining = max(ends - time.monotonic(), 0.001)
        job = partial(self._exchange, request, remaining + _GRACE, verify, cert, proxies)
        exchange = Exchange(job, on_end=self._slots.release)
        try:
            exchange.start()
        except RuntimeError as error:  # no thread to be had: the process is at its limit, or about to exit
            self._slots.release()
            raise requests.exceptions.ConnectionError("No thread could be started.", request=request) from error
        return exchange.wait(remaining)

    def _exchange(
        self, request: requests.PreparedRequest, timeout: float, verify: Any, cert: Any, proxies: Any
    ) -> requests.Response:
        try:
            response = super().send(request, True, timeout, verify, cert, proxies)
            limit = request.max_body if isinstance(request, BoundedRequest) else DEFAULT_MAX_BODY
            body = _read(response.raw, limit + 1)
        except HTTPError as error:  # urllib3's own, which requests translates only for bodies it reads itself
            raise requests.exceptions.ConnectionError(error, request=request) from error
        response.raw = io.BytesIO(body)
        return response


def _read(raw: Any, limit: int) -> bytes:
    """Return at most ``limit`` bytes, as they came: nothing is decompressed, for nothing compressed was asked for."""
    chunks: list[bytes] = []
    missing = limit
    while missing:
        chunk = raw.read(min(missing, _CHUNK), decode_content=False)
        if not chunk:
            break
        chunks.append(chunk)
        missing -= len(chunk)
    if missing and raw.length_remaining:  # urllib3 1.26 leaves noticing to its caller
        raise IncompleteRead(limit - missing, raw.length_remaining)
    if not missing:
        raw.close()  # what is left of it would otherwise be read as the next answer
    return b"".join(chunks)
