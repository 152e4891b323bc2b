"""
Guards for class-based views, sync and async.

They come before the view class: ``class Edit(ClerkRoleRequiredMixin, ClerkOwnerRequiredMixin, UpdateView)``. Several on
one view must all agree, and so must several that set the same attribute, unless the view sets it itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import partial, reduce
from operator import and_
from typing import Any, ClassVar

from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.views import View

from .acceptance import Acceptance, mark_accepting
from .answers import respond, respond_hiding
from .core import policies
from .core.machines import SESSIONS_ONLY, TokenType
from .core.policies import Decision, Policy, Subject
from .core.reverification import Reverification
from .guards import aguard, guard, guards_of, mark_guarded
from .ownership import OwnerType, is_owner


class ClerkPolicyRequiredMixin:
    """Let in whom ``policy`` allows, and the policy that get_policy() returns: override it to look at the request."""

    policy: ClassVar[Policy | None] = None
    kwargs: dict[str, Any]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        order = cls.__mro__
        if View in order and order.index(View) < order.index(ClerkPolicyRequiredMixin):
            raise TypeError(f"{cls.__name__} would never be guarded: put its Clerk mixins before its view class.")

    @classmethod
    def as_view(cls, *args: Any, **initkwargs: Any) -> Any:
        """Return the view, with the names of its rules on it for ``manage.py clerk_routes``."""
        view: Any = super().as_view(*args, **initkwargs)  # type: ignore[misc]
        made = cls(**initkwargs)
        made.kwargs = defaultdict(str)  # of no URL: what a rule is called does not depend on it
        mark_guarded(view, *made._names_of_rules(), *guards_of(view))
        return view

    def get_policy(self) -> Policy:
        """Return a policy to ask beside ``policy`` and the rules of the mixins."""
        return policies.signed_in

    def get_policy_object(self) -> Any:
        """Return the object that the policy is about, if it is about one."""
        return None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        let_in = partial(super().dispatch, request, *args, **kwargs)  # type: ignore[misc]
        rule = type(self).__name__
        if not getattr(self, "view_is_async", False):
            return guard(request, self._judge, let_in, refuse=self._refuse, rule=rule)
        queries = type(self).get_policy_object is not ClerkPolicyRequiredMixin.get_policy_object
        return aguard(request, self._judge, let_in, queries=queries, refuse=self._refuse, rule=rule)

    def _judge(self, subject: Subject) -> Decision:
        return reduce(and_, self._rules()).decide(subject, self.get_policy_object())

    def _refuse(self, request: HttpRequest, decision: Decision) -> HttpResponseBase:
        return respond(request, decision)

    def _rules(self) -> Iterator[Policy]:
        """Every mixin's rule holds. Nothing that a view overrides can lose one."""
        rules = [rule for cls in type(self).__mro__ if (rule := vars(cls).get("_clerk_rule")) is not None]
        own = [policy for policy in _declared(self, "policy") if policy is not None]
        if not rules and not own and type(self).get_policy is ClerkPolicyRequiredMixin.get_policy:
            raise ImproperlyConfigured(f"{type(self).__name__} needs a policy, or must define get_policy().")
        yield from (rule(self) for rule in rules)
        yield from (get_policy() for get_policy in _declared(self, "get_policy"))
        yield from own

    def _names_of_rules(self) -> Iterator[str]:
        """Yield what the rules are called; what depends on the request, or is not set, by the name of the class."""
        for cls in type(self).__mro__:
            if (rule := vars(cls).get("_clerk_rule")) is not None:
                try:
                    yield rule(self).name
                except ImproperlyConfigured:  # lets nobody in, and says why to whoever comes
                    yield cls.__name__
            elif cls is not ClerkPolicyRequiredMixin and "get_policy" in vars(cls):
                yield f"{cls.__name__}.get_policy"
        yield from (policy.name for policy in _declared(self, "policy") if policy is not None)


def _all(view: ClerkPolicyRequiredMixin, name: str, make: Callable[[Any], Policy]) -> Policy:
    """Return the policy of an attribute. Raises ImproperlyConfigured when nothing of use is set."""
    try:
        return reduce(and_, (make(value) for value in _declared(view, name)))
    except (TypeError, ValueError) as error:
        raise ImproperlyConfigured(f"{type(view).__name__}.{name}: {error}") from error


def _declared(view: ClerkPolicyRequiredMixin, name: str) -> list[Any]:
    """
    Return the values of an attribute that hold for a view.

    A subclass replaces what it inherits. Of two mixins that have nothing to do with each other, Python would take the
    first one's value and forget the other's; here both hold.
    """
    if name in vars(view):
        return [getattr(view, name)]
    found: list[type] = []
    for cls in type(view).__mro__:
        if name in vars(cls) and not any(issubclass(other, cls) for other in found):
            found.append(cls)
    values = [vars(cls)[name] for cls in found]
    return [value.__get__(view, type(view)) if hasattr(value, "__get__") else value for value in values]


