"""How Clerk's deliveries are received, worked off and kept."""

from __future__ import annotations

from typing import Literal, cast

from django.core.exceptions import ImproperlyConfigured

from .reading import choice, number, text, texts

_RETRY_HORIZON_DAYS = 2  #: Svix delivers an event again for 28 hours: for so long its id must be remembered


class WebhookSettings:
    """How Clerk's deliveries are received, worked off and kept."""

    @property
    def CLERK_WEBHOOK_SIGNING_SECRET(self) -> tuple[str, ...]:
        """Every secret a delivery may be signed with; several while one is being replaced."""
        return texts("CLERK_WEBHOOK_SIGNING_SECRET") or texts("CLERK_WEBHOOK_SECRET")

    @property
    def CLERK_WEBHOOK_MAX_BODY(self) -> int:
        """Bytes of the largest delivery that is read."""
        return int(number("CLERK_WEBHOOK_MAX_BODY", 1024 * 1024))

    @property
    def CLERK_WEBHOOK_BACKEND(self) -> str:
        """Dotted path of what brings stored events to their effect."""
        return text("CLERK_WEBHOOK_BACKEND") or "django_clerk.webhooks.backends.InlineBackend"

    @property
    def CLERK_WEBHOOK_PAYLOAD(self) -> Literal["full", "redacted", "none"]:
        """What is kept of an event that has been applied."""
        chosen = choice("CLERK_WEBHOOK_PAYLOAD", ("full", "redacted", "none"))
        return cast('Literal["full", "redacted", "none"]', chosen or "redacted")

    @property
    def CLERK_WEBHOOK_RETENTION_DAYS(self) -> float:
        """After so long an applied event may be pruned."""
        days = number("CLERK_WEBHOOK_RETENTION_DAYS", 30)
        if days < _RETRY_HORIZON_DAYS:
            raise ImproperlyConfigured(
                f"CLERK_WEBHOOK_RETENTION_DAYS must be at least {_RETRY_HORIZON_DAYS}: for 28 hours Clerk may deliver "
                "an event again, and its id must be remembered."
            )
        return days
