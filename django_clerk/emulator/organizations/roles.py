"""The roles and permissions that every instance of Clerk begins with. Others cannot be made here."""

from __future__ import annotations

from django_clerk.emulator.documents import Document
from django_clerk.emulator.exchange import Problem

CREATOR = "org:admin"  #: what whoever creates an organization becomes
MEMBER = "org:member"

_MADE_AT = 1_640_995_200_000  # milliseconds; the same ones in every instance
_PERMISSIONS = {
    "org:sys_profile:manage": ("Manage organization", "Change the organization's profile."),
    "org:sys_profile:delete": ("Delete organization", "Delete the organization."),
    "org:sys_memberships:read": ("Read members", "See who is a member."),
    "org:sys_memberships:manage": ("Manage members", "Invite members, remove them, and change their roles."),
    "org:sys_domains:read": ("Read domains", "See the verified domains."),
    "org:sys_domains:manage": ("Manage domains", "Add verified domains and remove them."),
    "org:sys_billing:read": ("Read billing", "See what is paid."),
    "org:sys_billing:manage": ("Manage billing", "Change what is paid."),
}
_ROLES = {
    CREATOR: ("Admin", "May do everything.", tuple(_PERMISSIONS)),
    MEMBER: ("Member", "May see who belongs to it.", ("org:sys_memberships:read", "org:sys_billing:read")),
}


def permissions() -> list[Document]:
    return [_permission(key) for key in _PERMISSIONS]


def roles() -> list[Document]:
    return [role(key) for key in _ROLES]


def role(key: str) -> Document:
    """Return a role by its key. Raises Problem (404) for one that the instance does not have."""
    if key not in _ROLES:
        raise Problem.of(404, "resource_not_found", "not found", f"No role was found with key {key}.", param="role")
    name, description, granted = _ROLES[key]
    return {
        "object": "role",
        "id": f"role_{key.removeprefix('org:')}",
        "name": name,
        "key": key,
        "description": description,
        "is_creator_eligible": key == CREATOR,
        "permissions": [_permission(permission) for permission in granted],
        "created_at": _MADE_AT,
        "updated_at": _MADE_AT,
    }


def granted_by(key: str) -> list[str]:
    """Return the keys of a role's permissions. Raises Problem (404) for an unknown role."""
    return [permission["key"] for permission in role(key)["permissions"]]


def _permission(key: str) -> Document:
    name, description = _PERMISSIONS[key]
    return {
        "object": "permission",
        "id": "perm_" + key.removeprefix("org:").replace(":", "_"),
        "name": name,
        "key": key,
        "description": description,
        "type": "system",
        "created_at": _MADE_AT,
        "updated_at": _MADE_AT,
    }
