"""Times as templates show them."""

from __future__ import annotations

from datetime import datetime, timezone


def moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, tz=timezone.utc)
