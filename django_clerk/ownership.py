"""Who owns an object: by a foreign key to the user or to ClerkUser, by a column with the Clerk id, or along a path."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured
from django.db import models
from django.db.models.constants import LOOKUP_SEP

from .core.policies import Policy, Subject
from .models import ClerkUser


def is_owner(field: str) -> Policy:
    """Pass who owns the object at ``field``, such as "author" or "project__owner". Nobody owns an ownerless object."""
    if not field:
        raise ValueError("is_owner() needs the name of the field that holds the owner.")
    return Policy(f"is_owner({field})", lambda subject, obj: owns(subject, obj, field))


def owns(subject: Subject, obj: Any, field: str) -> bool:
    """Tell whether the subject owns an object. Follows relations of a path, which may query."""
    if not isinstance(obj, models.Model) or subject.user is None:
        return False
    held = owner_of(obj, field)
    return held is not None and held != "" and bool(held == _owner_value(owner_column(type(obj), field), subject))


def owner_of(obj: models.Model | None, field: str) -> Any:
    """Return what the column of the owner holds, None for an ownerless object. Follows the path, which may query."""
    if obj is None:
        return None
    relation, _, rest = field.partition(LOOKUP_SEP)
    column = owner_column(type(obj), field)
    return owner_of(getattr(obj, relation), rest) if rest else getattr(obj, column.attname)


def owned_by(model: type[models.Model], field: str, subject: Subject) -> models.Q:
    """Return the condition that selects what the subject owns, and nothing for nobody."""
    value = None if subject.user is None else _owner_value(owner_column(model, field), subject)
    return models.Q(pk__in=[]) if value is None else models.Q(**{field: value})


def owner_stamp(model: type[models.Model], field: str, subject: Subject) -> Any:
    """Return what to save as owner of a new object: an instance for a foreign key, the Clerk id for a column."""
    column = owner_column(model, field)
    if not isinstance(column, models.ForeignKey):
        return subject.auth.user_id
    return _owner_row(column, subject)


def owner_column(model: type[models.Model], field: str) -> Any:
    """Return the column that holds the owner, at the end of the path. Raises ImproperlyConfigured when none can."""
    relation, _, rest = field.partition(LOOKUP_SEP)
    try:
        column = model._meta.get_field(relation)
    except FieldDoesNotExist:
        raise ImproperlyConfigured(
            f'{model._meta.label} has no field "{relation}". Name the field that holds the owner.'
        ) from None
    if rest:
        if not isinstance(column, models.ForeignKey):
            raise ImproperlyConfigured(
                f"{model._meta.label}.{relation} is no foreign key, so there is no owner at {field}."
            )
        return owner_column(column.related_model, rest)
    is_key = isinstance(column, models.ForeignKey) and _concrete(column.related_model) in (
        _concrete(get_user_model()),
        ClerkUser,
    )
    if not is_key and not isinstance(column, models.CharField):
        raise ImproperlyConfigured(
            f"{model._meta.label}.{relation} cannot hold an owner: it must be a foreign key to the user model or to "
            "ClerkUser, or a CharField with the Clerk id."
        )
    return column


def _owner_value(column: Any, subject: Subject) -> Any:
    """Return what the column of something that the subject owns holds, or None."""
    if not isinstance(column, models.ForeignKey):
        return subject.auth.user_id
    return getattr(_owner_row(column, subject), column.target_field.attname, None)


def _owner_row(column: models.ForeignKey[Any, Any], subject: Subject) -> Any:
    # A user who came by other means than ClerkBackend may have no row of Clerk's.
    return getattr(subject.user, "clerk", None) if _concrete(column.related_model) is ClerkUser else subject.user


def _concrete(model: Any) -> Any:
    """A proxy's rows are those of the model it stands for."""
    return model._meta.concrete_model
