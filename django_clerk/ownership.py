"""
Who owns an object: a user, or the organization that is active in the session.

It is held by a foreign key (to the user model, to ClerkUser or to ClerkOrganization), by a column with the Clerk id, or
by one of these along a path. Whether a user or an organization is meant is said by whoever asks, never guessed.
"""

from __future__ import annotations

from typing import Any, Literal

from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured
from django.db import models
from django.db.models.constants import LOOKUP_SEP

from .core.policies import Policy, Subject
from .models import ClerkOrganization, ClerkUser

OwnerType = Literal["user", "organization"]


def is_owner(field: str, owner_type: OwnerType = "user") -> Policy:
    """
    Pass who owns the object at ``field``, such as "author" or "project__owner". Nobody owns an ownerless object.

    With ``owner_type="organization"`` pass every member of the organization that owns it, while it is their active one.
    """
    if not field:
        raise ValueError("is_owner() needs the name of the field that holds the owner.")
    if owner_type not in ("user", "organization"):
        raise ValueError(f'An owner is a "user" or an "organization", not {owner_type!r}.')
    name = f"is_owner({field})" if owner_type == "user" else f"is_owner({field}, {owner_type})"
    return Policy(name, lambda subject, obj: owns(subject, obj, field, owner_type))


def owns(subject: Subject, obj: Any, field: str, owner_type: OwnerType = "user") -> bool:
    """Tell whether the subject owns an object. Follows relations of a path, which may query."""
    if not isinstance(obj, models.Model) or subject.user is None:
        return False
    held = owner_of(obj, field, owner_type)
    if held is None or held == "":
        return False
    return bool(held == _value(owner_column(type(obj), field, owner_type), subject, owner_type))


def owner_of(obj: models.Model | None, field: str, owner_type: OwnerType = "user") -> Any:
    """Return what the column of the owner holds, None for an ownerless object. Follows the path, which may query."""
    if obj is None:
        return None
    relation, _, rest = field.partition(LOOKUP_SEP)
    column = owner_column(type(obj), field, owner_type)
    return owner_of(getattr(obj, relation), rest, owner_type) if rest else getattr(obj, column.attname)


def owned_by(model: type[models.Model], field: str, subject: Subject, owner_type: OwnerType = "user") -> models.Q:
    """Return the condition that selects what the subject owns, and nothing for nobody."""
    column = owner_column(model, field, owner_type)
    value = None if subject.user is None else _value(column, subject, owner_type)
    return models.Q(pk__in=[]) if value is None else models.Q(**{field: value})


def owner_stamp(model: type[models.Model], field: str, subject: Subject, owner_type: OwnerType = "user") -> Any:
    """
    Return what to save as owner of a new object: an instance for a foreign key, the Clerk id for a column.

    None where there is none: nobody is signed in, no organization is active, or Clerk has yet to tell of it.
    """
    column = owner_column(model, field, owner_type)
    if subject.user is None:
        return None
    return _row(column, subject) if isinstance(column, models.ForeignKey) else _clerk_id(subject, owner_type)


def owner_column(model: type[models.Model], field: str, owner_type: OwnerType = "user") -> Any:
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
        return owner_column(column.related_model, rest, owner_type)
    is_key = isinstance(column, models.ForeignKey) and _concrete(column.related_model) in _owners(owner_type)
    if not is_key and not isinstance(column, models.CharField):
        keys = " or ".join(owner.__name__ for owner in _owners(owner_type))
        raise ImproperlyConfigured(
            f"{model._meta.label}.{relation} cannot hold an owner of the type {owner_type}: it must be a foreign key "
            f"to {keys}, or a CharField with the Clerk id."
        )
    return column


def _owners(owner_type: OwnerType) -> tuple[Any, ...]:
    return (_concrete(get_user_model()), ClerkUser) if owner_type == "user" else (ClerkOrganization,)


def _value(column: Any, subject: Subject, owner_type: OwnerType) -> Any:
    """Return what the column of something that the subject owns holds, or None."""
    if not isinstance(column, models.ForeignKey):
        return _clerk_id(subject, owner_type)
    return getattr(_row(column, subject), column.target_field.attname, None)


def _clerk_id(subject: Subject, owner_type: OwnerType) -> str | None:
    if owner_type == "user":
        return subject.auth.user_id
    return subject.auth.org.id if subject.auth.org is not None else None


def _row(column: models.ForeignKey[Any, Any], subject: Subject) -> Any:
    owner = _concrete(column.related_model)
    if owner is ClerkOrganization:
        org_id = _clerk_id(subject, "organization")
        return ClerkOrganization.objects.filter(clerk_id=org_id, deleted_at=None).first() if org_id else None
    # A user who came by other means than ClerkBackend may have no row of Clerk's.
    return getattr(subject.user, "clerk", None) if owner is ClerkUser else subject.user


def _concrete(model: Any) -> Any:
    """A proxy's rows are those of the model it stands for."""
    return model._meta.concrete_model
