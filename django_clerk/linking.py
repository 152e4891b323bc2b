"""Which existing Django user a Clerk user may take over: the rules, and nothing else."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db.models.functions import Lower

from . import accounts
from .conf import conf
from .core.profiles import Profile
from .models import ClerkUser

logger = logging.getLogger("django_clerk")


@dataclass(frozen=True)
class Link:
    """An existing Django user, locked, and by what they were found."""

    user: Any
    by_address: bool


def find_links(profiles: Sequence[Profile], *, using: str) -> dict[str, Link]:
    """
    Return the existing Django users that these Clerk users may take over, by Clerk id.

    Both ways are off by default: ``external_id`` as primary key (CLERK_LINK_EXTERNAL_ID) and the verified primary
    address (CLERK_LINK_VERIFIED_EMAIL). Never staff or superusers, never somebody who is linked, never one of several.
    An inactive user is linked, and stays inactive: otherwise signing in by Clerk would get around being disabled.
    """
    by_key = _find_by_key(profiles, using) if conf.CLERK_LINK_EXTERNAL_ID else {}
    others = [profile for profile in profiles if profile.clerk_id not in by_key]
    found = by_key | (_find_by_address(others, using) if conf.CLERK_LINK_VERIFIED_EMAIL else {})
    rows = ClerkUser._base_manager.using(using).filter(user__in=set(found.values()))
    linked = set(rows.values_list("user_id", flat=True))
    users = accounts.lock(set(found.values()) - linked, using=using)
    links: dict[str, Link] = {}
    for clerk_id, key in found.items():
        user = users.get(key)
        if user is None or getattr(user, "is_staff", False) or getattr(user, "is_superuser", False) or key in linked:
            logger.warning("Clerk user %s is not linked: the matching user is staff, or linked already.", clerk_id)
            continue
        linked.add(key)
        links[clerk_id] = Link(user, by_address=clerk_id not in by_key)
    return links


def _find_by_key(profiles: Iterable[Profile], using: str) -> dict[str, Any]:
    """Return the primary keys of the users whom external ids name, by Clerk id."""
    named = {profile.clerk_id: _key(profile.external_id) for profile in profiles if profile.external_id}
    keys = {key for key in named.values() if key is not None}
    users = get_user_model()._base_manager.using(using).filter(pk__in=keys)
    found = set(users.values_list("pk", flat=True)) if keys else set()
    return {clerk_id: key for clerk_id, key in named.items() if key in found}


def _key(external_id: str) -> Any | None:
    field: Any = get_user_model()._meta.pk
    while field.remote_field is not None:  # the key of a model with a parent table is that of the parent
        field = field.target_field
    try:
        key = field.to_python(external_id)
        field.run_validators(key)  # databases refuse to look for a number that is too large for them
    except ValidationError:
        return None
    # "007" is not the key 7: who chooses external ids must not have several spellings of one user.
    return key if str(key) == external_id else None


def _find_by_address(profiles: Iterable[Profile], using: str) -> dict[str, Any]:
    """
    Return the primary keys of the users who alone have the verified address of a profile, by Clerk id.

    Databases fold letters that are not the same (a Kelvin sign is a k): only ASCII addresses may differ in case.
    """
    wanted = {
        profile.clerk_id: _fold(profile.email) for profile in profiles if profile.email and profile.email_verified
    }
    holders: dict[str, set[Any]] = {}
    for key, address in _holders(set(wanted.values()), using):
        holders.setdefault(_fold(address), set()).add(key)
    only = {address: next(iter(keys)) for address, keys in holders.items() if len(keys) == 1}
    return {clerk_id: only[address] for clerk_id, address in wanted.items() if address in only}


def _holders(addresses: Collection[str], using: str) -> list[tuple[Any, str]]:
    """Return the primary keys and the addresses of all who may have one of these: one query for a whole page."""
    model = get_user_model()
    name = model.get_email_field_name()
    users, found = model._base_manager.using(using), []
    if in_any_case := {address for address in addresses if address.isascii()}:
        lower = users.annotate(_clerk_address=Lower(name)).filter(_clerk_address__in=in_any_case)
        found += list(lower.values_list("pk", name))
    if as_written := {address for address in addresses if not address.isascii()}:
        found += list(users.filter(**{f"{name}__in": as_written}).values_list("pk", name))
    return found


def _fold(email: str) -> str:
    return email.lower() if email.isascii() else email
