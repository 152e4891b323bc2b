"""What is kept of Clerk's users and organizations, and which deliveries have been dealt with."""

from __future__ import annotations

from .checkpoints import ClerkSyncCheckpoint as ClerkSyncCheckpoint
from .events import ClerkWebhookEvent as ClerkWebhookEvent
from .fields import IdField as IdField
from .organizations import ClerkMembership as ClerkMembership
from .organizations import ClerkOrganization as ClerkOrganization
from .organizations import ClerkRole as ClerkRole
from .users import ClerkUser as ClerkUser
