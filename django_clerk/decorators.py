"""Guards for function views, sync and async alike. For class-based views see ``django_clerk.mixins``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial, wraps
from inspect import isawaitable
from typing import Any, TypeVar, overload

from asgiref.sync import iscoroutinefunction
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db import models
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from .acceptance import Acceptance, adecide, decide, mark_accepting
from .answers import respond, respond_hiding
from .core import policies
from .core.machines import TokenType
from .core.policies import Answer, Decision, Policy, Subject
from .core.reverification import Reverification
from .guards import Refuse, aguard, guard, guards_of, mark_guarded
from .ownership import OwnerType, is_owner
from .public import clerk_public as clerk_public

View = TypeVar("View", bound=Callable[..., Any])


def clerk_policy_required(policy: Policy) -> Callable[[View], View]:
    """Let in whom a policy allows, such as ``has_role("admin") | in_organization("acme")``."""
    if not isinstance(policy, Policy):
        raise TypeError(f"clerk_policy_required() takes a policy, not {type(policy).__name__}.")
    return _guard(lambda request, subject, kwargs: policy.decide(subject), policy.name)


@overload
def clerk_login_required(view: View) -> View: ...
@overload
def clerk_login_required(view: None = None) -> Callable[[View], View]: ...
def clerk_login_required(view: View | None = None) -> View | Callable[[View], View]:
    """Let in whoever is signed in by Clerk. For Django's password sessions as well, use ``login_required``."""
    decorate: Callable[[View], View] = clerk_policy_required(policies.signed_in)
    return decorate if view is None else decorate(view)


def clerk_role_required(*roles: str) -> Callable[[View], View]:
    """Let in who has one of the roles: "org:admin" in the active organization, "admin" in public metadata."""
    return clerk_policy_required(policies.has_role(*roles))


def clerk_permission_required(*permissions: str) -> Callable[[View], View]:
    """Let in who has all of the permissions in the active organization, such as "org:invoices:create"."""
    return clerk_policy_required(policies.has_permission(*permissions))


@overload
def clerk_org_required(view: View) -> View: ...
@overload
def clerk_org_required(view: str | None = None, *, kwarg: str | None = None) -> Callable[[View], View]: ...
def clerk_org_required(view: View | str | None = None, *, kwarg: str | None = None) -> View | Callable[[View], View]:
    """
    Let in who has an active organization: any, the one with the id or slug given, or the one that the URL names.

    ``kwarg`` is the URL's argument with the id or slug: with "orgs/<slug:org>/" it is "org".
    """
    if kwarg is not None:
        if view is not None:
            raise TypeError("clerk_org_required() takes an organization or kwarg, not both.")
        return _guard(
            lambda request, subject, kwargs: policies.in_organization_named(kwargs[kwarg]).decide(subject),
            policies.in_organization_named(None).name,
        )
    if callable(view):
        return clerk_policy_required(policies.in_organization())(view)
    return clerk_policy_required(policies.in_organization(view))


def clerk_feature_required(feature: str) -> Callable[[View], View]:
    """Let in who has the feature, or whose active organization has it."""
    return clerk_policy_required(policies.has_feature(feature))


def clerk_plan_required(plan: str) -> Callable[[View], View]:
    """Let in who is on the plan, or whose active organization is."""
    return clerk_policy_required(policies.has_plan(plan))


def clerk_reverification_required(requirement: Reverification = "strict") -> Callable[[View], View]:
    """Let in who has verified a factor recently. Clerk's front-end hook useReverification() understands the refusal."""
    return clerk_policy_required(policies.reverified(requirement))


def clerk_not_impersonated(view: View) -> View:
    """Let in who is signed in for themselves: nobody who acts for the user, and no machine."""
    return clerk_policy_required(policies.not_impersonated)(view)


