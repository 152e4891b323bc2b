"""
``&``, ``|`` and ``~`` for permission classes, made safe.

A negated rule lets no stranger in, and a rule that answers by an exception, as that of reverification does, leaves the
other rules their say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ImproperlyConfigured
from rest_framework import permissions
from rest_framework.permissions import BasePermission, BasePermissionMetaclass, OperandHolder
from rest_framework.request import Request

from django_clerk.audit import passed, refused
from django_clerk.core import policies
from django_clerk.core.policies import Answer, Decision

from .callers import subject_of_api
from .exceptions import KeysUnavailable, ReverificationRequired

if TYPE_CHECKING:
    # REST framework imports its default classes, these among them, while it makes APIView.
    from rest_framework.views import APIView

_ANSWERS = (KeysUnavailable, ReverificationRequired)


class Combinable:
    """The operators of REST framework, for its classes, for instances such as HasClerkRole("admin"), and both mixed."""

    def __and__(self, other: Any) -> Any:
        return Combination(And, self, other)

    def __or__(self, other: Any) -> Any:
        return Combination(Or, self, other)

    def __rand__(self, other: Any) -> Any:
        return Combination(And, other, self)

    def __ror__(self, other: Any) -> Any:
        return Combination(Or, other, self)

    def __invert__(self) -> Any:
        return Negation(self)


class CombinableMetaclass(Combinable, BasePermissionMetaclass):
    """The same operators for the classes themselves."""


class Combination(Combinable, OperandHolder):
    """Two rules joined."""

    def __init__(self, operator: Any, op1_class: Any, op2_class: Any) -> None:
        super().__init__(operator, op1_class, op2_class)


class Negation(Combinable):
    """
    The opposite of a rule, for callers that Clerk knows.

    REST framework's own negation of "is an admin" is true of strangers, and that of "is the owner" is false before
    there is an object to own.
    """

    def __init__(self, op1_class: Any) -> None:
        self.op1_class = op1_class

    def __call__(self) -> Any:
        return And(_Known(), _negate(self.op1_class()))


class And(permissions.AND):
    """Both rules. Whoever fails one is not asked for a factor by the other."""

    op1: Any
    op2: Any

    def has_permission(self, request: Request, view: APIView) -> bool:
        return _both(
            lambda: self.op1.has_permission(request, view),
            lambda: self.op2.has_permission(request, view),
        )

    def has_object_permission(self, request: Request, view: APIView, obj: Any) -> bool:
        return _both(
            lambda: self.op1.has_object_permission(request, view, obj),
            lambda: self.op2.has_object_permission(request, view, obj),
        )


class Or(permissions.OR):
    """One of two rules. A factor is asked for when neither passes without."""

    op1: Any
    op2: Any

    def has_permission(self, request: Request, view: APIView) -> bool:
        return _either(
            lambda: self.op1.has_permission(request, view),
            lambda: self.op2.has_permission(request, view),
        )

    def has_object_permission(self, request: Request, view: APIView, obj: Any) -> bool:
        return _either(lambda: _passes(self.op1, request, view, obj), lambda: _passes(self.op2, request, view, obj))


class _Known(BasePermission):
    """
    Somebody whom Clerk and Django both let in, by a session.

    What a machine lacks it does not pass for: nobody knows what of its user's it has.
    """

    def has_permission(self, request: Request, view: APIView) -> bool:
        subject = subject_of_api(request)
        decision = policies.signed_in.decide(subject)
        if decision.answer is Answer.ALLOW and subject.auth.machine is not None:
            decision = Decision(Answer.FORBID, "known")
        if decision.answer is not Answer.ALLOW:
            refused(request._request, decision)
        if decision.answer is Answer.UNAVAILABLE:
            raise KeysUnavailable
        return decision.answer is Answer.ALLOW


class _Not(BasePermission):
    """The opposite of a single rule. Before there is an object, a rule about objects may still turn out either way."""

    def __init__(self, rule: Any) -> None:
        self.op1 = rule

    def has_permission(self, request: Request, view: APIView) -> bool:
        return self._told(request, self._may_pass(request, view))

    def has_object_permission(self, request: Request, view: APIView, obj: Any) -> bool:
        try:
            return self._told(request, not _passes(self.op1, request, view, obj))
        except ReverificationRequired:  # is a no
            return self._told(request, True)

    def _told(self, request: Request, passes: bool) -> bool:
        if passes:
            passed(request._request)
        else:
            refused(request._request, Decision(Answer.FORBID, f"~{type(self.op1).__name__}"))
        return passes

    def _may_pass(self, request: Request, view: APIView) -> bool:
        if hasattr(self.op1, "may_refuse"):
            return bool(self.op1.may_refuse(request, view))
        if type(self.op1).has_object_permission is not BasePermission.has_object_permission:
            return True
        return not self.op1.has_permission(request, view)


def refuse_foreign_negation(view: APIView) -> None:
    """
    Raise ImproperlyConfigured when REST framework's own NOT stands above one of our rules.

    It does after ``~(IsAdminUser | HasClerkRole("guest"))``, whose first operand is not ours, and lets strangers in.
    """
    get_permissions = getattr(view, "get_permissions", list)  # a permission may be asked without a view
    _refuse_negation(view, get_permissions())


def refuse_declared_negation(view: Any) -> None:
    """
    Do that for the classes that a view lists, before any is asked.

    In ``~(IsAdminUser & HasClerkRole("guest"))`` ours is never asked about a stranger. What get_permissions() returns
    may depend on who calls, which nobody knows yet.
    """
    _refuse_negation(view, [permission() for permission in getattr(view, "permission_classes", ())])


def _refuse_negation(view: Any, asked: Iterable[Any]) -> None:
    if any(_is_negated(permission) for permission in asked):
        raise ImproperlyConfigured(
            f"{type(view).__name__} negates a rule of Clerk's together with others, which would let strangers in. "
            "Negate each by itself, or put Clerk's first: ~(HasClerkRole(…) | …)."
        )


def _is_negated(permission: Any, inside: bool = False) -> bool:
    if isinstance(type(permission), CombinableMetaclass):
        return inside
    inside = inside or isinstance(permission, permissions.NOT)
    return any(_is_negated(part, inside) for part in parts_of(permission))


def _negate(permission: Any) -> Any:
    """By De Morgan's laws, down to single rules: only they know what can be said before there is an object."""
    if isinstance(permission, (permissions.AND, permissions.OR)):
        opposite = Or if isinstance(permission, permissions.AND) else And
        return opposite(*(_negate(part) for part in parts_of(permission)))
    if isinstance(permission, (permissions.NOT, _Not)):
        return parts_of(permission)[0]
    return _Not(permission)


def parts_of(permission: Any) -> list[Any]:
    """Return the rules that a combination is made of."""
    return [part for name in ("op1", "op2") if (part := getattr(permission, name, None)) is not None]


def _passes(permission: Any, request: Request, view: APIView, obj: Any) -> bool:
    return _both(
        lambda: permission.has_permission(request, view),
        lambda: permission.has_object_permission(request, view, obj),
    )


def _both(first: Callable[[], bool], second: Callable[[], bool]) -> bool:
    try:
        passes = first()
    except _ANSWERS:
        if second():
            raise
        return False
    return passes and second()


def _either(first: Callable[[], bool], second: Callable[[], bool]) -> bool:
    try:
        passes = first()
    except _ANSWERS:
        if second():
            return True
        raise
    return passes or second()
