"""
Sessions that ended before their last token expires, in Django's cache, for CLERK_REVOKE_SESSIONS.

An entry lives as long as a token may that was made before: CLERK_TOKEN_LIFETIME, and the clocks' difference. A cache
that does not work leaves everything as it is without this list: a token then serves until it expires, and whoever is
banned or deleted is refused by the row in the database. Nobody is signed out, and no event is lost, because a cache is
down.
"""

from __future__ import annotations

import hashlib
import logging
import math
import time
from typing import Any, TypeGuard

from django.core.cache import cache

from .conf import conf
from .core.deliveries import Event
from .core.profiles import is_user_id
from .core.rules import is_session_id
from .exceptions import WebhookRejected

logger = logging.getLogger("django_clerk")

_ENDS = frozenset({"session.ended", "session.removed", "session.revoked"})
#: Seconds since the epoch, later than any token is made: what is over for ever is over whenever a token was made.
_FOR_EVER = 10**11


def follow_ends(*, event: Event, **kwargs: Any) -> None:
    """
    Follow the ends of sessions, and users who are banned or deleted. Raises WebhookRejected for an event without an id.

    It does not wait for the transaction to commit: the event is Clerk's, whatever becomes of it here. An end that is
    known too early harms nobody, one that is known too late does.
    """
    if not conf.CLERK_REVOKE_SESSIONS:
        return
    subject: Any = event.data.get("id")
    if event.type in _ENDS:
        if not is_session_id(subject):
            raise WebhookRejected("The event is about no session: it has no id of the form sess_….")
        _revoke(subject, _FOR_EVER)
    elif event.type == "user.deleted" and is_user_id(subject):
        _revoke(subject, _FOR_EVER)
    elif event.type == "user.updated" and is_user_id(subject) and event.data.get("banned") is True:
        # Who is let in again signs in again, and has a token that was made later.
        _revoke(subject, event.occurred_at.timestamp() if event.occurred_at is not None else time.time())


def end(session_id: str) -> None:
    """Refuse a session from now on, where CLERK_REVOKE_SESSIONS says so."""
    if conf.CLERK_REVOKE_SESSIONS:
        _revoke(session_id, _FOR_EVER)


def is_revoked(session_id: str, user_id: str, issued_at: float) -> bool:
    """Tell whether a verified token is of a session that has ended since, or of a user who is out. One cache read."""
    try:
        found = cache.get_many([_key(session_id), _key(user_id)])
        return any(issued_at <= revoked_at for revoked_at in found.values() if _is_time(revoked_at))
    except Exception as error:  # noqa: BLE001 - each cache has its own, and people must sign in without it
        logger.warning("Django's cache cannot be read (%s): ended sessions last until they expire.", _name(error))
        return False


def _revoke(subject: str, revoked_at: float) -> None:
    key = _key(subject)
    try:
        held = cache.get(key)
        if not _is_time(held) or held <= revoked_at:  # an older event may arrive later
            cache.set(key, revoked_at, math.ceil(conf.CLERK_TOKEN_LIFETIME + conf.CLERK_CLOCK_SKEW) + 1)
    except Exception as error:  # noqa: BLE001 - as above
        logger.error("Django's cache cannot be written (%s): an ended session lasts until it expires.", _name(error))


def _key(subject: str) -> str:
    """Return the key of a session or user. It carries the instance: staging and production may share a cache."""
    instance = conf.CLERK_PUBLISHABLE_KEY or conf.CLERK_SECRET_KEY or ""
    return f"django_clerk:ended:{hashlib.sha256(instance.encode()).hexdigest()[:16]}:{subject}"


def _is_time(value: object) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0


def _name(error: Exception) -> str:
    return type(error).__name__
