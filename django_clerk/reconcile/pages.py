"""Pages of Clerk's lists, read and written: every kind of object goes the same way."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from django.db import DataError, IntegrityError

from django_clerk.sync import Outcome

from .report import Report

logger = logging.getLogger("django_clerk")


class _Profile(Protocol):
    @property
    def clerk_id(self) -> str: ...


P = TypeVar("P", bound=_Profile)


@dataclass(frozen=True)
class Kind(Generic[P]):
    """A kind of Clerk's objects: how one is read, and how several become rows."""

    name: str  #: for the log
    read: Callable[[Any], P]  #: raises ValueError for what is no such object
    apply: Callable[[Sequence[P]], dict[str, Outcome]]
    preview: Callable[[Sequence[P]], dict[str, Outcome]]


def take(kind: Kind[P], page: Sequence[Any], report: Report, *, dry_run: bool) -> list[P]:
    """
    Write a page of objects in one transaction, and count what became of them. Returns those that could be read.

    Where a row is refused, the others are stored one by one, and the one is named in the report.
    """
    profiles = [profile for item in page if (profile := _read(kind, item, report)) is not None]
    if report.seen is not None:
        for profile in profiles:
            report.seen.add(profile.clerk_id)
    for outcome in (kind.preview(profiles) if dry_run else _apply(kind, profiles, report)).values():
        report.count(outcome)
    return profiles


def _read(kind: Kind[P], item: Any, report: Report) -> P | None:
    try:
        return kind.read(item)
    except ValueError:
        name = item.get("id") if isinstance(item, dict) else None
        report.failed.append(ascii(name)[:60] if name is not None else f"number {report.listed + 1}, which has no id")
        return None


def _apply(kind: Kind[P], profiles: Sequence[P], report: Report) -> dict[str, Outcome]:
    try:
        return kind.apply(profiles)
    except (IntegrityError, DataError) as error:
        if len(profiles) > 1:  # one row is refused: find it, and store the others
            return {clerk_id: outcome for one in profiles for clerk_id, outcome in _apply(kind, [one], report).items()}
        # Not the message: some databases put the value into it, and it may be an address.
        logger.error("%s %s could not be stored: %s.", kind.name, profiles[0].clerk_id, type(error).__name__)
        report.failed.append(profiles[0].clerk_id)
        return {}
