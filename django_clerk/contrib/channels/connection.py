"""A WebSocket that lasts as long as the session of whoever has opened it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from channels.db import database_sync_to_async
from django.core.handlers.asgi import ASGIRequest

from django_clerk.audit import adenied
from django_clerk.callers import load_user
from django_clerk.conf import conf
from django_clerk.core import strictjson
from django_clerk.core.auth import Auth
from django_clerk.core.jws import LONGEST_TOKEN
from django_clerk.core.policies import ALLOW, Answer, Decision, Policy, Subject
from django_clerk.identify import identify, prepare

from .handshake import Scope, make_request

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]

#: What a connection is closed with: nobody is signed in, or no longer; not allowed; Clerk's keys cannot be had.
SIGN_IN, FORBIDDEN, UNAVAILABLE = 4401, 4403, 4503
_CODES = {Answer.SIGN_IN: SIGN_IN, Answer.UNAVAILABLE: UNAVAILABLE}

RENEWAL = "clerk.token"  #: type of the message with a fresh token
CONNECTION = "clerk_connection"  #: in the scope
_LONGEST_RENEWAL = LONGEST_TOKEN + 256


class Connection:
    """What somebody who is signed in has opened. It ends with the session token, or goes on with the next one."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.guards: list[tuple[Policy, Scope]] = []  #: policies that hold for it, and who is told of a fresh token
        self._scope = scope
        self._receive = receive
        self._send = send
        self._auth: Auth = scope["clerk"]
        self._deadline = _deadline(self._auth)
        self._closing: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._incoming: asyncio.Future[Any] | None = None
        scope[CONNECTION] = self

    async def run(self, application: Any) -> Any:
        """Run the application until one of the two ends."""
        watch = asyncio.ensure_future(self._watch())
        try:
            return await application(self._scope, self.receive, self.send)
        finally:
            watch.cancel()
            if self._incoming is not None:
                self._incoming.cancel()

    async def receive(self) -> Any:
        """Return the next message of the client's that is not for us, and the end when it has come."""
        while True:
            # Kept when the application gives up waiting: what has arrived by then must not be lost.
            self._incoming = self._incoming or asyncio.ensure_future(self._receive())
            await asyncio.wait({self._incoming, self._closing}, return_when=asyncio.FIRST_COMPLETED)
            if self._closing.done():
                return {"type": "websocket.disconnect", "code": self._closing.result()}
            message, self._incoming = self._incoming.result(), None
            token = _renewal(message)
            if token is None:
                return message
            await self.renew(token)

    async def send(self, message: Any) -> None:
        """Pass on what the application sends, until one of the two closes."""
        if self._closing.done():
            return
        if message["type"] == "websocket.close":
            self._closing.set_result(message.get("code", 1000))
        await self._send(message)

    async def renew(self, token: str) -> bool:
        """Do what the function renew() does."""
        headers = [pair for pair in self._scope["headers"] if pair[0] not in (b"authorization", b"cookie")]
        request = make_request({**self._scope, "headers": headers}, [token])
        await prepare(request)
        auth, user = await database_sync_to_async(_bearer)(request)
        if auth.is_unavailable:  # proves nothing: the last token holds until it expires
            return False
        decision = ALLOW
        if user is None or (auth.user_id, auth.session_id) != (self._auth.user_id, self._auth.session_id):
            decision = Decision(Answer.SIGN_IN, "same_session")
        for policy, _ in self.guards:
            if decision.answer is Answer.ALLOW:
                decision = await decide(policy, Subject(auth, lambda: user))
        if decision.answer is not Answer.ALLOW:
            await adenied(request, decision)
            await self._close(code_of(decision))
            return False
        if _deadline(auth) < self._deadline:  # nor does an older one, whose roles may be gone by now
            return not self._closing.done()
        self._auth, self._deadline = auth, _deadline(auth)
        for scope in (self._scope, *(scope for _, scope in self.guards)):
            scope["clerk"], scope["user"] = auth, user
        return not self._closing.done()

    async def _watch(self) -> None:
        while (left := self._deadline - time.time()) > 0:  # noqa: ASYNC110 - it moves while we sleep
            await asyncio.sleep(left)
        await self._close(SIGN_IN)

    async def _close(self, code: int) -> None:
        if not self._closing.done():
            self._closing.set_result(code)
            await self._send({"type": "websocket.close", "code": code})


async def renew(scope: Scope, token: str) -> bool:
    """
    Prolong a connection by a fresh token, for consumers whose messages have a form of their own.

    Tell whether it lasts: a token that is worthless, of another session or not enough for the consumer ends it.
    """
    connection: Connection | None = scope.get(CONNECTION)
    return connection is not None and await connection.renew(token)


async def decide(policy: Policy, subject: Subject) -> Decision:
    """Ask a policy, which may query."""
    decision: Decision = await database_sync_to_async(policy.decide)(subject)
    return decision


def code_of(decision: Decision) -> int:
    """Return what a connection is closed with, for a decision that is not ALLOW."""
    return _CODES.get(decision.answer, FORBIDDEN)


def _bearer(request: ASGIRequest) -> tuple[Auth, Any]:
    return identify(request), load_user(request)


def _renewal(message: Any) -> str | None:
    """Return the token of a message that renews the session, "" when it has none, and None for other messages."""
    text = message.get("text")
    if not text or RENEWAL not in text or len(text) > _LONGEST_RENEWAL:
        return None
    try:
        document = strictjson.loads(text.encode())
    except ValueError:
        return None
    if not isinstance(document, dict) or document.get("type") != RENEWAL:
        return None
    token = document.get("token")
    return token if isinstance(token, str) else ""


def _deadline(auth: Auth) -> float:
    """Return until when a session token is believed, in seconds since the epoch."""
    expires_at: float = auth.session.payload["exp"]
    return expires_at + conf.CLERK_CLOCK_SKEW
