"""Policies for consumers."""

from __future__ import annotations

from typing import Any, ClassVar

from channels.consumer import AsyncConsumer
from django.core.exceptions import ImproperlyConfigured

from django_clerk.core import policies
from django_clerk.core.policies import Answer, Policy, Subject

from .connection import CONNECTION, Connection, Receive, Send, decide, refusal
from .handshake import Scope


class ClerkConsumerMixin:
    """
    Let in whom ``clerk_policy`` allows, whoever is signed in unless told otherwise. It comes before the consumer.

    ``Chat.as_asgi(clerk_policy=has_role("admin"))`` sets it for one route. Others are refused before they are accepted,
    with the code 4401, 4403 or 4503. Each fresh token is asked again, and seen in ``self.scope`` from then on.
    """

    clerk_policy: ClassVar[Policy] = policies.signed_in

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        order = cls.__mro__
        if AsyncConsumer in order and order.index(AsyncConsumer) < order.index(ClerkConsumerMixin):
            raise TypeError(f"{cls.__name__} would never be guarded: put ClerkConsumerMixin before its consumer class.")

    def __init__(self, *args: Any, clerk_policy: Policy | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._clerk_policy = self.clerk_policy if clerk_policy is None else clerk_policy
        if not isinstance(self._clerk_policy, Policy):
            raise TypeError(f"clerk_policy must be a policy, not {type(self._clerk_policy).__name__}.")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> Any:
        decision = await decide(self._clerk_policy, subject_of_scope(scope))
        if decision.answer is not Answer.ALLOW:
            await receive()  # the question that a refusal answers
            return await send(refusal(decision))
        connection: Connection | None = scope.get(CONNECTION)
        if connection is not None:
            connection.guards.append((self._clerk_policy, scope))
        return await super().__call__(scope, receive, send)  # type: ignore[misc]


def subject_of_scope(scope: Scope) -> Subject:
    """Return the caller as policies see one: ``policy.decide(subject_of_scope(self.scope), obj)``."""
    if "clerk" not in scope:
        raise ImproperlyConfigured("Put ClerkWebSocketMiddleware around the URLRouter of your WebSockets.")
    user = scope["user"]
    return Subject(scope["clerk"], lambda: user if user.is_authenticated else None)