class ClerkAcceptsMixin:
    """
    Let in verified credentials of the types in ``accepts`` and no others, machines only with all of ``scopes``.

    With ``pending_allowed``, sessions with unfinished tasks count as signed in. It comes before other guards.
    """

    accepts: ClassVar[Sequence[TokenType]] = SESSIONS_ONLY
    scopes: ClassVar[Sequence[str]] = ()
    pending_allowed: ClassVar[bool] = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        order = [base for base in cls.__mro__ if base in (ClerkAcceptsMixin, ClerkPolicyRequiredMixin, View)]
        if order[0] is not ClerkAcceptsMixin:
            raise TypeError(f"{cls.__name__} must have ClerkAcceptsMixin first: the others would not see a machine.")

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        """Return the view, with ``clerk_accepts`` on it for the middleware to see. Raises ImproperlyConfigured."""
        view: Any = super().as_view(**initkwargs)  # type: ignore[misc]
        acceptance = cls._clerk_acceptance(**initkwargs)
        mark_accepting(view, acceptance.types)
        mark_guarded(view, acceptance.name, *guards_of(view))
        view.clerk_pending_allowed = initkwargs.get("pending_allowed", cls.pending_allowed)
        return view

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        let_in = partial(super().dispatch, request, *args, **kwargs)  # type: ignore[misc]
        acceptance = self._clerk_acceptance(accepts=self.accepts, scopes=self.scopes)
        guarding = acceptance.aguard if getattr(self, "view_is_async", False) else acceptance.guard
        return guarding(request, let_in, pending=self.pending_allowed)

    @classmethod
    def _clerk_acceptance(
        cls, accepts: Sequence[str] | None = None, scopes: Sequence[str] | None = None, **kwargs: Any
    ) -> Acceptance:
        types = cls.accepts if accepts is None else accepts
        try:
            return Acceptance(_names(types), cls.scopes if scopes is None else scopes)
        except (TypeError, ValueError) as error:
            raise ImproperlyConfigured(f"{cls.__name__}: {error}") from error


class ClerkLoginRequiredMixin(ClerkPolicyRequiredMixin):
    """Let in whoever is signed in by Clerk."""

    def _clerk_rule(self) -> Policy:
        return policies.signed_in


class ClerkRoleRequiredMixin(ClerkPolicyRequiredMixin):
    """Let in who has ``role`` or one of several: "org:admin" in the active organization, "admin" in public metadata."""

    role: ClassVar[str | Sequence[str]] = ()

    def _clerk_rule(self) -> Policy:
        return _all(self, "role", lambda role: policies.has_role(*_names(role)))


class ClerkPermissionRequiredMixin(ClerkPolicyRequiredMixin):
    """Let in who has ``permission``, or all of several, in the active organization."""

    permission: ClassVar[str | Sequence[str]] = ()

    def _clerk_rule(self) -> Policy:
        return _all(self, "permission", lambda permission: policies.has_permission(*_names(permission)))


class ClerkOrgRequiredMixin(ClerkPolicyRequiredMixin):
    """Let in who has an active organization; with ``org_kwarg``, the one whose id or slug is in the URL."""

    org_kwarg: ClassVar[str | None] = None

    def _clerk_rule(self) -> Policy:
        return _all(self, "org_kwarg", self._in_organization)

    def _in_organization(self, kwarg: str | None) -> Policy:
        return policies.in_organization() if kwarg is None else policies.in_organization_named(self.kwargs[kwarg])


class ClerkFeatureRequiredMixin(ClerkPolicyRequiredMixin):
    """Let in who has ``feature``, or whose active organization has it."""

    feature: ClassVar[str] = ""

    def _clerk_rule(self) -> Policy:
        return _all(self, "feature", policies.has_feature)


class ClerkPlanRequiredMixin(ClerkPolicyRequiredMixin):
    """Let in who is on ``plan``, or whose active organization is."""

    plan: ClassVar[str] = ""

    def _clerk_rule(self) -> Policy:
        return _all(self, "plan", policies.has_plan)


class ClerkReverificationRequiredMixin(ClerkPolicyRequiredMixin):
    """Let in who has verified a factor recently."""

    reverification: ClassVar[Reverification] = "strict"

    def _clerk_rule(self) -> Policy:
        return _all(self, "reverification", policies.reverified)


class ClerkNotImpersonatedMixin(ClerkPolicyRequiredMixin):
    """Let in who is signed in for themselves: nobody who acts for the user, and no machine."""

    def _clerk_rule(self) -> Policy:
        return policies.not_impersonated


class ClerkOwnerRequiredMixin(ClerkPolicyRequiredMixin):
    """
    Let in who owns the object of a detail view, at ``owner_field``; ``or_role`` names a role that may pass as well.

    The object is looked up by the view's own ``get_object()``, once, after the caller has signed in. Somebody else's is
    a 403, or with ``hide_others`` a 404. ``owner_type = "organization"`` is for what the active organization owns.
    """

    owner_field: ClassVar[str] = "owner"
    owner_type: ClassVar[OwnerType] = "user"
    or_role: ClassVar[str | None] = None
    hide_others: ClassVar[bool] = False
    _clerk_object: Any = None

    def _clerk_rule(self) -> Policy:
        policy = _all(self, "owner_field", lambda field: is_owner(field, self.owner_type))
        return policy if self.or_role is None else policy | _all(self, "or_role", policies.has_role)

    def _refuse(self, request: HttpRequest, decision: Decision) -> HttpResponseBase:
        return (respond_hiding if self.hide_others else respond)(request, decision)

    def get_policy_object(self) -> Any:
        return self.get_object()

    def get_object(self, *args: Any, **kwargs: Any) -> Any:
        """Return the object of the view, the same one that was checked."""
        if self._clerk_object is None:
            if not hasattr(super(), "get_object"):
                raise ImproperlyConfigured(
                    f"{type(self).__name__} has no get_object(): use a DetailView, or define it."
                )
            try:
                self._clerk_object = super().get_object(*args, **kwargs)  # type: ignore[misc]
            except (TypeError, ValueError, ValidationError) as error:  # "abc" is no number, and so nothing's
                raise Http404("There is no such object.") from error
        return self._clerk_object


def _names(value: str | Sequence[str]) -> Sequence[str]:
    return (value,) if isinstance(value, str) else value
