"""What the project's user model has room for, and what its rows may not have in common."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist
from django.db import models


def field(name: str) -> models.Field[Any, Any] | None:
    """Return a column of the user model, or None where it has none of that name."""
    try:
        found = get_user_model()._meta.get_field(name)
    except FieldDoesNotExist:
        return None
    return found if isinstance(found, models.Field) else None


def max_length(name: str) -> int:
    """Return how many characters a field takes."""
    found = field(name)
    return (found.max_length if found is not None else None) or 255


def is_unique(name: str) -> bool:
    """Tell whether Django knows by the field itself that no two users may have the same in it."""
    found = field(name)
    return found is not None and (found.unique or name == get_user_model().USERNAME_FIELD)


def is_constrained(name: str) -> bool:
    """Tell whether a field is part of what no two users may have in common."""
    model = get_user_model()
    metas = [parent._meta for parent in (model, *model._meta.get_parent_list())]
    together = [list(fields) for meta in metas for fields in meta.unique_together]
    for constraint in (constraint for meta in metas for constraint in meta.constraints):
        if isinstance(constraint, models.UniqueConstraint) and constraint.condition is None:  # it may leave "" out
            together += [list(constraint.fields), *map(_fields_of, constraint.expressions)]
    return any(name in fields for fields in together)


def _fields_of(expression: Any) -> list[str]:
    """Return the names of the fields that an expression of a constraint is about: "email" for Lower("email")."""
    parts = expression.flatten() if hasattr(expression, "flatten") else [expression]
    return [str(getattr(part, "name", "")) for part in parts if isinstance(part, models.F)]
