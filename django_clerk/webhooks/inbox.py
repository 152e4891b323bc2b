"""
The inbox: every event is stored first, committed, and has its effect in one transaction with the mark that it had it.

So an effect comes once, whoever else has the same event in hand and whenever a process dies: what was not committed is
undone with its mark, and is done again.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Sequence
from typing import Any

from django.db import DatabaseError, IntegrityError
from django.db.models import F, QuerySet
from django.utils import timezone

from django_clerk import transactions
from django_clerk.conf import conf
from django_clerk.core.deliveries import Event, read_envelope
from django_clerk.core.payloads import redacted, subject_of, without_bystanders, without_secrets
from django_clerk.core.profiles import clean_text
from django_clerk.exceptions import ClerkError, EventNotWhole
from django_clerk.models import ClerkUser, ClerkWebhookEvent
from django_clerk.rows import database, moment
from django_clerk.signals import webhook_received
from django_clerk.sync import Outcome
from django_clerk.sync.users import USERS

logger = logging.getLogger("django_clerk")

State = ClerkWebhookEvent.State
_OUTDATED = frozenset({Outcome.STALE, Outcome.GONE})
_LONGEST_ERROR = 500
#: Packages in whose lines what a receiver did wrong only comes to light: Django, and the drivers of databases.
_OTHERS = frozenset({"django", "psycopg", "psycopg2", "MySQLdb", "pymysql", "oracledb", "sqlite3"})


def store(event: Event) -> bool:
    """Write a verified event down. Returns False where it was before, by another delivery of it."""
    using = database()
    row = ClerkWebhookEvent(
        svix_id=event.svix_id,
        type=event.type,
        object_id=event.object_id,
        user_id=subject_of(event.data),
        instance_id=clean_text(event.instance_id, 255),
        occurred_at=moment(event.occurred_at),
        payload=without_secrets(event.payload),
    )
    try:
        transactions.run(lambda: row.save(using=using, force_insert=True), using=using)
    except IntegrityError:
        if not _rows(event.svix_id, using).exists():
            raise  # it is no repeat that was refused, but this event
        return False
    return True


def is_finished(svix_id: str) -> bool:
    """Tell whether an event that was stored has had its effect, and that has been committed."""
    return _rows(svix_id, database()).filter(state__in=ClerkWebhookEvent.FINISHED).exists()


def apply(svix_id: str, *, event: Event | None = None, again: bool = False) -> State | None:
    """
    Give a stored event its effect, in one transaction with its new state. Returns that, or None where it had one.

    Receivers get ``event`` where the delivery is at hand, and otherwise what was stored of it, which is without its
    secrets. With ``again`` a finished event is told to them once more; its state remains. Whatever a receiver raises
    undoes the effect, is noted in the row and is raised again. Raises EventNotWhole where too little was kept.
    """
    using = database()
    user_id = subject_of(event.data) if event is not None else _subject_of_stored(svix_id, using)
    # Looked for before: to lock a row that is not there would keep others from adding it, on MySQL all at once.
    known = list(USERS.keys([user_id], using)) if user_id else []
    try:
        return transactions.run(lambda: _apply(svix_id, event, again, known, using), using=using)
    except Exception as error:
        _note_failure(svix_id, error, using)
        raise


def _apply(svix_id: str, event: Event | None, again: bool, known: Sequence[str], using: str) -> State | None:
    rows = _rows(svix_id, using)
    # The first statement of the transaction, and a write: whoever comes second waits here until the first is done, and
    # then finds the state that it left. To read first would be to decide by what may no longer be so.
    is_first = _count_attempt(rows.filter(state__in=ClerkWebhookEvent.UNFINISHED))
    if not is_first and not (again and _count_attempt(rows)):
        return None
    _hold_users(known, using)
    told = event or _stored_event(rows)
    responses: list[Any] = [said for _, said in webhook_received.send(sender=ClerkWebhookEvent, event=told)]
    outcomes = {said for said in responses if isinstance(said, Outcome)}  # a project's own receivers say what they like
    state = State.STALE if outcomes & _OUTDATED else State.APPLIED
    if is_first:
        rows.update(state=state, applied_at=timezone.now(), error="", **_remains(told, using))
    return state


def _count_attempt(rows: QuerySet[ClerkWebhookEvent]) -> bool:
    """Count an attempt at a row and hold the row until the transaction ends. Returns False where there is none."""
    return rows.update(attempts=F("attempts") + 1) > 0


def _hold_users(known: Sequence[str], using: str) -> None:
    """
    Let the events about one user have their effect one after another: hold the user's row until the transaction ends.

    What a receiver, or _remains(), concludes from what is committed is then so. It comes after the event's own row and
    before all that receivers lock, which keeps two transactions from waiting for each other. Where there is no row,
    there is nothing to hold: events about somebody who was never here may overtake each other.
    """
    if known:
        USERS.lock(known, using)


def _subject_of_stored(svix_id: str, using: str) -> str:
    """Return the id of the user whom a stored event is about, or ""."""
    return _rows(svix_id, using).values_list("user_id", flat=True).first() or ""


def _stored_event(rows: QuerySet[ClerkWebhookEvent]) -> Event:
    row = rows.get()
    if row.payload is None or not row.is_whole:
        raise EventNotWhole(f"Of {row} too little was kept to apply it again. Run sync_clerk_users instead.")
    return read_envelope(row.payload, row.svix_id)


def _remains(event: Event, using: str) -> dict[str, Any]:
    """Return what becomes of the payload of an event that has had its effect."""
    user_id, choice = subject_of(event.data), conf.CLERK_WEBHOOK_PAYLOAD
    forgets = conf.CLERK_ON_USER_DELETED != "deactivate"
    if choice == "none" or (forgets and _is_gone(user_id, using)):
        return {"payload": None, "is_whole": False}
    stored = without_secrets(event.payload)
    if choice == "redacted":
        return {"payload": redacted(stored), "is_whole": False}
    return {"payload": without_bystanders(stored)} if forgets else {}


def _is_gone(user_id: str, using: str) -> bool:
    deleted = ClerkUser.objects.using(using).filter(clerk_id=user_id).exclude(deleted_at=None)
    return bool(user_id) and deleted.exists()


def _note_failure(svix_id: str, error: Exception, using: str) -> None:
    """Write down why an event has had no effect yet, unless another process has applied it meanwhile."""
    said = _describe(error)
    logger.error("Event %s was not applied: %s", svix_id, said)
    unfinished = _rows(svix_id, using).filter(state__in=ClerkWebhookEvent.UNFINISHED)
    try:
        transactions.run(
            lambda: unfinished.update(attempts=F("attempts") + 1, state=State.FAILED, error=said), using=using
        )
    except DatabaseError as second:  # the row says "received", and so the event is still to be applied
        logger.error("That could not be noted in the inbox: %s", _describe(second))


def _describe(error: Exception) -> str:
    """Say what was raised and where. Only our own exceptions are quoted: in others' messages there may be people."""
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    place = f"{name} in {_place(error)}."
    is_ours = isinstance(error, ClerkError) and kind.__module__ == ClerkError.__module__
    return (f"{place} {error}" if is_ours else place)[:_LONGEST_ERROR]


def _place(error: Exception) -> str:
    """Return the innermost line that is neither Django's nor a database driver's: a receiver's, where one failed."""
    frames = [
        (str(frame.f_globals.get("__name__")), frame.f_code.co_name, line)
        for frame, line in traceback.walk_tb(error.__traceback__)
    ]
    ours = [frame for frame in frames if frame[0].partition(".")[0] not in _OTHERS]
    module, function, line = (ours or frames)[-1]
    return f"{module}.{function}, line {line}"


def _rows(svix_id: str, using: str) -> QuerySet[ClerkWebhookEvent]:
    """Return the query for one event's row."""
    return ClerkWebhookEvent.objects.using(using).filter(svix_id=svix_id)
