"""The rows that follow Clerk's objects: found and locked, compared with what was told, filled in and saved."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, Generic, Protocol, TypeVar

from django.conf import settings
from django.db import connections, router
from django.db.models import QuerySet

from .models import ClerkUser
from .models.told import Told


class Profile(Protocol):
    """What was told of an object of Clerk's, cleaned."""

    @property
    def clerk_id(self) -> str: ...
    @property
    def updated_at(self) -> datetime | None: ...
    @property
    def told_at(self) -> datetime | None: ...


RowT = TypeVar("RowT", bound=Told)
ProfileT = TypeVar("ProfileT", bound=Profile)


def database() -> str:
    """Return the alias of the database that all of Clerk's rows are written to: that of ClerkUser."""
    return router.db_for_write(ClerkUser)


def moment(value: datetime | None) -> datetime | None:
    """Return a time as the database takes it: without USE_TZ naive, and in UTC, where no hour comes twice."""
    return value if value is None or settings.USE_TZ else value.replace(tzinfo=None)


def now() -> datetime:
    """Return the time as the database takes it."""
    value = datetime.now(timezone.utc)
    return value if settings.USE_TZ else value.replace(tzinfo=None)


@dataclass(frozen=True)
class Table(Generic[RowT, ProfileT]):
    """The rows of one model."""

    model: type[RowT]
    copied: tuple[str, ...]  #: columns that hold what a profile has under the same name, besides the two moments
    derived: Mapping[str, Callable[[ProfileT], Any]] = field(default_factory=dict)  #: columns worked out from one

    def find(self, clerk_ids: Collection[str], using: str) -> dict[str, RowT]:
        """
        Return the rows as they are, by Clerk id. Look before the transaction that writes.

        SQLite does not let a transaction that began by reading write after another has written.
        """
        return self._rows(using).in_bulk(clerk_ids, field_name="clerk_id")

    def keys(self, clerk_ids: Collection[str], using: str) -> dict[str, Any]:
        """Return the primary keys of the rows that there are, by Clerk id."""
        rows = self.model._base_manager.using(using).filter(clerk_id__in=clerk_ids)
        return dict(rows.values_list("clerk_id", "pk"))

    def insert(self, rows: Collection[RowT], using: str) -> None:
        """Add rows that say nothing yet, unless they are there. Whoever comes second waits until the first is done."""
        if rows:
            # An upsert that changes nothing, since MySQL's INSERT IGNORE leaves those who waited with locks that they
            # cannot all strengthen: of many at once, all but one would fail.
            self._upsert(sorted(rows, key=lambda row: row.clerk_id), "clerk_id", ["clerk_id"], using)

    def lock(self, clerk_ids: Collection[str], using: str) -> dict[str, RowT]:
        """
        Return the rows by Clerk id, locked until the transaction ends.

        They are locked in one order, so that two callers wait for each other and never for ever. The order of the
        tables is: users, organizations, roles, memberships.
        """
        # Others may refer to the rows meanwhile: that somebody joins need not wait for who changes an organization.
        no_key = connections[using].features.has_select_for_no_key_update
        found = self._rows(using).select_for_update(no_key=no_key)
        return {row.clerk_id: row for row in found.filter(clerk_id__in=clerk_ids).order_by("clerk_id")}

    def says(self, row: RowT, profile: ProfileT) -> bool:
        """Tell whether a row says what a profile says, whoever told, and when."""
        wanted = self._columns(profile)
        del wanted["told_at"]
        return row.synced_at is not None and all(getattr(row, name) == value for name, value in wanted.items())

    def is_late(self, profile: ProfileT, row: RowT) -> bool:
        """
        Tell whether a row is to be kept against a profile, by Clerk's clock: of the object, then of the events.

        Where both moments are the same, the contents decide. That is no better than chance, but it is the same whatever
        comes first, so that two databases that were told the same say the same.
        """
        if row.synced_at is None:
            return False
        moments, others = _moments(profile), _moments(row)
        return moments < others or (moments == others and self._content(profile) < self._content(row))

    def is_told_later(self, profile: ProfileT, row: RowT) -> bool:
        """Tell whether a profile was told later than what a row says."""
        return _moments(profile) > _moments(row)

    def latest(self, profiles: Iterable[ProfileT]) -> dict[str, ProfileT]:
        """Return profiles by Clerk id; of several of one object the one that a row would keep."""
        by_id: dict[str, ProfileT] = {}
        for profile in profiles:
            other = by_id.setdefault(profile.clerk_id, profile)
            if other is not profile and self._rank(profile) > self._rank(other):
                by_id[profile.clerk_id] = profile
        return by_id

    def fill_in(self, row: RowT, profile: ProfileT, *, now: datetime) -> None:
        """Make a row say what a profile says; unsaved."""
        for name, value in self._columns(profile).items():
            setattr(row, name, value)
        row.synced_at = now

    def forget(self, row: RowT, *, deleted_at: datetime, now: datetime) -> None:
        """Make a row say of its object only that it is deleted, whatever it said before; unsaved."""
        blank = self.model()
        for name in self._names:
            setattr(row, name, getattr(blank, name))
        row.deleted_at, row.synced_at = deleted_at, now

    def save(self, rows: Sequence[RowT], using: str, *also: str) -> None:
        """Write locked rows: what profiles say, and the columns named."""
        names = [*self._names, "synced_at", *also]
        if len(rows) == 1:
            rows[0].save(using=using, update_fields=names)
        elif rows:
            # The rows are there: an upsert is one plain statement, where bulk_update() is a CASE for each column.
            self._upsert(rows, "id", names, using)

    def _rows(self, using: str) -> QuerySet[RowT]:
        """Return the query for the rows that are compared with profiles."""
        return self.model._base_manager.using(using).all()

    @property
    def _names(self) -> tuple[str, ...]:
        return (*self.copied, *self.derived, "updated_at", "told_at")

    def _columns(self, profile: ProfileT) -> dict[str, Any]:
        derived = {name: derive(profile) for name, derive in self.derived.items()}
        return {name: _stored(getattr(profile, name)) for name in self._names if name not in derived} | derived

    def _rank(self, said: RowT | ProfileT) -> tuple[tuple[float, float], str]:
        return _moments(said), self._content(said)

    def _content(self, said: RowT | ProfileT) -> str:
        content = {name: _comparable(getattr(said, name)) for name in self.copied}
        return json.dumps(content, sort_keys=True)

    def _upsert(self, rows: Sequence[RowT], unique: str, fields: Collection[str], using: str) -> None:
        with_target = connections[using].features.supports_update_conflicts_with_target
        self.model._base_manager.using(using).bulk_create(
            rows, update_conflicts=True, unique_fields=[unique] if with_target else None, update_fields=fields
        )


def _moments(said: Told | Profile) -> tuple[float, float]:
    return _seconds(said.updated_at), _seconds(said.told_at)


def _seconds(value: datetime | None) -> float:
    """Return a moment as a number, and one that is not known as the earliest."""
    if value is None:
        return -1.0
    return (value if value.tzinfo is not None else value.replace(tzinfo=timezone.utc)).timestamp()


def _stored(value: Any) -> Any:
    """Return a value as it comes back from the database."""
    if isinstance(value, datetime):
        return moment(value)
    return list(value) if isinstance(value, tuple) else value


def _comparable(value: Any) -> Any:
    """Return a value in a form of its own, whichever database it has been through: 1.0 may come back as 1."""
    if isinstance(value, datetime):
        return _seconds(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {name: _comparable(member) for name, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [_comparable(item) for item in value]
    return value
