"""What became of what was told."""

from __future__ import annotations

import enum


class Outcome(enum.Enum):
    """What became of one profile, or of one deletion."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    STALE = "stale"  #: the row is newer
    GONE = "gone"  #: it was deleted in Clerk before, and stays deleted
    DELETED = "deleted"  #: it was deleted just now

    @property
    def is_written(self) -> bool:
        return self in (Outcome.CREATED, Outcome.UPDATED)
