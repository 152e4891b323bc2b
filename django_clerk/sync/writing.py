"""What the writers share: looking first, and then writing what has to be, under locks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic

from django_clerk.core.deliveries import Event
from django_clerk.rows import ProfileT, RowT, Table, moment, now

from .outcomes import Outcome


@dataclass(frozen=True)
class Plan(Generic[ProfileT]):
    """What is to be done, found out without a lock."""

    outcomes: dict[str, Outcome]  #: of all profiles, by Clerk id
    changing: dict[str, ProfileT]  #: those to look at again under a lock, and to write then
    keys: dict[str, Any]  #: the primary keys of the rows that there are, by Clerk id

    @property
    def new(self) -> list[ProfileT]:
        """The profiles of objects that may have no row yet."""
        return [profile for clerk_id, profile in self.changing.items() if self.outcomes[clerk_id] is Outcome.CREATED]


def classify(table: Table[RowT, ProfileT], profile: ProfileT, row: RowT | None) -> Outcome:
    """Tell what applying a profile to a row would do, without doing it."""
    if row is None or (row.deleted_at is None and row.synced_at is None):
        return Outcome.CREATED
    if row.deleted_at is not None:
        return Outcome.GONE
    if table.says(row, profile):
        return Outcome.UNCHANGED
    return Outcome.STALE if table.is_late(profile, row) else Outcome.UPDATED


def plan(
    table: Table[RowT, ProfileT],
    profiles: Iterable[ProfileT],
    *,
    using: str,
    event: Event | None = None,
    judge: Callable[[Table[RowT, ProfileT], ProfileT, RowT | None], Outcome] = classify,
) -> Plan[ProfileT]:
    """
    Look what profiles would change.

    What is unchanged, stale or gone remains so, whoever else may be writing: no need to lock it and look again.
    """
    by_id = table.latest(profiles)
    known = table.find(by_id, using)
    outcomes = {clerk_id: judge(table, profile, known.get(clerk_id)) for clerk_id, profile in by_id.items()}
    changing = {
        clerk_id: profile
        for clerk_id, profile in by_id.items()
        if outcomes[clerk_id].is_written
        or (outcomes[clerk_id] is Outcome.UNCHANGED and is_confirmed(table, profile, known[clerk_id], event))
    }
    return Plan(outcomes, changing, {clerk_id: row.pk for clerk_id, row in known.items()})


def is_confirmed(table: Table[RowT, ProfileT], profile: ProfileT, row: RowT, event: Event | None) -> bool:
    """
    Tell whether an event says later what a row says already.

    It is noted, so that what was told in between and arrives afterwards is known to be late. Listings are not: they
    would write every row each time, against what the next listing finds.
    """
    return event is not None and table.is_told_later(profile, row)


def write(
    table: Table[RowT, ProfileT], planned: Plan[ProfileT], *, event: Event | None, using: str
) -> tuple[dict[str, RowT], dict[str, Outcome]]:
    """
    Make rows that are there say what the plan says. Returns them, locked, and what became of each, by Clerk id.

    Call it inside of a transaction.
    """
    outcomes: dict[str, Outcome] = {}
    written, at = [], now()
    locked = table.lock(planned.changing, using) if planned.changing else {}
    for clerk_id, row in locked.items():
        profile = planned.changing[clerk_id]
        outcomes[clerk_id] = outcome = classify(table, profile, row)
        if outcome.is_written:
            table.fill_in(row, profile, now=at)
            written.append(row)
        elif outcome is Outcome.UNCHANGED and is_confirmed(table, profile, row, event):
            confirm(row, profile, using)
    table.save(written, using)
    return locked, outcomes


def confirm(row: RowT, profile: ProfileT, using: str) -> None:
    """Note in a row when it was told again what it says."""
    row.told_at = moment(profile.told_at)
    row.save(using=using, update_fields=["told_at"])


def bury(
    table: Table[RowT, ProfileT], stone: RowT, *, is_known: bool, deleted_at: datetime | None, using: str
) -> tuple[RowT, bool]:
    """
    Make a row say that its object is deleted. Returns it, and whether it said so for the first time.

    ``stone`` is added where there is no row yet: the row that is left keeps a late "created" from bringing the object
    to life. Of several deletions the earliest counts. Call it inside of a transaction; the row is not saved the first
    time.
    """
    table.insert([] if is_known else [stone], using)
    row = table.lock([stone.clerk_id], using)[stone.clerk_id]
    at = now()
    when = moment(deleted_at) or at
    if row.deleted_at is None:
        table.forget(row, deleted_at=when, now=at)
        return row, True
    if when < row.deleted_at:
        row.deleted_at = when
        row.save(using=using, update_fields=["deleted_at"])
    return row, False
