"""
What an application role gives in Django: the staff and superuser flags, and groups. Taken back when the role goes.

Only the role in public metadata counts, as the row has it; no token writes anything. ``ClerkUser.granted`` remembers
what was given, so that nothing is taken back that an administrator gave, nor given again that one has taken away.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.contrib.auth import get_user_model
from django.core.signals import setting_changed
from django.dispatch import receiver

from .conf import conf
from .models import ClerkUser

logger = logging.getLogger("django_clerk")

FLAGS = ("is_staff", "is_superuser")


@dataclass(frozen=True)
class Privileges:
    """What a role stands for, in names."""

    flags: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()


NONE = Privileges()


def privileges_of(role: str) -> Privileges:
    """Return what an application role stands for, as far as the user model has a place for it."""
    return _by_role().get(role, NONE)


def user_fields() -> frozenset[str]:
    """Return the names of the user model's fields."""
    meta = get_user_model()._meta
    return frozenset(field.name for field in (*meta.concrete_fields, *meta.many_to_many))


def is_settled(row: ClerkUser, role: str) -> bool:
    """Tell whether what a role stands for, by the settings of today, has been given to a row's user and no more."""
    wanted, granted = privileges_of(role), row.granted
    return wanted.flags == set(granted.get("flags", ())) and wanted.groups == set(granted.get("groups", ()))


def follow_roles(rows: Iterable[ClerkUser], using: str) -> list[tuple[Any, list[str]]]:
    """
    Give and take what the roles of locked rows say. Returns their users with the fields changed, unsaved.

    Groups are written at once. A group that does not exist is not created: whoever may create groups could have filled
    it before.
    """
    wanted = [(row, privileges_of(row.role)) for row in rows if not is_settled(row, row.role)]
    names = {name for _, privileges in wanted for name in privileges.groups}
    keys = find_groups(names, using=using)
    for name in sorted(names - keys.keys()):
        logger.error("CLERK_ROLE_GROUPS names the group %r, which does not exist. Nobody is put into it.", name)
    return [(row.user, _follow(row, privileges, keys)) for row, privileges in wanted]


def take_back(row: ClerkUser) -> list[str]:
    """Take from a row's user whatever a role gave. Returns the fields changed, unsaved."""
    return _follow(row, NONE, {})


def find_groups(names: Collection[str], *, using: str) -> dict[str, Any]:
    """Return the keys of the groups with these names, by name."""
    if not names:
        return {}
    groups = get_user_model()._meta.get_field("groups").related_model._base_manager.using(using)
    found = dict(groups.filter(name__in=names).values_list("name", "pk"))
    return {name: found[name] for name in names if name in found}  # some databases take one letter case for the other


@cache
def _by_role() -> dict[str, Privileges]:
    """Every row of a long list asks, so the settings are read once."""
    fields, groups = user_fields(), conf.CLERK_ROLE_GROUPS
    roles = {"is_staff": set(conf.CLERK_STAFF_ROLES), "is_superuser": set(conf.CLERK_SUPERUSER_ROLES)}
    return {
        role: Privileges(
            frozenset(flag for flag in FLAGS if flag in fields and role in roles[flag]),
            frozenset(groups.get(role, ()) if "groups" in fields else ()),
        )
        for role in {*roles["is_staff"], *roles["is_superuser"], *groups} - {""}
    }


@receiver(setting_changed)
def _forget(*, setting: str, **kwargs: Any) -> None:
    if setting.startswith("CLERK_") or setting == "AUTH_USER_MODEL":
        _by_role.cache_clear()


def _follow(row: ClerkUser, wanted: Privileges, keys: dict[str, Any]) -> list[str]:
    flags, changed = _follow_flags(row.user, row.granted.get("flags", {}), wanted.flags)
    groups = _follow_groups(row.user, row.granted.get("groups", {}), wanted.groups, keys)
    given = {"flags": flags, "groups": groups}
    row.granted = {kind: names for kind, names in given.items() if names}
    if changed:
        told = ", ".join(f"{flag}={getattr(row.user, flag)}" for flag in changed)
        logger.info("The role of %s has changed their rights in Django: %s.", row.clerk_id, told)
    return changed


def _follow_flags(user: Any, held: dict[str, bool], wanted: frozenset[str]) -> tuple[dict[str, bool], list[str]]:
    """Return which flags the role stands for, each with True where the user has it by the role, and what changed."""
    kept, changed = {}, []
    for flag in FLAGS:
        if flag in wanted:
            kept[flag] = held[flag] if flag in held else not getattr(user, flag)
        is_new = flag in wanted and flag not in held
        is_gone = flag in held and flag not in wanted
        if (is_new and kept[flag]) or (is_gone and held[flag] and getattr(user, flag)):
            setattr(user, flag, is_new)
            changed.append(flag)
    return kept, changed


def _follow_groups(user: Any, held: dict[str, Any], wanted: frozenset[str], keys: dict[str, Any]) -> dict[str, Any]:
    """Return the groups that the role stands for, each with its key where the user is in it by the role."""
    gone = [key for name, key in held.items() if name not in wanted and key is not None]
    if gone:
        user.groups.remove(*gone)
    new = {name: keys[name] for name in wanted if name not in held and name in keys}
    present = set(user.groups.filter(pk__in=new.values()).values_list("pk", flat=True)) if new else set()
    given = {name: None if key in present else key for name, key in new.items()}
    if missing := [key for key in given.values() if key is not None]:
        user.groups.add(*missing)
    return {**{name: key for name, key in held.items() if name in wanted}, **given}
