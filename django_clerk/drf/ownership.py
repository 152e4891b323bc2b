"""Views of objects that belong to somebody."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model, QuerySet
from django.db.models.constants import LOOKUP_SEP
from rest_framework.exceptions import NotAuthenticated, PermissionDenied
from rest_framework.serializers import BaseSerializer

from django_clerk.core.policies import Subject
from django_clerk.ownership import OwnerType, owned_by, owner_column, owner_of, owner_stamp, owns

from .callers import subject_of_api
from .composition import parts_of
from .permissions import IsClerkOwner


class ClerkOwnedMixin:
    """
    Show callers what they own, and make them the owner of what they create.

    The owner is taken from the verified identity and written over whatever the body says; an update changes no owner.
    Where the owner is at the end of a path, "project__owner", things are created under a project of the caller's only.
    With ``owner_type = "organization"`` the organization that is active in the session is the owner.

    With ``hide_others`` somebody else's object does not exist (404). Without it, lists are narrowed all the same, and
    get_object() leaves an object to the permission classes, which must then have a rule of ownership (403).
    """

    owner_field: ClassVar[str] = "owner"
    owner_type: ClassVar[OwnerType] = "user"
    hide_others: ClassVar[bool] = True
    _looks_at_others: bool = False

    def get_queryset(self) -> QuerySet[Any]:
        """Return what the caller may see."""
        queryset: QuerySet[Any] = super().get_queryset()  # type: ignore[misc]
        if self._looks_at_others:
            return queryset
        return queryset.filter(owned_by(queryset.model, self.owner_field, self._subject(), self.owner_type))

    def get_object(self) -> Any:
        """Return the object that the URL names. Raises Http404 or PermissionDenied."""
        if not self.hide_others:
            if not any(_asks_for_owner(permission) for permission in self.get_permissions()):  # type: ignore[attr-defined]
                raise ImproperlyConfigured(
                    f"{type(self).__name__} has hide_others = False, so its permission_classes must hold IsClerkOwner "
                    "or IsClerkOwnerOrRole: nothing else would keep others from an object."
                )
            self._looks_at_others = True
        try:
            return super().get_object()  # type: ignore[misc]
        finally:
            self._looks_at_others = False

    def perform_create(self, serializer: BaseSerializer[Any]) -> None:
        """Save a new object as the caller's own. Raises PermissionDenied where the caller can own nothing."""
        subject = self._subject()
        if subject.user is None:
            raise NotAuthenticated
        if LOOKUP_SEP in self.owner_field:
            self._require_own_parent(serializer, subject)
            serializer.save()
            return
        column = self._drop_owner(serializer)
        owner = owner_stamp(column.model, column.name, subject, self.owner_type)
        if owner is None:
            raise PermissionDenied
        serializer.save(**{column.name: owner})

    def perform_update(self, serializer: BaseSerializer[Any]) -> None:
        """Save a change; nobody gives an object away, or into somebody else's keeping, by what the body says."""
        if LOOKUP_SEP in self.owner_field:
            self._refuse_new_owner(serializer)
        else:
            self._drop_owner(serializer)
        serializer.save()

    def _drop_owner(self, serializer: BaseSerializer[Any]) -> Any:
        """Forget what the body says of the column, which has two names, and return the column."""
        column = owner_column(self._model(), self.owner_field, self.owner_type)
        for values in _values(serializer):
            values.pop(column.name, None)
            values.pop(column.attname, None)
        return column

    def _require_own_parent(self, serializer: BaseSerializer[Any], subject: Subject) -> None:
        """What is created belongs to whoever owns the first step of the path. By a bare key nobody has looked at it."""
        step, rest = self._first_step()
        for values in _values(serializer):
            if step.attname in values or not owns(subject, values.get(step.name), rest, self.owner_type):
                raise PermissionDenied

    def _refuse_new_owner(self, serializer: BaseSerializer[Any]) -> None:
        """The owner is at the end of a path, so an object changes hands with the first step of it."""
        step, rest = self._first_step()
        old = serializer.instance
        for values in _values(serializer):
            if not isinstance(old, Model) and not values.keys().isdisjoint((step.name, step.attname)):
                raise PermissionDenied
            if step.name in values and self._owner_of(values[step.name], rest) != self._owner_of(old, self.owner_field):
                raise PermissionDenied
            if step.attname in values and values[step.attname] != getattr(old, step.attname):
                raise PermissionDenied

    def _first_step(self) -> tuple[Any, str]:
        relation, _, rest = self.owner_field.partition(LOOKUP_SEP)
        return self._model()._meta.get_field(relation), rest

    def _owner_of(self, obj: Any, field: str) -> Any:
        return owner_of(obj, field, self.owner_type)

    def _model(self) -> Any:
        return super().get_queryset().model  # type: ignore[misc]

    def _subject(self) -> Subject:
        return subject_of_api(self.request)  # type: ignore[attr-defined]


def _values(serializer: BaseSerializer[Any]) -> list[dict[str, Any]]:
    data = serializer.validated_data
    return data if isinstance(data, list) else [data]


def _asks_for_owner(permission: Any) -> bool:
    """Look through combinations for a rule of ownership."""
    return isinstance(permission, IsClerkOwner) or any(_asks_for_owner(part) for part in parts_of(permission))
