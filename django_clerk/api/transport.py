"""The process's requests session: which adapter serves which address, and what becomes of it after a fork."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable

import requests
from requests.adapters import BaseAdapter

from django_clerk.exceptions import APIUnavailable

from .connection import BoundedRequest, DeadlineAdapter

_IDLE_SECONDS = 60.0


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """No redirect has a target here: the secret key goes to the configured host and nowhere else."""
        return None


class ProcessSession:
    """
    One session for the process, made when first needed and never changed afterwards, so that threads may share it.

    It is made anew after a mount, in a forked child, and after a minute without calls: firewalls drop idle connections
    without a word, and the next call would wait out its deadline on one.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._mounted: dict[str, BaseAdapter] = {}
        self._session: requests.Session | None = None
        self._used = 0.0
        self._inherited: list[requests.Session] = []

    def mount(self, prefix: str, adapter: BaseAdapter) -> None:
        with self._lock:
            self._mounted[prefix] = adapter
            self._session = None

    def current(self) -> requests.Session:
        with self._lock:
            now = self._clock()
            if self._session is None or now - self._used > _IDLE_SECONDS:
                self._session = self._make()
            self._used = now
            return self._session

    def forget(self) -> None:
        """
        Start afresh in a forked child: the sockets are the parent's, and so is whoever held a lock at that moment.

        The parent's session is kept, not closed: closing asks for locks that a thread of the parent may have held.
        """
        self._lock = threading.Lock()
        if self._session is not None:
            self._inherited.append(self._session)
            self._session = None

    def _make(self) -> requests.Session:
        session = _Session()
        for scheme in ("https://", "http://"):
            session.mount(scheme, DeadlineAdapter())
        for prefix, adapter in self._mounted.items():
            session.mount(prefix, adapter)
        return session


_process = ProcessSession()
if hasattr(os, "register_at_fork"):  # not on Windows, which does not fork
    os.register_at_fork(after_in_child=_process.forget)


def mount(prefix: str, adapter: BaseAdapter) -> None:
    """
    Serve addresses that begin with ``prefix`` through ``adapter``, for every client of this process.

    The adapter is called in the thread that makes the call, and gets the deadline as its timeout. The longest prefix
    wins; mounting a prefix again replaces its adapter.
    """
    _process.mount(prefix, adapter)


def exchange(request: BoundedRequest, *, deadline: float, call: str) -> requests.Response:
    """
    Send ``request`` and return the answer, whatever its status, with its body read.

    Raises APIUnavailable, naming ``call`` and the reason, when no answer came within ``deadline`` seconds.
    """
    session = _process.current()
    try:
        settings = session.merge_environment_settings(request.url, {}, None, None, None)  # proxies, CA bundle
        return session.send(request, timeout=deadline, allow_redirects=False, **settings)
    except requests.exceptions.Timeout:
        reason = f"no complete answer within {deadline:g} s"
    except requests.exceptions.RequestException as error:
        reason = _reason(error)
    # Raised outside the except clause: urllib3's frames hold the Authorization header, and an error page shows frames.
    raise APIUnavailable(f"{call}: {reason}.")


def _reason(error: BaseException) -> str:
    """Return what the operating system or the TLS library said; requests' own text would repeat the whole URL."""
    text = "the connection failed"
    link: BaseException | None = error
    while link is not None:
        if isinstance(link, OSError) and isinstance(link.strerror, str):
            text = f"the connection failed ({link.strerror})"
        link = link.__cause__ or link.__context__
    return text
