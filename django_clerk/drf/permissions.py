"""
Permission classes over the same policies as every other door.

They combine with ``&``, ``|`` and ``~``: ``permission_classes = [HasClerkRole("admin") | IsClerkOwner]``. Each of them
asks for somebody who is signed in by ``ClerkAuthentication`` before anything else, for lists and for objects, so that a
rule about objects never lets a stranger into a list.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.core.exceptions import ImproperlyConfigured
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from django_clerk.audit import passed, refused
from django_clerk.core import machine_policies, policies
from django_clerk.core.policies import Answer, Policy
from django_clerk.core.reverification import Reverification
from django_clerk.ownership import OwnerType, is_owner

from .callers import subject_of_api
from .composition import Combinable, CombinableMetaclass, refuse_foreign_negation
from .exceptions import KeysUnavailable, ReverificationRequired

if TYPE_CHECKING:
    # REST framework imports its default classes, these among them, while it makes APIView.
    from rest_framework.views import APIView


class ClerkPermission(Combinable, BasePermission, metaclass=CombinableMetaclass):
    """
    Let in whom ``policy`` allows.

    REST framework makes an instance of what it finds in ``permission_classes``. A rule with a parameter is an instance
    already, ``HasClerkRole("admin")``, and answers such a call with itself.
    """

    policy: ClassVar[Policy] = policies.signed_in

    def __call__(self) -> ClerkPermission:
        return self

    def __bool__(self) -> bool:
        """``a and b`` would be ``b`` alone, and nobody would notice."""
        raise TypeError("Permission classes combine with & and | and ~, not with and, or and not.")

    def get_policy(self, view: APIView) -> Policy:
        """Return the policy for a view."""
        return self.policy

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Answer before there is an object."""
        return self._allows(self.get_policy(view), request, view)

    def has_object_permission(self, request: Request, view: APIView, obj: Any) -> bool:
        """Answer for an object."""
        return self._allows(self.get_policy(view), request, view, obj)

    def may_refuse(self, request: Request, view: APIView) -> bool:
        """Tell, before there is an object, whether the answer for one could be no. It is what a negation lets in."""
        return self.get_policy(view).decide(subject_of_api(request)).answer is not Answer.ALLOW

    def _allows(self, policy: Policy, request: Request, view: APIView, obj: Any = None) -> bool:
        refuse_foreign_negation(view)
        decision = policy.decide(subject_of_api(request), obj)
        if decision.answer is Answer.ALLOW:
            passed(request._request)
            return True
        refused(request._request, decision)  # told with the response: another rule may let the caller in
        if decision.answer is Answer.UNAVAILABLE:
            raise KeysUnavailable
        if decision.answer is Answer.REVERIFY and decision.reverification is not None:
            raise ReverificationRequired(decision.reverification)
        return False


class IsClerkAuthenticated(ClerkPermission):
    """Let in whoever is signed in by Clerk, and a machine that acts for a user where ClerkAuthentication accepts it."""


class IsNotClerkImpersonated(ClerkPermission):
    """Let in who is signed in for themselves: nobody who acts for the user, and no machine."""

    policy = policies.not_impersonated


class IsClerkMachine(ClerkPermission):
    """Let in machines, whether they act for a user or for nobody, of the types that ClerkAuthentication accepts."""

    policy = machine_policies.is_machine


class HasClerkScope(ClerkPermission):
    """Let in machines whose credential has all of the scopes. A session has none, and is not let in."""

    def __init__(self, *scopes: str) -> None:
        self._policy = machine_policies.has_scope(*scopes)

    def get_policy(self, view: APIView) -> Policy:
        return self._policy


class HasClerkRole(ClerkPermission):
    """Let in who has one of the roles: "org:admin" in the active organization, "admin" in public metadata."""

    def __init__(self, *roles: str) -> None:
        self._policy = policies.has_role(*roles)

    def get_policy(self, view: APIView) -> Policy:
        return self._policy


class HasClerkPermission(ClerkPermission):
    """Let in who has all of the permissions in the active organization."""

    def __init__(self, *permissions: str) -> None:
        self._policy = policies.has_permission(*permissions)

    def get_policy(self, view: APIView) -> Policy:
        return self._policy


class HasClerkFeature(ClerkPermission):
    """Let in who has the feature, or whose active organization has it."""

    def __init__(self, feature: str) -> None:
        self._policy = policies.has_feature(feature)

    def get_policy(self, view: APIView) -> Policy:
        return self._policy


class HasClerkPlan(ClerkPermission):
    """Let in who is on the plan, or whose active organization is."""

    def __init__(self, plan: str) -> None:
        self._policy = policies.has_plan(plan)

    def get_policy(self, view: APIView) -> Policy:
        return self._policy


class IsClerkOwner(ClerkPermission):
    """
    Let signed-in callers in, and only owners at an object. Lists are for the view to narrow, as ClerkOwnedMixin does.

    The owner is at the view's ``owner_field``, and of its ``owner_type``, unless given: ``IsClerkOwner("author")``.
    """

    def __init__(self, field: str | None = None, owner_type: OwnerType | None = None) -> None:
        self._field = field
        self._owner_type = owner_type

    def get_policy(self, view: APIView) -> Policy:
        field = self._field or getattr(view, "owner_field", None)
        if not field:
            raise ImproperlyConfigured(f'{type(view).__name__} needs owner_field, such as owner_field = "author".')
        return is_owner(field, getattr(view, "owner_type", "user") if self._owner_type is None else self._owner_type)

    def has_permission(self, request: Request, view: APIView) -> bool:
        return self._allows(policies.signed_in, request, view)


class IsClerkOwnerOrRole(IsClerkOwner):
    """Let signed-in callers in, and at an object its owner and who has one of the roles."""

    def __init__(self, *roles: str, field: str | None = None, owner_type: OwnerType | None = None) -> None:
        super().__init__(field, owner_type)
        self._role_policy = policies.has_role(*roles)

    def get_policy(self, view: APIView) -> Policy:
        return super().get_policy(view) | self._role_policy


class RequiresClerkReverification(ClerkPermission):
    """
    Let in who has verified a factor recently: "strict" unless told otherwise.

    In a list of permission classes put it last: REST framework stops at the first that refuses, and whoever lacks
    something else need not be asked for a factor.
    """

    def __init__(self, requirement: Reverification = "strict") -> None:
        self._policy = policies.reverified(requirement)

    def get_policy(self, view: APIView) -> Policy:
        return self._policy
