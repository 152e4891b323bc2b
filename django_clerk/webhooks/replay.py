"""Events whose effect is still to come, or to come once more: found, and applied one by one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Max, Q, QuerySet
from django.utils import timezone

from django_clerk.models import ClerkWebhookEvent
from django_clerk.rows import database

from . import inbox

#: Seconds after which an event is taken to be left behind: longer than a worker works on one, or a queue keeps it.
LEFT_BEHIND = 300.0
#: So often an event is tried before somebody has to look why it fails. Whoever tries less often has been lost.
MOST_ATTEMPTS = 9
_PAGE = 500  #: events that are read at a time: an inbox may hold those of a year


@dataclass
class Report:
    """What became of the events of a replay, as svix ids; of those that were left alone, how many they were."""

    applied: list[str] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)  #: again; the log says why, and the row of who never was applied
    finished: int = 0  #: had their effect before, and were left
    reduced: list[str] = field(default_factory=list)  #: had it before, and too little of them was kept to repeat it


def failed() -> QuerySet[ClerkWebhookEvent]:
    """Return the events that a receiver refused, the oldest first."""
    return _events().filter(state=ClerkWebhookEvent.State.FAILED)


def unfinished(*, older_than: float = LEFT_BEHIND) -> QuerySet[ClerkWebhookEvent]:
    """
    Return the events that nobody seems to be working on: their worker died, or the queue lost them.

    Failed ones too, until they have been tried often enough: a worker may die between two tries.
    """
    before = timezone.now() - timedelta(seconds=older_than)
    lost = Q(state=ClerkWebhookEvent.State.RECEIVED)
    lost |= Q(state=ClerkWebhookEvent.State.FAILED, attempts__lt=MOST_ATTEMPTS)
    return _events().filter(lost, received_at__lte=before)


def received_between(since: datetime | None, until: datetime | None) -> QuerySet[ClerkWebhookEvent]:
    """Return the events received from one moment on and before another, whatever their state."""
    events = _events()
    if since is not None:
        events = events.filter(received_at__gte=since)
    return events if until is None else events.filter(received_at__lt=until)


def with_id(svix_id: str) -> QuerySet[ClerkWebhookEvent]:
    return _events().filter(svix_id=svix_id)


def replay(events: QuerySet[ClerkWebhookEvent], *, again: bool = False, dry_run: bool = False) -> Report:
    """
    Apply the events of a query. Each is tried once, and one that fails again stays as it is and keeps nobody waiting.

    Finished ones are left, or with ``again`` told to the receivers once more, where all of them was kept. A dry run
    reports as applied what would be tried.
    """
    report = Report()
    for event in _in_turn(events):
        is_finished = event.state in ClerkWebhookEvent.FINISHED
        if is_finished and not again:
            report.finished += 1
        elif is_finished and not event.is_whole:
            report.reduced.append(event.svix_id)
        elif dry_run:
            report.applied.append(event.svix_id)
        else:
            _replay_one(event.svix_id, report, again=again)
    return report


def finish(*, older_than: float = LEFT_BEHIND) -> Report:
    """Apply what was left behind. Made to be called every few minutes, by cron, Celery beat or a task."""
    return replay(unfinished(older_than=older_than))


def _replay_one(svix_id: str, report: Report, *, again: bool) -> None:
    try:
        state = inbox.apply(svix_id, again=again)
    except Exception:  # noqa: BLE001 - apply() has logged it and noted it in the row, and the others have their turn
        report.failed.append(svix_id)
        return
    if state is None:
        report.finished += 1  # by another process, just now
    else:
        (report.stale if state == inbox.State.STALE else report.applied).append(svix_id)


def _in_turn(events: QuerySet[ClerkWebhookEvent]) -> Iterator[ClerkWebhookEvent]:
    """
    Yield the events that are there by now, the oldest first, each once.

    Page by page, each behind the last event of the one before: what has been applied may leave the query meanwhile.
    """
    events = events.filter(pk__lte=events.aggregate(last=Max("pk"))["last"] or 0)
    page = list(events[:_PAGE])
    while page:
        yield from page
        at, key = page[-1].received_at, page[-1].pk
        page = list(events.filter(Q(received_at__gt=at) | Q(pk__gt=key), received_at__gte=at)[:_PAGE])


def _events() -> QuerySet[ClerkWebhookEvent]:
    """Return all events, the oldest first, and no more of each than is asked about here."""
    events = ClerkWebhookEvent.objects.using(database())
    return events.only("svix_id", "state", "is_whole", "received_at").order_by("received_at", "pk")
