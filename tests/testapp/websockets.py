"""Every rule as the policy of a WebSocket, at ``/<rule>/<post>/``. Whoever is let in is told "in"."""

from __future__ import annotations

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from channels.routing import URLRouter
from django.urls import path

from django_clerk.contrib.channels import ClerkConsumerMixin, ClerkWebSocketMiddleware
from django_clerk.contrib.channels.consumers import subject_of_scope
from django_clerk.core.policies import Answer, Policy
from tests.testapp.models import Post
from tests.testapp.rules import POLICIES


class Open(ClerkConsumerMixin, AsyncJsonWebsocketConsumer):
    async def connect(self) -> None:
        await self.accept()
        await self.send_json("in")


class OfPost(Open):
    """About the post that the URL names."""

    rule: Policy

    async def connect(self) -> None:
        if await database_sync_to_async(self.is_allowed)():
            await super().connect()
        else:
            await self.close(4403)

    def is_allowed(self) -> bool:
        post = Post.objects.get(pk=self.scope["url_route"]["kwargs"]["pk"])
        return self.rule.decide(subject_of_scope(self.scope), post).answer is Answer.ALLOW


def consumer_of(rule: str, policy: Policy) -> object:
    if rule.startswith("owner"):
        return type("OfPost", (OfPost,), {"rule": policy}).as_asgi()
    return Open.as_asgi(clerk_policy=policy)


application = ClerkWebSocketMiddleware(
    URLRouter([path(f"{rule}/<int:pk>/", consumer_of(rule, policy)) for rule, policy in POLICIES.items()])
)
