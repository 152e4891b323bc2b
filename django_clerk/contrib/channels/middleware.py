"""The middleware that finds out who opens a WebSocket."""

from __future__ import annotations

from typing import Any

from channels.db import database_sync_to_async
from django.core.handlers.asgi import ASGIRequest

from django_clerk.callers import get_user
from django_clerk.core.auth import Auth
from django_clerk.identify import identify, prepare

from .connection import Connection, Receive, Send
from .handshake import SUBPROTOCOL, Scope, comes_from_here, make_request, take_tokens


class ClerkWebSocketMiddleware:
    """
    Finds out who opens a WebSocket, and ends it with the session. It leaves everything else alone.

    The token is in the subprotocol after "clerk", or in the Authorization header of a program, or in Clerk's cookie.
    Browsers send cookies along from every site, so they count from our own pages only and from CSRF_TRUSTED_ORIGINS;
    so does the user whom Channels' AuthMiddleware around this one has found in Django's session. With
    ``query_parameter="token"`` the token may be in the URL, where logs and proxies see it.
    """

    def __init__(self, inner: Any, *, query_parameter: str | None = None) -> None:
        self._inner = inner
        self._query_parameter = query_parameter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> Any:
        if scope["type"] != "websocket":
            return await self._inner(scope, receive, send)
        tokens, subprotocols = take_tokens(scope, self._query_parameter)
        headers = [(name, value) for name, value in scope["headers"] if name != b"sec-websocket-protocol"]
        told: Scope = {**scope, "subprotocols": subprotocols, "headers": headers}
        request = make_request(told, tokens)
        is_ours = comes_from_here(request)
        if not is_ours:
            request.META.pop("HTTP_COOKIE", None)
        await prepare(request)
        session_user = scope.get("user") if is_ours else None
        told["clerk"], told["user"] = await database_sync_to_async(_caller)(request, session_user)
        if len(subprotocols) < len(scope.get("subprotocols", ())):
            send = _accepting(send)
        if not told["clerk"].is_signed_in:
            return await self._inner(told, receive, send)
        return await Connection(told, receive, send).run(self._inner)


def _caller(request: ASGIRequest, session_user: Any) -> tuple[Auth, Any]:
    return identify(request), get_user(request, session_user)


def _accepting(send: Send) -> Send:
    """A browser that has offered subprotocols hangs up when none is chosen."""

    async def choosing(message: Any) -> None:
        if message["type"] == "websocket.accept" and not message.get("subprotocol"):
            message = {**message, "subprotocol": SUBPROTOCOL}
        await send(message)

    return choosing
