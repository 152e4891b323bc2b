"""What a run did, counted; nothing in it grows with the number of users, but for eight bytes each before a prune."""

from __future__ import annotations

import hashlib
from array import array
from bisect import bisect_left
from dataclasses import dataclass, field
from typing import Any

from django_clerk.sync import Outcome


@dataclass
class Report:
    """Of one kind of object. ``failed`` names those that could not be stored, by id or by place in the list."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    gone: int = 0  #: listed, and closed here before: that is for ever
    failed: list[str] = field(default_factory=list)
    seen: Seen | None = field(default=None, repr=False)  #: who was listed, where a prune is to follow

    @property
    def listed(self) -> int:
        """How many objects Clerk has listed, so far."""
        return self.created + self.updated + self.unchanged + self.gone + len(self.failed)

    def count(self, outcome: Outcome) -> None:
        """Count one outcome; a row that is newer is as it should be."""
        if outcome is Outcome.CREATED:
            self.created += 1
        elif outcome is Outcome.UPDATED:
            self.updated += 1
        elif outcome is Outcome.GONE:
            self.gone += 1
        else:
            self.unchanged += 1

    def as_dict(self) -> dict[str, Any]:
        """Return the figures, for machines."""
        figures = {name: getattr(self, name) for name in ("created", "updated", "unchanged", "removed", "gone")}
        return {**figures, "failed": list(self.failed)}

    def __str__(self) -> str:
        counts = f"created {self.created}, updated {self.updated}"
        counts += f", unchanged {self.unchanged}, removed {self.removed}"
        return f"{counts}, closed here although Clerk lists them: {self.gone}" if self.gone else counts


class Seen:
    """
    A set of ids that takes eight bytes for each: their digests.

    Of a billion ids, two have the same digest with a chance of three in a hundred; a user then goes unpruned.
    """

    def __init__(self) -> None:
        self._digests = array("Q")
        self._is_sorted = True

    def add(self, clerk_id: str) -> None:
        self._digests.append(_digest(clerk_id))
        self._is_sorted = False

    def __contains__(self, clerk_id: str) -> bool:
        if not self._is_sorted:
            self._digests, self._is_sorted = array("Q", sorted(self._digests)), True
        wanted = _digest(clerk_id)
        place = bisect_left(self._digests, wanted)
        return place < len(self._digests) and self._digests[place] == wanted


def _digest(clerk_id: str) -> int:
    return int.from_bytes(hashlib.blake2b(clerk_id.encode(), digest_size=8).digest(), "big")
