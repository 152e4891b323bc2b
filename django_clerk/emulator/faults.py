"""Failures on demand, so that a test can see what its project does when Clerk is slow, busy or down."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from .exchange import Answer, Problem

_CODES = {
    401: (
        "clerk_key_invalid",
        "The provided Clerk Secret Key is invalid. Make sure that your Clerk Secret Key is correct.",
    ),
    429: ("rate_limit_exceeded", "Too many requests. Please try again in a bit."),
}
_OTHER = (
    "internal_clerk_error",
    "There was an internal error on our servers. We've been notified and are working on fixing it.",
)


class NoAnswer(Exception):
    """The call is to go unanswered, by a fault on demand."""

    def __init__(self, *, timed_out: bool) -> None:
        super().__init__("Clerk gave no answer.")
        self.timed_out = timed_out  #: the caller's patience ended; otherwise, the connection failed


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What happens to the next ``times`` calls whose path begins with ``path``."""

    path: str
    times: int
    delay: float = 0  #: seconds before anything else
    dropped: bool = False  #: no answer at all
    answer: Answer | None = None  #: instead of the right one

    @property
    def what(self) -> str:
        """What happens, for people."""
        if self.dropped:
            return "no answer"
        return f"an answer after {self.delay} seconds" if self.answer is None else f"status {self.answer.status}"


class Faults:
    """The faults that were asked for, first come first served. In memory: only the process that asked has them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queue: list[Fault] = []
        self._unreachable: list[str] = []

    def fail_next(
        self,
        *,
        status: int = 500,
        times: int = 1,
        path: str = "/",
        retry_after: int | None = None,
        body: bytes | None = None,
    ) -> None:
        """
        Answer the next ``times`` calls whose path begins with ``path`` with ``status``.

        ``body`` replaces Clerk's error body, so that ``status=200, body=b"<html>"`` is the greeting of a proxy.
        """
        code, sentence = _CODES.get(status, _OTHER)
        answer = Problem.of(status, code, sentence).answer() if body is None else Answer(status, body)
        if retry_after is not None:
            answer = replace(answer, headers={**answer.headers, "Retry-After": str(retry_after)})
        self._add(Fault(path=path, times=times, answer=answer))

    def drop_next(self, *, times: int = 1, path: str = "/") -> None:
        """Give the next calls no answer: in process the connection fails, over HTTP it is a 503."""
        self._add(Fault(path=path, times=times, dropped=True))

    def delay_next(self, seconds: float, *, times: int = 1, path: str = "/") -> None:
        """Answer the next calls rightly, but only after so long; whoever does not wait that long gets no answer."""
        self._add(Fault(path=path, times=times, delay=seconds))

    def pending(self) -> list[Fault]:
        """Return what was asked for and has not happened yet."""
        with self._lock:
            return list(self._queue)

    def forget(self) -> None:
        """Let everything that was asked for, and has not happened yet, not happen."""
        with self._lock:
            self._queue.clear()

    @contextmanager
    def unreachable(self, path: str = "/") -> Iterator[None]:
        """Give no answer to calls whose path begins with ``path`` while inside: ``"/v1/jwks"`` loses the keys only."""
        with self._lock:
            self._unreachable.append(path)
        try:
            yield
        finally:
            with self._lock:
                self._unreachable.remove(path)

    def meet(self, path: str, *, timeout: float | None) -> Answer | None:
        """
        Do to a call what was asked for, and return the answer it gets instead of the right one; None for the right one.

        Raises NoAnswer for a call that is to have none; ``timeout`` is how many seconds the caller would wait.
        """
        fault = self._take(path)
        if fault is None:
            return None
        time.sleep(fault.delay if timeout is None else min(fault.delay, timeout))
        if timeout is not None and fault.delay > timeout:
            raise NoAnswer(timed_out=True)
        if fault.dropped:
            raise NoAnswer(timed_out=False)
        return fault.answer

    def _take(self, path: str) -> Fault | None:
        """Return the fault that a call meets, using it up; None when the call is to be answered as usual."""
        with self._lock:
            if any(path.startswith(lost) for lost in self._unreachable):
                return Fault(path="/", times=1, dropped=True)
            for index, fault in enumerate(self._queue):
                if path.startswith(fault.path):
                    if fault.times > 1:
                        self._queue[index] = replace(fault, times=fault.times - 1)
                    else:
                        del self._queue[index]
                    return fault
            return None

    def _add(self, fault: Fault) -> None:
        with self._lock:
            self._queue.append(fault)
