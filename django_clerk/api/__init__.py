"""Clerk's Backend API. Nothing else in django_clerk opens a socket, except the emulator delivering its webhooks."""

from __future__ import annotations

from .client import ClerkClient as ClerkClient
from .transport import mount as mount