def clerk_accepts(*types: TokenType, scopes: Sequence[str] = ()) -> Callable[[View], View]:
    """
    Let in verified credentials of the types: "session_token", "api_key", "oauth_token", "m2m_token", and no others.

    ``scopes`` are asked of machines: whoever presents an API key or a token needs all of them. A session, and a machine
    that acts for a user, are let in with that user, who is ``request.user``; for other machines that is nobody. Put it
    above other guards: each of them would take a machine's token for a bad session.
    """
    acceptance = Acceptance(types, scopes)

    def decorate(view: View) -> View:
        _require_function(view)
        pending = getattr(view, "clerk_pending_allowed", False)

        if _is_async(view):

            @wraps(view)
            async def accepting(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
                _require_request(request)
                return await acceptance.aguard(request, partial(view, request, *args, **kwargs), pending=pending)

        else:

            @wraps(view)
            def accepting(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
                _require_request(request)
                return acceptance.guard(request, partial(view, request, *args, **kwargs), pending=pending)

        mark_accepting(accepting, acceptance.types)
        mark_guarded(accepting, acceptance.name, *guards_of(view))
        return accepting  # type: ignore[return-value]

    return decorate


def clerk_pending_allowed(view: View) -> View:
    """
    Count sessions with unfinished tasks as signed in at this view, as the page of such a task needs it.

    It keeps nobody out: put it above ``clerk_login_required``.
    """
    _require_function(view)

    if _is_async(view):

        @wraps(view)
        async def allowing(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            _require_request(request)
            await adecide(request, None, True)
            response = view(request, *args, **kwargs)
            return await response if isawaitable(response) else response

    else:

        @wraps(view)
        def allowing(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            _require_request(request)
            decide(request, None, True)
            return view(request, *args, **kwargs)

    allowing.clerk_pending_allowed = True  # type: ignore[attr-defined]
    return allowing  # type: ignore[return-value]


def clerk_owner_required(
    model: type[models.Model] | models.QuerySet[Any],
    *,
    field: str = "owner",
    lookup_kwarg: str | None = None,
    lookup_field: str = "pk",
    or_role: str | None = None,
    owner_type: OwnerType = "user",
    hide_others: bool = False,
) -> Callable[[View], View]:
    """
    Let in who owns the object that the URL names, and put it on the request as ``request.clerk_object``.

    ``field`` holds the owner (see ``django_clerk.ownership``). The URL's argument is ``lookup_kwarg``, or else the
    first there is of <model>_id, <model>_pk, pk, id and slug. Who has ``or_role`` may pass as well. Nobody learns
    whether an object exists before signing in; after that, one that is not there is a 404 and somebody else's a 403,
    or with ``hide_others`` a 404 as well. ``owner_type="organization"`` is for what the active organization owns.
    """
    policy = is_owner(field, owner_type)
    policy = policy if or_role is None else policy | policies.has_role(or_role)
    queryset = model._default_manager.all() if isinstance(model, type) else model

    def judge(request: HttpRequest, subject: Subject, kwargs: dict[str, Any]) -> Decision:
        kwarg, name = _lookup(queryset.model, kwargs, lookup_kwarg, lookup_field)
        try:
            obj = get_object_or_404(queryset.all(), **{name: kwargs[kwarg]})
        except (TypeError, ValueError, ValidationError) as error:  # "abc" is no number, and so nothing's
            raise Http404(f"No {queryset.model._meta.object_name} has this {name}.") from error
        decision = policy.decide(subject, obj)
        if decision.answer is Answer.ALLOW:
            request.__dict__["clerk_object"] = obj
        return decision

    return _guard(judge, policy.name, queries=True, refuse=respond_hiding if hide_others else respond)


def _guard(
    judge: Callable[[HttpRequest, Subject, dict[str, Any]], Decision],
    rule: str,
    *,
    queries: bool = False,
    refuse: Refuse = respond,
) -> Callable[[View], View]:
    def decorate(view: View) -> View:
        _require_function(view)

        if _is_async(view):

            @wraps(view)
            async def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
                _require_request(request)
                let_in = partial(view, request, *args, **kwargs)
                return await aguard(
                    request, lambda who: judge(request, who, kwargs), let_in, queries=queries, refuse=refuse, rule=rule
                )

        else:

            @wraps(view)
            def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
                _require_request(request)
                let_in = partial(view, request, *args, **kwargs)
                return guard(request, lambda who: judge(request, who, kwargs), let_in, refuse=refuse, rule=rule)

        mark_guarded(guarded, rule, *guards_of(view))
        return guarded  # type: ignore[return-value]

    return decorate


def _is_async(view: Callable[..., Any]) -> bool:
    """
    Tell whether calling the view gives something to wait for.

    An async class-based view has a dispatch() that is no coroutine function itself. method_decorator hands it over as
    a partial, under whatever other decorators have wrapped it in.
    """
    if iscoroutinefunction(view):
        return True
    inner: Any = view
    while not isinstance(inner, partial) and hasattr(inner, "__wrapped__"):
        inner = inner.__wrapped__
    return bool(getattr(getattr(getattr(inner, "func", None), "__self__", None), "view_is_async", False))


def _require_function(view: object) -> None:
    if isinstance(view, type):
        raise TypeError(f"{view.__name__} is a class: use a mixin of django_clerk.mixins, or method_decorator.")


def _require_request(request: object) -> None:
    if not isinstance(request, HttpRequest):
        raise TypeError(
            f"A Clerk decorator was called with {type(request).__name__} instead of a request. Use method_decorator on "
            "methods, and the permission classes of django_clerk.drf in Django REST framework."
        )


def _lookup(model: type[models.Model], kwargs: dict[str, Any], kwarg: str | None, field: str) -> tuple[str, str]:
    """Return the URL's argument and the field it is looked up in. What names the model goes before the others."""
    name = model._meta.model_name
    for candidate in (f"{name}_id", f"{name}_pk", "pk", "id", "slug") if kwarg is None else (kwarg,):
        if candidate in kwargs:
            by_slug = kwarg is None and candidate == "slug" and field == "pk"
            return candidate, "slug" if by_slug else field
    raise ImproperlyConfigured(
        f"clerk_owner_required({model.__name__}) finds no argument in the URL that names the object; there are: "
        f"{', '.join(kwargs) or 'none'}. Pass lookup_kwarg."
    )
