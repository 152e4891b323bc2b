"""Bring Django's users to Clerk: for a project whose people have signed in by django.contrib.auth so far."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from datetime import timezone as utc
from typing import Any

from django.contrib.auth import get_user_model
from django.utils import timezone

from .api import ClerkClient
from .core.passwords import read_digest
from .core.profiles import read_profile
from .exceptions import APIConflict, APIInvalid
from .models import ClerkUser
from .rows import database
from .sync import AdoptionRefused, adopt

_PAGE = 500  # users read at once


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Who is exported, and what is said of their addresses."""

    staff: bool = False  #: staff and superusers as well
    inactive: bool = False  #: the inactive as well; Clerk gets them banned
    verified: bool = False  #: the project has verified the addresses; otherwise Clerk does, at the first sign-in


@dataclass
class Report:
    """What a run did. ``failed`` has the reason by primary key, in words that hold no personal data."""

    created: int = 0
    linked: int = 0  #: to a Clerk user that had the key as its external id already
    without_password: int = 0  #: among the created: Clerk does not take their hash, or they had none
    skipped_linked: int = 0
    skipped_staff: int = 0
    skipped_inactive: int = 0
    failed: dict[str, str] = field(default_factory=dict)


def export_users(client: ClerkClient | None, report: Report, choice: Choice) -> None:
    """
    Create a Clerk user for each Django user without one, link them, and fill in ``report`` on the way.

    Without a client nothing is asked or written, and the report says what a run would try. Safe to run again: it goes
    on where it was interrupted. Raises the APIError that ends a run early; what Clerk refuses for one user does not.
    """
    using = database()
    report.skipped_linked = ClerkUser.objects.using(using).filter(user__isnull=False).count()
    for user in _unlinked(using):
        if not choice.staff and (getattr(user, "is_staff", False) or getattr(user, "is_superuser", False)):
            report.skipped_staff += 1
        elif not choice.inactive and not user.is_active:
            report.skipped_inactive += 1
        else:
            _export(client, user, report, choice)


def _export(client: ClerkClient | None, user: Any, report: Report, choice: Choice) -> None:
    fields = _fields(user, choice)
    if not fields["email_address"]:
        report.failed[str(user.pk)] = "has no e-mail address"
        return
    try:
        is_new = client is None or _create(client, user, fields)
    except (APIInvalid, APIConflict) as error:
        report.failed[str(user.pk)] = _reason(error)
    except AdoptionRefused as error:
        report.failed[str(user.pk)] = str(error)
    else:
        report.created += is_new
        report.linked += not is_new
        report.without_password += is_new and "password_digest" not in fields


def _create(client: ClerkClient, user: Any, fields: dict[str, Any]) -> bool:
    """Create and link the Clerk user, or link the one that is there. Returns whether it is new."""
    client.pace.wait()
    asked_at = datetime.now(utc.utc)
    try:
        told: Any = client.create_user(**fields)
        is_new = True
    except (APIInvalid, APIConflict):
        told, is_new = _find(client, fields["external_id"]), False
        if told is None:
            raise
    adopt(read_profile(told, told_at=asked_at), user)
    return is_new


def _find(client: ClerkClient, external_id: str) -> Any | None:
    """Return the Clerk user with an external id: the one of a run that was interrupted, or of another migration."""
    pages = client.users(external_id=f"+{external_id}")  # Clerk's sign for "with this one"
    return next(
        (item for page in pages for item in page if isinstance(item, dict) and item.get("external_id") == external_id),
        None,
    )


def _fields(user: Any, choice: Choice) -> dict[str, Any]:
    """Return what Clerk is told of a user."""
    address = str(getattr(user, user.get_email_field_name(), None) or "").strip()
    fields: dict[str, Any] = {
        "external_id": str(user.pk),
        "email_address": [address] if address else [],
        "email_address_identification_status": ["verified" if choice.verified else "reserved"] if address else [],
        "skip_legal_checks": True,
    }
    fields |= {name: value for name in ("first_name", "last_name") if (value := getattr(user, name, ""))}
    if isinstance(joined := getattr(user, "date_joined", None), datetime):
        aware = timezone.make_aware(joined) if timezone.is_naive(joined) else joined
        fields["created_at"] = aware.astimezone(utc.utc).isoformat(timespec="milliseconds")
    if not user.is_active:
        fields["banned"] = True
    if digest := read_digest(user.password):
        fields |= {"password_digest": digest.digest, "password_hasher": digest.hasher}
    else:
        fields["skip_password_requirement"] = True
    return fields


def _unlinked(using: str) -> Iterator[Any]:
    """Yield the users without a Clerk user, by primary key, a page in memory at a time."""
    users = get_user_model()._base_manager.using(using).filter(clerk=None).order_by("pk")
    page = list(users[:_PAGE])
    while page:
        yield from page
        page = list(users.filter(pk__gt=page[-1].pk)[:_PAGE])


def _reason(error: APIInvalid | APIConflict) -> str:
    """Return Clerk's code, which names no person, and the parameter that it is about."""
    name = error.param_name if isinstance(error, APIInvalid) else None
    return " ".join(filter(None, (error.code or f"status {error.status}", name and f"({name})")))
