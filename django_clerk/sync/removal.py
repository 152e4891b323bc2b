"""Deleting Django users, unless other rows need them."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.db import IntegrityError, connections, transaction
from django.db.models import ManyToOneRel, ProtectedError, RestrictedError

from django_clerk.models import ClerkUser


def delete(user: Any, *, using: str) -> bool:
    """
    Delete a Django user, with whatever cascades. Returns False, with everything as it was, where other rows need them.

    Django does not know of all: most databases look at a foreign key that it leaves alone only when the transaction
    ends, which is too late to do anything else.
    """
    key, broken = user.pk, _broken(using)
    try:
        with transaction.atomic(using=using):
            user.delete(using=using)
            if _broken(using) - broken:
                raise IntegrityError("Other rows refer to the user.")
            if connections[using].vendor != "sqlite" and connections[using].features.can_defer_constraint_checks:
                connections[using].check_constraints()
    except (ProtectedError, RestrictedError, IntegrityError):
        user.pk = key  # Django has taken it away
        return False
    return True


def _broken(using: str) -> set[tuple[Any, ...]]:
    """Return the references that lead nowhere, where the database tells of all: SQLite, which may hold old ones."""
    if connections[using].vendor != "sqlite":
        return set()
    with connections[using].cursor() as cursor:
        return set(cursor.execute("PRAGMA foreign_key_check").fetchall())


def delete_unused(user: Any, *, using: str) -> bool:
    """Delete a Django user to whom nothing but the ClerkUser refers. Returns False where something does."""
    stored = get_user_model()._base_manager.using(using).filter(pk=user.pk)
    list(stored.select_for_update().values_list("pk"))  # from here on nobody begins to refer to them
    for relation in user._meta.get_fields(include_hidden=True):
        if isinstance(relation, ManyToOneRel) and _is_used(relation, user, using):
            return False
    return delete(user, using=using)


def _is_used(relation: Any, user: Any, using: str) -> bool:
    model = relation.related_model
    if model is ClerkUser or (relation.parent_link and isinstance(user, model)):
        return False
    rows = model._base_manager.using(using).filter(**{relation.field.name: user})
    return bool(rows.exists())
