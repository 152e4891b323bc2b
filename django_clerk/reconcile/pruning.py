"""Close what Clerk no longer has, and never because half a list was read."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.db import models
from django.db.models import Max

from django_clerk.exceptions import APINotFound
from django_clerk.rows import database

from .report import Report, Seen

#: A prune that would close more than this, or all of several, looks like the wrong secret key.
_SHARE, _FLOOR = 0.2, 10

Model = type[models.Model]


class TooManyToPrune(Exception):
    """So much is missing in Clerk that another instance's key is likelier. Nothing was removed."""


def last_row(model: Model) -> int:
    """
    Return the largest primary key there is. Ask before a listing is begun.

    Whoever gets a row later, by the listing or by a webhook, is nobody whom the listing must show, and whom it has
    brought in says nothing about the key that it was read with.
    """
    last: int | None = model._default_manager.using(database()).aggregate(last=Max("pk"))["last"]
    return last or 0


def prune(
    model: Model,
    report: Report,
    *,
    known_to: int,
    ask: Callable[[str], object],
    close: Callable[[str], bool],
    dry_run: bool = False,
    force: bool = False,
) -> None:
    """
    Close what a complete listing did not show, each after asking Clerk for it by id: ``ask`` raises APINotFound then.

    ``known_to`` is the last_row() of before the listing. Raises TooManyToPrune, unless forced, when that would be more
    than a fifth and more than ten, or all of several; ValueError without a listing to go by.
    """
    seen = report.seen
    if seen is None:
        raise ValueError("A prune goes by a listing that was read with Report(seen=Seen()).")
    living = model._default_manager.using(database()).filter(deleted_at=None, pk__lte=known_to).order_by("pk")
    clerk_ids = living.values_list("clerk_id", flat=True).iterator(chunk_size=2000)
    missing, suspicion = _missing(clerk_ids, seen)
    if suspicion and not force:
        raise TooManyToPrune(f"{suspicion} {model._meta.verbose_name_plural} are not in Clerk's list.")
    for clerk_id in missing:
        if _is_gone(ask, clerk_id) and (dry_run or close(clerk_id)):
            report.removed += 1


def _missing(clerk_ids: Iterable[str], seen: Seen) -> tuple[list[str], str]:
    """
    Return those that were not seen, and what of them looks like the wrong secret key, such as "50 of the oldest 60".

    The oldest rows come first, and are judged before the later ones are counted: whom a run with the wrong key brought
    in yesterday would otherwise make ours few today.
    """
    missing: list[str] = []
    known, suspicion = 0, ""
    for known, clerk_id in enumerate(clerk_ids, start=1):
        if clerk_id not in seen:
            missing.append(clerk_id)
            if len(missing) > max(_FLOOR, _SHARE * known):
                suspicion = f"{len(missing)} of the oldest {known}"
    return missing, f"{known} of {known}" if len(missing) == known > 1 else suspicion


def _is_gone(ask: Callable[[str], object], clerk_id: str) -> bool:
    """What was made while the list was read is missing in it, and is there."""
    try:
        ask(clerk_id)
    except APINotFound:
        return True
    return False
