"""What is kept of Clerk's users, and which deliveries have been dealt with."""

from __future__ import annotations

from .checkpoints import ClerkSyncCheckpoint as ClerkSyncCheckpoint
from .events import ClerkWebhookEvent as ClerkWebhookEvent
from .fields import IdField as IdField
from .users import ClerkUser as ClerkUser
