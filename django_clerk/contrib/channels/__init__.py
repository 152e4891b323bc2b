"""
Clerk for Channels: who is at the other end of a WebSocket, for as long as the session lasts.

``ClerkWebSocketMiddleware(URLRouter(…))`` sets ``scope["clerk"]`` and ``scope["user"]`` by the decision that HTTP has.
A session token lives for a minute, and a socket for hours: it is closed with 4401 once the token has expired, unless
the client has sent a fresh one of the same session, as the message ``{"type": "clerk.token", "token": "…"}``.
"""

from __future__ import annotations

from .connection import FORBIDDEN as FORBIDDEN
from .connection import SIGN_IN as SIGN_IN
from .connection import UNAVAILABLE as UNAVAILABLE
from .connection import renew as renew
from .consumers import ClerkConsumerMixin as ClerkConsumerMixin
from .consumers import subject_of_scope as subject_of_scope
from .middleware import ClerkWebSocketMiddleware as ClerkWebSocketMiddleware
