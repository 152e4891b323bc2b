"""WebSockets as a project would write them, and clients that open one."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from asgiref.sync import async_to_sync
from channels.auth import AuthMiddlewareStack
from channels.generic.websocket import AsyncJsonWebsocketConsumer, JsonWebsocketConsumer
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.urls import path

from django_clerk.contrib.channels import ClerkConsumerMixin, ClerkWebSocketMiddleware, renew
from django_clerk.core.deliveries import Event
from django_clerk.core.policies import has_role, in_organization, reverified, signed_in
from django_clerk.revocation import follow_ends
from tests.mint import mint

ORIGIN = "https://example.com"
HOST = [(b"host", b"example.com")]
PATIENCE = 10  #: seconds


def end_session(session_id: str = "sess_1") -> None:
    """Tell the project what a webhook of Clerk's tells it."""
    event = Event(
        svix_id="msg_1", type="session.ended", data={"id": session_id}, occurred_at=None, instance_id=None, payload={}
    )
    follow_ends(event=event)


def describe(scope: Any) -> dict[str, Any]:
    auth, user = scope["clerk"], scope["user"]
    return {"clerk_id": auth.user_id, "user": user.pk, "source": auth.source, "org": auth.org and auth.org.id}


class Open(AsyncJsonWebsocketConsumer):
    """Lets in everybody, and says who is there."""

    async def connect(self) -> None:
        await self.accept()
        await self.send_json({**describe(self.scope), "subprotocols": self.scope["subprotocols"]})

    async def receive_json(self, content: Any, **kwargs: Any) -> None:
        if content == "renewed by hand":
            await self.send_json(await renew(self.scope, mint(jti="by hand")))
        elif content == "bye":
            await self.close(4000)
        else:
            await self.send_json({"echo": content, **describe(self.scope)})


class Guarded(ClerkConsumerMixin, Open):
    pass


class Sync(ClerkConsumerMixin, JsonWebsocketConsumer):
    def connect(self) -> None:
        self.accept()
        self.send_json(describe(self.scope))

    def receive_json(self, content: Any, **kwargs: Any) -> None:
        if content == "renewed by hand":
            self.send_json(async_to_sync(renew)(self.scope, mint(jti="by hand")))
        else:
            self.send_json({"echo": content, **describe(self.scope)})


class Admins(Guarded):
    clerk_policy = has_role("admin")


class Deaf(Guarded):
    """Talks on and on and never listens."""

    async def connect(self) -> None:
        await self.accept()
        while True:
            await self.send_json("tick")
            await asyncio.sleep(0.05)


class Chooses(Open):
    async def connect(self) -> None:
        await self.accept(subprotocol=self.scope["subprotocols"][0])


routes = URLRouter(
    [
        path("open/", Open.as_asgi()),
        path("guarded/", Guarded.as_asgi()),
        path("sync/", Sync.as_asgi()),
        path("admins/", Admins.as_asgi()),
        path("acme/", Sync.as_asgi(clerk_policy=in_organization("acme"))),
        path("verified/", Guarded.as_asgi(clerk_policy=reverified("strict"))),
        path("not-suspended/", Guarded.as_asgi(clerk_policy=~has_role("suspended") & signed_in)),
        path("deaf/", Deaf.as_asgi()),
        path("chooses/", Chooses.as_asgi()),
    ]
)
application = ClerkWebSocketMiddleware(routes)
with_query = ClerkWebSocketMiddleware(routes, query_parameter="token")
with_django_sessions = AuthMiddlewareStack(ClerkWebSocketMiddleware(routes))


class Client(WebsocketCommunicator):
    """A client of ours, patient with a busy machine."""

    def __init__(
        self,
        path: str = "/open/",
        *,
        token: str | None = None,
        cookie: str | None = None,
        origin: str | None = ORIGIN,
        scheme: str = "wss",
        headers: list[tuple[bytes, bytes]] | None = None,
        subprotocols: list[str] | None = None,
        to: Any = application,
    ) -> None:
        sent = [*HOST, *(headers or [])]
        if origin is not None:
            sent.append((b"origin", origin.encode()))
        if cookie is not None:
            sent.append((b"cookie", f"__session={cookie}; __client_uat=1".encode()))
        offered = subprotocols if token is None else ["clerk", token, *(subprotocols or [])]
        if offered:
            sent.append((b"sec-websocket-protocol", ", ".join(offered).encode()))
        super().__init__(to, path, headers=sent, subprotocols=offered)
        self.scope["scheme"] = scheme

    async def open(self) -> Any:
        """Return the first message, or the code of a refusal."""
        accepted, code = await self.connect(timeout=PATIENCE)
        return await self.receive_json_from(timeout=PATIENCE) if accepted else code

    async def ask(self, message: Any) -> Any:
        """Send a message and return the answer, or the code of the end."""
        await self.send_json_to(message)
        return await self.answer()

    async def answer(self) -> Any:
        """Return the next message, or the code of the end."""
        output = await self.receive_output(timeout=PATIENCE)
        if output["type"] == "websocket.close":
            return output["code"]
        return json.loads(output["text"])

    async def leave(self) -> None:
        await self.disconnect(timeout=PATIENCE)
