"""Do the roles that give rights in Django say what was meant?"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.core.checks import CheckMessage, Error, Warning
from django.core.exceptions import ImproperlyConfigured

from django_clerk.conf import conf
from django_clerk.privileges import find_groups, user_fields
from django_clerk.rows import database

#: First names of CLERK_ROLE_CLAIM under which a session token carries public metadata by custom.
_PUBLIC_METADATA = ("metadata", "public_metadata", "publicMetadata")


def check_privileges() -> list[CheckMessage]:
    """Only application roles give rights, and the user model must have a place for them."""
    mapped = _mapped_roles()
    hint = "Name application roles, from public metadata, such as admin. A role in an organization gives nothing here."
    found: list[CheckMessage] = [
        Error(f'{setting} names "{role}", which is a role in an organization.', hint=hint, id="django_clerk.E060")
        for setting, roles in mapped.items()
        for role in sorted(roles)
        if role.startswith("org:")
    ]
    places = {"CLERK_STAFF_ROLES": "is_staff", "CLERK_SUPERUSER_ROLES": "is_superuser", "CLERK_ROLE_GROUPS": "groups"}
    found += [
        Error(
            f'{setting} is set, and the user model has no field "{places[setting]}".',
            hint="Leave the setting empty, or derive the user model from PermissionsMixin.",
            id="django_clerk.E061",
        )
        for setting, roles in mapped.items()
        if roles and places[setting] not in user_fields()
    ]
    if left_out := sorted(mapped["CLERK_SUPERUSER_ROLES"] - mapped["CLERK_STAFF_ROLES"]):
        message = (
            f"CLERK_SUPERUSER_ROLES makes superusers who cannot enter the admin, by the role {', '.join(left_out)}."
        )
        hint = "List the role in CLERK_STAFF_ROLES as well: Django's admin asks for is_staff, of superusers too."
        found.append(Warning(message, hint=hint, id="django_clerk.W060"))
    return found


def check_groups(databases: Collection[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Groups are not created by the sync. Asked with the database: by ``migrate`` and ``check --database default``."""
    try:
        names = {name for names in conf.CLERK_ROLE_GROUPS.values() for name in names}
    except ImproperlyConfigured:  # check_settings() says so
        return []
    if not names or "groups" not in user_fields() or database() not in (databases or ()):
        return []
    missing = sorted(names - find_groups(names, using=database()).keys())
    hint = "Create it, with the permissions it is for, in the admin or a migration. Then run sync_clerk_users."
    return [
        Warning(f'CLERK_ROLE_GROUPS names the group "{name}", which does not exist.', hint=hint, id="django_clerk.W061")
        for name in missing
    ]


def check_privileges_deployment() -> list[CheckMessage]:
    """Who becomes staff must not be a question of where a role is read, nor for how long it is remembered."""
    mapped = _mapped_roles()
    found: list[CheckMessage] = []
    path = conf.CLERK_ROLE_CLAIM
    if (mapped["CLERK_STAFF_ROLES"] or mapped["CLERK_SUPERUSER_ROLES"]) and not path.startswith(
        tuple(f"{name}." for name in _PUBLIC_METADATA)
    ):
        message = f'CLERK_ROLE_CLAIM is "{path}": a session token may fill it from elsewhere than public metadata.'
        hint = 'Read "metadata.role", with {"metadata": "{{user.public_metadata}}"} in the session token.'
        found.append(Warning(message, hint=hint, id="django_clerk.W062"))
    if any(mapped.values()) and not conf.CLERK_WEBHOOK_SIGNING_SECRET:
        message = "Roles give rights in Django, and no webhook tells when a role is taken away."
        hint = "Set up the webhook with CLERK_WEBHOOK_SIGNING_SECRET, and run sync_clerk_users every night."
        found.append(Warning(message, hint=hint, id="django_clerk.W063"))
    return found


def _mapped_roles() -> dict[str, set[str]]:
    return {
        "CLERK_STAFF_ROLES": set(conf.CLERK_STAFF_ROLES),
        "CLERK_SUPERUSER_ROLES": set(conf.CLERK_SUPERUSER_ROLES),
        "CLERK_ROLE_GROUPS": set(conf.CLERK_ROLE_GROUPS),
    }
