"""A WebSocket, for projects with Channels: whoever is signed in sees new posts as they are published."""

from __future__ import annotations

from typing import Any

from channels.generic.websocket import AsyncJsonWebsocketConsumer

from django_clerk.contrib.channels import ClerkConsumerMixin

POSTS = "posts"


class NewPosts(ClerkConsumerMixin, AsyncJsonWebsocketConsumer):
    """The mixin shuts strangers out, and everybody whose session has ended. ``clerk_policy`` would ask for more."""

    groups = [POSTS]

    async def post_published(self, event: dict[str, Any]) -> None:
        await self.send_json(event["post"])
