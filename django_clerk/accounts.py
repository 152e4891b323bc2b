"""The Django users behind Clerk users: created, kept up to date, disabled, anonymized."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import IntegrityError, connections, transaction
from django.db.models.signals import post_save, pre_save
from django.utils.crypto import get_random_string

from .core.profiles import Profile
from .usermodel import field, is_constrained, is_unique, max_length

logger = logging.getLogger("django_clerk")

_NO_ADDRESS = "@clerk.invalid"  # a top-level domain that will never get mail (RFC 2606)


def create_users(profiles: Sequence[Profile], *, using: str) -> dict[str, Any]:
    """
    Create a Django user for each profile. Returns them by Clerk id.

    In bulk where nothing listens to the model's save(); one by one where something does, or where a row is refused.
    """
    taken = taken_addresses(profiles, using=using)
    if len(profiles) > 1 and _can_write_in_bulk():
        users = {profile.clerk_id: _new_user(profile, taken) for profile in profiles}
        try:
            with transaction.atomic(using=using):
                get_user_model()._base_manager.using(using).bulk_create(users.values())
                return _with_keys(users, using)
        except IntegrityError:
            logger.info("Django users could not be created in bulk; creating them one by one.")
    return {profile.clerk_id: _insert(profile, taken, using) for profile in profiles}


def update_user(
    user: Any, profile: Profile, *, before: Profile | None = None, taken: frozenset[str] = frozenset()
) -> list[str]:
    """
    Give a Django user the name and the verified address that Clerk has. Returns the fields changed, unsaved.

    What Clerk has never had is left as it is; what it had ``before`` and has no more goes here as well.
    """
    had = before or Profile(clerk_id=profile.clerk_id)
    wanted = {name: getattr(profile, name) for name in ("first_name", "last_name")}
    wanted = {name: value for name, value in wanted.items() if value or getattr(had, name)}
    email = user.get_email_field_name()
    address = getattr(user, email, None)
    is_given_up = had.email not in ("", profile.email) and address == had.email
    user._clerk_spare_address = "" if is_given_up else address  # what is left where the database refuses another
    if profile.email_verified and profile.email.lower() not in taken and len(profile.email) <= max_length(email):
        wanted[email] = profile.email
    elif is_given_up and (profile.email_verified or not profile.email):
        wanted[email] = _no_address(profile.clerk_id)
    changed = []
    for name, value in wanted.items():
        value = value[: max_length(name)]
        if field(name) is not None and getattr(user, name) != value:
            setattr(user, name, value)
            changed.append(name)
    return changed


def save_users(users: Iterable[tuple[Any, list[str]]], *, using: str) -> None:
    """Save the named fields of each user, and no others; in bulk where nothing listens to the model's save()."""
    changed = [(user, sorted(fields)) for user, fields in users if fields]
    if len(changed) > 1 and _can_write_in_bulk():
        try:
            with transaction.atomic(using=using):
                # By fields: whoever is not to be enabled or disabled may have been so by somebody else a moment ago.
                for fields, group in groupby(sorted(changed, key=itemgetter(1)), key=itemgetter(1)):
                    get_user_model()._base_manager.using(using).bulk_update([user for user, _ in group], fields)
            return
        except IntegrityError:
            logger.info("Django users could not be saved in bulk; saving them one by one.")
    for user, fields in changed:
        _update(user, fields, using)


def taken_addresses(profiles: Sequence[Profile], *, using: str, owners: Iterable[Any] = ()) -> frozenset[str]:
    """
    Return the addresses, in lower case, that others than the owners hold, where no two users may hold one.

    Not the last word, which the database has: a constraint of the project's own may say more.
    """
    model = get_user_model()
    email = model.get_email_field_name()
    wanted = {profile.email for profile in profiles if profile.email and profile.email_verified}
    if not wanted or not is_unique(email):
        return frozenset()
    users = model._base_manager.using(using).exclude(pk__in=[user.pk for user in owners])
    return frozenset(
        address.lower() for address in users.filter(**{f"{email}__in": wanted}).values_list(email, flat=True)
    )


def is_made_for(user: Any, clerk_id: str) -> bool:
    """Tell whether a Django user was made here for a Clerk user, by the name, which then holds the id."""
    return clerk_id.lower() in str(user.get_username()).lower()


def is_ordinary(user: Any) -> bool:
    """Tell whether nobody has disabled a Django user, nor given more rights than everybody has."""
    has_rights = getattr(user, "is_staff", False) or getattr(user, "is_superuser", False)
    return bool(user.is_active) and not has_rights


def is_as_made(user: Any) -> bool:
    """Tell whether all that a Django user says of itself, beside what Clerk tells, is what its model begins with."""
    told = {user.USERNAME_FIELD, user.get_email_field_name(), "first_name", "last_name", "password", "last_login"}
    rest = [column for column in user._meta.concrete_fields if column.name not in told and not column.primary_key]
    fixed = [column for column in rest if not callable(column.default) and not getattr(column, "auto_now_add", False)]
    return all(getattr(user, column.attname) == column.get_default() for column in fixed)


