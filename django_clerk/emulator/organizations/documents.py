"""Organizations and memberships in the shape in which Clerk's Backend API serves them. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django_clerk.emulator.documents import Document, avatar
from django_clerk.emulator.identifiers import new_id
from django_clerk.emulator.users import merged, primary_email, primary_phone, touched

from . import roles

Parameters = Mapping[str, Any]

METADATA = ("public_metadata", "private_metadata")
_PLAIN = ("name", "slug", "max_allowed_memberships", "admin_delete_enabled", "role_set_key", "created_at")


def organization(parameters: Parameters, *, slug: str, now: int) -> Document:
    """Return a new organization. Times are in milliseconds; ``max_allowed_memberships`` 0 means as many as wanted."""
    organization_id = new_id("org")
    document: Document = {
        "object": "organization",
        "id": organization_id,
        "name": parameters["name"],
        "slug": slug,
        "image_url": avatar(organization_id, parameters["name"][:1]),
        "has_image": False,
        "max_allowed_memberships": parameters.get("max_allowed_memberships") or 0,
        "admin_delete_enabled": True,
        **{name: merged({}, parameters.get(name) or {}) for name in METADATA},
        "role_set_key": parameters.get("role_set_key") or "role_set:default",
        "last_active_at": now,
        "created_at": parameters.get("created_at") or now,
        "updated_at": max(now, parameters.get("created_at") or now),
    }
    if parameters.get("created_by"):
        document["created_by"] = parameters["created_by"]
    return document


def updated(document: Document, parameters: Parameters, *, now: int) -> Document:
    """Return the organization with the given attributes changed; null leaves one as it is."""
    given = {name: parameters[name] for name in _PLAIN if parameters.get(name) is not None}
    return touched({**document, **given}, now=now)


def with_metadata(document: Document, parameters: Parameters, *, replace: bool, now: int) -> Document:
    """Return an organization or a membership with metadata merged in, or put in its place; others stay as they are."""
    given = {
        name: parameters[name] if replace else merged(document[name], parameters[name])
        for name in METADATA
        if name in parameters
    }
    return touched({**document, **given}, now=now)


def membership(parameters: Parameters, *, now: int) -> Document:
    """Return a new membership without what it is of. ``seen`` puts that in."""
    return {
        "object": "organization_membership",
        "id": new_id("orgmem"),
        "role": parameters["role"],
        **{name: merged({}, parameters.get(name) or {}) for name in METADATA},
        "created_at": now,
        "updated_at": now,
    }


def with_role(document: Document, role: str, *, now: int) -> Document:
    return touched({**document, "role": role}, now=now)


def seen(document: Document, organization: Document, user: Document) -> Document:
    """Return a membership as answers and webhooks have it: with its role's permissions, organization and user."""
    role = roles.role(document["role"])
    return {
        **document,
        "role_name": role["name"],
        "permissions": roles.granted_by(document["role"]),
        "organization": organization,
        "public_user_data": {
            **public_data(user),
            "profile_image_url": user["profile_image_url"],
            "username": user["username"],
            "banned": user["banned"],
            "deprovisioned": user["deprovisioned"],
        },
    }


def public_data(user: Document) -> Document:
    """Return what members see of one another."""
    return {
        "user_id": user["id"],
        "first_name": user["first_name"],
        "last_name": user["last_name"],
        "image_url": user["image_url"],
        "has_image": user["has_image"],
        "identifier": primary_email(user) or primary_phone(user) or user["username"] or "",
    }
