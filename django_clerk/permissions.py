"""The permissions of a session token, where Django's own system asks for permissions: "org:invoices:create"."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend

from .core.auth import Auth

_PREFIX = "org:"


def token_permissions(user: Any) -> frozenset[str]:
    """
    Return what the token that signed this user in allows, in the organization that is active in it.

    Nothing for the inactive, and for whoever came by another way than this request: nothing of it is stored.
    """
    auth = getattr(user, "clerk_auth", None)
    if not isinstance(auth, Auth) or not user.is_active or auth.user_id is None:
        return frozenset()
    if auth.user_id != getattr(user, "_clerk_clerk_id", None):
        return frozenset()
    # A token of version 1 lists whatever was put into it: only what cannot be a permission of Django's.
    return frozenset(permission for permission in auth.permissions if permission.startswith(_PREFIX))


class TokenPermissionsBackend(ModelBackend):
    """Django's model permissions, and beside them those of the session token, which are about no object."""

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Return both kinds, in a set of its own: Django keeps the other on the user, for all backends to share."""
        return {*super().get_all_permissions(user_obj, obj), *_about(user_obj, obj)}

    async def aget_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Do what get_all_permissions() does."""
        return {*await super().aget_all_permissions(user_obj, obj), *_about(user_obj, obj)}

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        """Tell whether a user has a permission. Those of the token need no query."""
        if perm.startswith(_PREFIX):
            return perm in _about(user_obj, obj)
        return super().has_perm(user_obj, perm, obj=obj)

    async def ahas_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        """Do what has_perm() does."""
        if perm.startswith(_PREFIX):
            return perm in _about(user_obj, obj)
        return await super().ahas_perm(user_obj, perm, obj=obj)

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        """
        Tell whether a user has any permission of an app, or of a feature: "org:invoices".

        A whole permission counts as well, since ``{% if "org:invoices:create" in perms %}`` asks here.
        """
        if app_label.startswith(_PREFIX):
            return _has_feature(user_obj, app_label)
        return _has_app(user_obj, app_label, super().get_all_permissions(user_obj))

    async def ahas_module_perms(self, user_obj: Any, app_label: str) -> bool:
        """Do what has_module_perms() does."""
        if app_label.startswith(_PREFIX):
            return _has_feature(user_obj, app_label)
        return _has_app(user_obj, app_label, await super().aget_all_permissions(user_obj))


def _about(user: Any, obj: Any) -> frozenset[str]:
    return token_permissions(user) if obj is None else frozenset()


def _has_feature(user: Any, label: str) -> bool:
    return any(f"{permission}:".startswith(f"{label}:") for permission in token_permissions(user))


def _has_app(user: Any, label: str, permissions: set[str]) -> bool:
    return bool(user.is_active) and any(permission.partition(".")[0] == label for permission in permissions)
