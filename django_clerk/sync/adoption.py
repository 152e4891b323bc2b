"""Giving a Clerk user who was made from a Django user to that Django user."""

from __future__ import annotations

from typing import Any

from django_clerk import accounts, rows, transactions
from django_clerk.core.profiles import Profile
from django_clerk.models import ClerkUser

from .removal import delete
from .users import USERS, apply_profiles, better_informed


class AdoptionRefused(Exception):
    """The link would be over another one. Nothing was changed."""


def adopt(profile: Profile, user: Any) -> None:
    """
    Link a Django user, staff or not, to a Clerk user, and store the profile. Raises AdoptionRefused.

    The webhook may have been faster, and has then made another Django user of the same address. While nobody has ever
    signed in as that one, it is removed. No other link is ever replaced.
    """
    using = rows.database()
    is_known = bool(USERS.keys([profile.clerk_id], using))

    def link() -> None:
        USERS.insert([] if is_known else [ClerkUser(clerk_id=profile.clerk_id)], using)
        row = USERS.lock([profile.clerk_id], using)[profile.clerk_id]
        other = None if row.user_id == user.pk else row.user
        if row.deleted_at is not None:
            raise AdoptionRefused("the Clerk user was deleted")
        if other is not None and not _is_double(other, profile, user):
            raise AdoptionRefused("the Clerk user is linked to another user")
        if ClerkUser.objects.using(using).filter(user=user.pk).exclude(pk=row.pk).exists():
            raise AdoptionRefused("the user is linked to another Clerk user")
        told = better_informed(row, profile)
        # As if nothing had been told: whoever listens is to hear of this user, and a ban has disabled the other one.
        row.user, row.synced_at, row.banned, row.disabled_by_sync, row.granted = user, None, False, False, {}
        row.save(using=using, update_fields=["user", "synced_at", "banned", "disabled_by_sync", "granted"])
        if other is not None and not delete(other, using=using):
            raise AdoptionRefused("the user that the webhook made is needed by other rows")
        apply_profiles([told])

    transactions.run(link, using=using)


def _is_double(other: Any, profile: Profile, user: Any) -> bool:
    """Tell whether a Django user is nobody but what a webhook made of another one's Clerk user."""
    address = str(getattr(user, user.get_email_field_name(), None) or "")
    has_signed_in = profile.last_sign_in_at is not None or other.last_login is not None
    is_same = bool(profile.email) and profile.email.lower() == address.strip().lower()
    return is_same and not has_signed_in and accounts.is_made_for(other, profile.clerk_id)