def lock(keys: Collection[Any], *, using: str) -> dict[Any, Any]:
    """
    Return Django users by primary key, locked until the transaction ends, in one order.

    Whoever locks rows of ours as well has locked those before.
    """
    # Others may refer to the users meanwhile, and no row but theirs is locked, whatever a project's manager joins.
    no_key = connections[using].features.has_select_for_no_key_update
    users = get_user_model()._base_manager.using(using).select_related(None).select_for_update(no_key=no_key)
    return {user.pk: user for user in users.filter(pk__in=keys).order_by("pk")}


def forget_password(user: Any) -> list[str]:
    """Let a password open nothing any more, nor the sessions it has begun. Returns the fields changed, unsaved."""
    if field("password") is None or not user.has_usable_password():
        return []
    user.set_unusable_password()
    return ["password"]


def set_active(user: Any, active: bool) -> list[str]:
    """Enable or disable a Django user. Returns the fields changed, unsaved: none where the model cannot disable."""
    if field("is_active") is None or user.is_active is active:
        return []
    user.is_active = active
    return ["is_active"]


def anonymize(user: Any, suffix: str = "") -> list[str]:
    """Take the person out of a Django user. Returns the fields changed, unsaved."""
    user.set_unusable_password()
    email, username = user.get_email_field_name(), user.USERNAME_FIELD
    nobody = f"deleted-{user.pk}{suffix}"
    names = {username: nobody, email: nobody + _NO_ADDRESS}  # in this order, for those who sign in by address
    blank = {"password": user.password, "first_name": "", "last_name": ""}
    blank |= {name: value[-max_length(name) :] for name, value in names.items()}
    changed = [name for name in blank if field(name) is not None]
    for name in changed:
        setattr(user, name, blank[name])
    return changed


def save_anonymized(user: Any, fields: list[str], *, using: str) -> None:
    """Save the named fields of an anonymized user, who gets another name where somebody has taken that of nobody."""
    try:
        with transaction.atomic(using=using):
            user.save(using=using, update_fields=fields)
    except IntegrityError:
        anonymize(user, f"-{get_random_string(8)}")
        user.save(using=using, update_fields=fields)


def _new_user(profile: Profile, taken: frozenset[str], suffix: str = "") -> Any:
    model = get_user_model()
    user = model()
    username, email = model.USERNAME_FIELD, model.get_email_field_name()
    # Clerk's usernames can change hands; its ids cannot.
    setattr(user, username, (profile.clerk_id + suffix)[-max_length(username) :])
    if field(email) is not None:
        # With a suffix the database has refused the first try, perhaps by an index that Django knows nothing of.
        setattr(user, email, _placeholder(profile.clerk_id + suffix) if suffix else _no_address(profile.clerk_id))
    update_user(user, profile, taken=taken)
    user.set_unusable_password()
    return user


def _insert(profile: Profile, taken: frozenset[str], using: str) -> Any:
    user = _new_user(profile, taken)
    try:
        with transaction.atomic(using=using):
            user.save(using=using, force_insert=True)
    except IntegrityError:
        logger.warning("Django user for %s: the address or the name is taken, so it goes without.", profile.clerk_id)
        user = _new_user(profile, taken | {profile.email.lower()}, suffix=f"-{get_random_string(8)}")
        user.save(using=using, force_insert=True)
    return user


def _update(user: Any, fields: list[str], using: str) -> None:
    email = user.get_email_field_name()
    if email not in fields:
        user.save(using=using, update_fields=fields)
        return
    try:
        with transaction.atomic(using=using):
            user.save(using=using, update_fields=fields)
    except IntegrityError:
        logger.warning("Django user %s: the new address is taken, so it goes without.", user.pk)
        setattr(user, email, user._clerk_spare_address or _placeholder(get_random_string(12)))
        user.save(using=using, update_fields=fields)


def _no_address(name: str) -> str:
    """Return what stands for an address where there is none: where no two users may hold one, not even none."""
    email = get_user_model().get_email_field_name()
    return _placeholder(name) if is_unique(email) or is_constrained(email) else ""


def _placeholder(name: str) -> str:
    return (name.lower() + _NO_ADDRESS)[-max_length(get_user_model().get_email_field_name()) :]


def _with_keys(users: dict[str, Any], using: str) -> dict[str, Any]:
    """MySQL does not tell the keys of rows created in bulk: look them up by the name that was just given."""
    if all(user.pk is not None for user in users.values()):
        return users
    model = get_user_model()
    names = {user.get_username(): clerk_id for clerk_id, user in users.items()}
    stored = model._base_manager.using(using).filter(**{f"{model.USERNAME_FIELD}__in": list(names)})
    return {names[user.get_username()]: user for user in stored if user.get_username() in names}


def _can_write_in_bulk() -> bool:
    model = get_user_model()
    listened_to = any(signal.has_listeners(model) for signal in (pre_save, post_save))
    overridden = model.save is not AbstractBaseUser.save
    return not (listened_to or overridden or model._meta.parents)  # a model with a parent table has no bulk_create()
