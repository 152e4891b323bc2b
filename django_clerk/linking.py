"""Which existing Django user a Clerk user may take over: the rules, and nothing else."""

from __future__ import annotations

import logging
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError

from .conf import conf
from .core.profiles import Profile

logger = logging.getLogger("django_clerk")


def find_link(profile: Profile, *, using: str) -> Any | None:
    """
    Return the existing Django user that this Clerk user may take over, or None.

    Both ways are off by default: ``external_id`` as primary key (CLERK_LINK_EXTERNAL_ID) and the verified primary
    address (CLERK_LINK_VERIFIED_EMAIL). Never staff or superusers, never somebody who is linked, never one of several.
    An inactive user is linked, and stays inactive: otherwise signing in by Clerk would get around being disabled.
    """
    candidates: list[Any] = []
    if conf.CLERK_LINK_EXTERNAL_ID and profile.external_id:
        candidates = _users_by_key(profile.external_id, using)
    if not candidates and conf.CLERK_LINK_VERIFIED_EMAIL and profile.email and profile.email_verified:
        candidates = _users_by_email(profile.email, using)
    if len(candidates) != 1:
        return None
    user = candidates[0]
    if getattr(user, "is_staff", False) or getattr(user, "is_superuser", False) or hasattr(user, "clerk"):
        logger.warning("Clerk user %s is not linked: the matching user is staff, or linked already.", profile.clerk_id)
        return None
    return user


def _users_by_key(external_id: str, using: str) -> list[Any]:
    model = get_user_model()
    try:
        key = model._meta.pk.to_python(external_id)
    except ValidationError:
        return []
    # "007" is not the key 7: who chooses external ids must not have several spellings of one user.
    return list(model._base_manager.using(using).filter(pk=key)) if str(key) == external_id else []


def _users_by_email(email: str, using: str) -> list[Any]:
    """Databases fold letters that are not the same (a Kelvin sign is a k): only ASCII addresses may differ in case."""
    model = get_user_model()
    name = model.get_email_field_name()
    found = model._base_manager.using(using).filter(**{f"{name}__iexact": email})[:10]
    same = [user for user in found if _fold(getattr(user, name)) == _fold(email)]
    return same if len(found) < 10 else []


def _fold(email: str) -> str:
    return email.lower() if email.isascii() else email
