"""The authentication backend: a verified identity becomes a Django user, or nobody."""

from __future__ import annotations

import logging
import time
from datetime import datetime, timezone
from typing import Any

from asgiref.sync import sync_to_async
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.dispatch import receiver
from django.http import HttpRequest

from .conf import conf
from .core.auth import Auth
from .core.profiles import Profile, read_profile
from .exceptions import APIError, APINotFound
from .identify import identify
from .lookup import find_users
from .models import ClerkUser
from .permissions import TokenPermissionsBackend
from .rows import database
from .sync import apply_profiles
from .wiring import get_client

logger = logging.getLogger("django_clerk")

#: Seconds that the Backend API may take at the first sight of a user. Then the token has to do.
PROVISION_DEADLINE = 1.0
_UNKNOWN_FOR = 60  #: seconds for which "no such user" is believed; a token does not live longer
_MOST_UNKNOWN = 1000
_unknown_until: dict[str, float] = {}


class ClerkBackend(TokenPermissionsBackend):
    """
    Signs in the Django user of a Clerk session.

    Its keyword is its own, so Django never hands it a password, and people are found by Clerk's id, never by a name or
    an address. Django's own permissions work as with ModelBackend; "org:…" permissions come from the session token.
    """

    def authenticate(  # type: ignore[override]
        self, request: HttpRequest | None, *, clerk_auth: Auth | None = None
    ) -> Any | None:
        """
        Return the active user behind a verified identity (that of the request, unless given), or None.

        A user seen for the first time is created as CLERK_PROVISION_USERS says. Deleted, banned, locked and inactive
        users are nobody.
        """
        auth = clerk_auth if clerk_auth is not None else _auth_of(request)
        if auth.user_id is None:
            return None
        users = find_users(auth.user_id)
        if not users:
            provision(auth.user_id)
            users = find_users(auth.user_id, using=database())  # where they are created: a replica may be late
        return self._admit(users, auth)

    async def aauthenticate(  # type: ignore[override]
        self, request: HttpRequest | None, *, clerk_auth: Auth | None = None
    ) -> Any | None:
        """Do what authenticate() does."""
        auth = clerk_auth if clerk_auth is not None else _auth_of(request)
        if auth.user_id is None:
            return None
        users = await sync_to_async(find_users)(auth.user_id)
        if not users:
            await sync_to_async(provision)(auth.user_id)
            users = await sync_to_async(find_users)(auth.user_id, using=database())
        return self._admit(users, auth)

    def get_user(self, user_id: Any) -> Any | None:
        """Return a user by primary key, or None: for Django sessions, where Clerk's bans count as well."""
        user = super().get_user(user_id)
        row = getattr(user, "clerk", None)
        return user if row is None or row.may_sign_in else None

    async def aget_user(self, user_id: Any) -> Any | None:
        """Do what get_user() does."""
        return await sync_to_async(self.get_user)(user_id)

    def _admit(self, users: list[Any], auth: Auth) -> Any | None:
        for user in users:
            if (
                user._clerk_clerk_id == auth.user_id  # some databases take one letter case for the other
                and user._clerk_deleted_at is None
                and not user._clerk_banned
                and not user._clerk_locked
                and self.user_can_authenticate(user)
            ):
                user.clerk_auth = auth
                user.backend = f"{type(self).__module__}.{type(self).__qualname__}"
                return user
        return None


def provision(clerk_id: str) -> None:
    """Create the user of a verified token that is seen for the first time, as CLERK_PROVISION_USERS says."""
    mode = conf.CLERK_PROVISION_USERS
    row = ClerkUser.objects.using(database()).filter(clerk_id=clerk_id).first()
    if mode == "never" or (row is not None and (row.user_id is not None or row.deleted_at is not None)):
        return  # deleted, or hidden by the project's own manager
    profile = Profile(clerk_id=clerk_id, is_complete=False)
    if mode == "api":
        if time.monotonic() < _unknown_until.get(clerk_id, 0):
            return
        asked_at = datetime.now(timezone.utc)
        try:
            answer = get_client().get_user(clerk_id, deadline=PROVISION_DEADLINE, attempts=1)
            profile = read_profile(answer, told_at=asked_at)
        except APINotFound:
            logger.warning("User %s has a valid token and is not known to Clerk: deleted a moment ago.", clerk_id)
            _remember_unknown(clerk_id)
            return
        except (APIError, ImproperlyConfigured, ValueError) as error:  # nobody is locked out because an API is slow
            logger.warning("User %s is created from the token alone; a sync fills in the rest. %s", clerk_id, error)
    apply_profiles([profile])


def _remember_unknown(clerk_id: str) -> None:
    if len(_unknown_until) >= _MOST_UNKNOWN:
        _unknown_until.clear()
    _unknown_until[clerk_id] = time.monotonic() + _UNKNOWN_FOR


@receiver(setting_changed)
def _forget_unknown(*, setting: str, **kwargs: Any) -> None:
    if setting.startswith("CLERK_"):  # another instance knows other users
        _unknown_until.clear()


def _auth_of(request: HttpRequest | None) -> Auth:
    return identify(request) if request is not None else Auth()
