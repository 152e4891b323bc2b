"""What the opening handshake of a WebSocket says of who opens it."""

from __future__ import annotations

from collections.abc import MutableMapping
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, urlsplit

from channels.security.websocket import OriginValidator, WebsocketDenier
from django.conf import settings
from django.core.handlers.asgi import ASGIRequest

from django_clerk.http import public_url

Scope = MutableMapping[str, Any]

SUBPROTOCOL = "clerk"  #: offered before the token: new WebSocket(url, ["clerk", token])


def take_tokens(scope: Scope, query_parameter: str | None) -> tuple[list[str], list[str]]:
    """Return what is offered as a token, and the subprotocols that are the application's own."""
    rest, tokens = list(scope.get("subprotocols", ())), []
    while SUBPROTOCOL in rest:
        at = rest.index(SUBPROTOCOL)
        tokens.append("".join(rest[at + 1 : at + 2]))
        del rest[at : at + 2]
    if query_parameter is not None:
        query = parse_qs(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
        tokens += query.get(query_parameter, [])
    return tokens, rest


def make_request(scope: Scope, tokens: list[str]) -> ASGIRequest:
    """
    Return the request that the decision is about: the handshake of the WebSocket, with the token in its usual place.

    Several tokens become one header that is worthless, as several headers do: nobody is two people at once. Nothing
    else of the URL's query speaks for anybody.
    """
    headers = [(b"authorization", f"Bearer {token}".encode("latin-1", "replace")) for token in tokens]
    scheme = {"ws": "http", "wss": "https"}.get(scope.get("scheme", "ws"), "http")
    own = {"method": "GET", "scheme": scheme, "query_string": b"", "headers": [*scope["headers"], *headers]}
    return ASGIRequest({**scope, **own}, BytesIO())


def comes_from_here(request: ASGIRequest) -> bool:
    """Tell whether a page of this site, or of one that Django trusts, has opened the connection."""
    origin, here = request.META.get("HTTP_ORIGIN"), public_url(request)
    if origin is None or here is None:
        return False
    trusted = [pattern.replace("://*.", "://.") for pattern in settings.CSRF_TRUSTED_ORIGINS]
    try:
        return origin == here.origin or bool(OriginValidator(WebsocketDenier(), trusted).valid_origin(urlsplit(origin)))
    except ValueError:  # what is no URL
        return False
