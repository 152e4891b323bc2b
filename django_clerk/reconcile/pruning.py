"""Close what Clerk no longer has, and never because half a list was read."""

from __future__ import annotations

from collections.abc import Callable

from django.db import models

from django_clerk.exceptions import APINotFound
from django_clerk.rows import database

from .report import Report

#: A prune that would close more than this, or all of several, looks like the wrong secret key.
_SHARE, _FLOOR = 0.2, 10


class TooManyToPrune(Exception):
    """So much is missing in Clerk that another instance's key is likelier. Nothing was removed."""


def prune(
    model: type[models.Model],
    report: Report,
    *,
    ask: Callable[[str], object],
    close: Callable[[str], bool],
    dry_run: bool = False,
    force: bool = False,
) -> None:
    """
    Close what a complete listing did not show, each after asking Clerk for it by id: ``ask`` raises APINotFound then.

    Raises TooManyToPrune, unless forced, when that would be more than a fifth and more than ten, or all of several;
    ValueError without a listing to go by.
    """
    seen = report.seen
    if seen is None:
        raise ValueError("A prune goes by a listing that was read with Report(seen=Seen()).")
    living = model._default_manager.using(database()).filter(deleted_at=None).order_by("pk")
    known, missing = 0, []
    for clerk_id in living.values_list("clerk_id", flat=True).iterator(chunk_size=2000):
        known += 1
        if clerk_id not in seen:
            missing.append(clerk_id)
    if not force and (len(missing) > max(_FLOOR, _SHARE * known) or len(missing) == known > 1):
        name = model._meta.verbose_name_plural
        raise TooManyToPrune(f"{len(missing)} of {known} {name} are not in Clerk's list.")
    for clerk_id in missing:
        if _is_gone(ask, clerk_id) and (dry_run or close(clerk_id)):
            report.removed += 1


def _is_gone(ask: Callable[[str], object], clerk_id: str) -> bool:
    """What was made while the list was read is missing in it, and is there."""
    try:
        ask(clerk_id)
    except APINotFound:
        return True
    return False
