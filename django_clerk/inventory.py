"""Every URL of a project with what guards it: the table of ``manage.py clerk_routes``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from inspect import isfunction
from types import CellType
from typing import Any

from django.conf import settings
from django.contrib.auth.mixins import LoginRequiredMixin, PermissionRequiredMixin, UserPassesTestMixin
from django.views import View

from .core.patterns import PathPattern
from .core.routes import Access, Routes, Rule, decisive
from .guards import guards_of
from .operations import operations_of
from .routes import opens_itself
from .urlconf import Endpoint, endpoints

_LOGIN_REQUIRED = "django.contrib.auth.middleware.LoginRequiredMiddleware"
_ADMIN = "django.contrib.admin.sites"
_EMPTY = CellType()
_MIXINS = (LoginRequiredMixin, PermissionRequiredMixin, UserPassesTestMixin)
#: The permission class of REST framework that keeps nobody out.
_OPEN = "AllowAny"


@dataclass(frozen=True)
class Row:
    """A URL and what guards it."""

    route: str
    name: str
    view: str
    guards: tuple[str, ...]  #: everything that must let a caller in
    public: tuple[str, ...]  #: what says that nobody needs to sign in
    partly: tuple[str, ...]  #: route rules that are about some of the URL's paths, perhaps

    @property
    def is_unguarded(self) -> bool:
        """True where nothing keeps strangers out, and nobody has said that they may come in."""
        return not self.guards and not self.public


def take_inventory(routes: Routes, urlconf: Any = None) -> Iterator[Row]:
    """Yield every URL of a project, in the order in which Django tries them."""
    for endpoint in endpoints(urlconf):
        deciding, partly = _route_rules(routes, endpoint)
        guards = [rule.name for rule in deciding if rule.access is not Access.PUBLIC]
        public = [rule.name for rule in deciding if rule.access is Access.PUBLIC]
        view = endpoint.view
        if getattr(view, "clerk_public", False) is True:
            guards, public, partly = [], ["clerk_public"], []
        elif opens_itself(view):
            public.append("login_not_required")
        guards += _guards_on(view)
        yield Row(
            f"/{endpoint.route}",
            endpoint.name,
            _path_of(view),
            tuple(guards),
            tuple(public),
            tuple(rule.name for rule in partly),
        )


def _route_rules(routes: Routes, endpoint: Endpoint) -> tuple[tuple[Rule, ...], list[Rule]]:
    """Return the rules that decide for every path of a URL, and those that could for some of them."""
    resolved, opened = endpoint.resolved, opens_itself(endpoint.view)
    if endpoint.only_path is not None:
        return routes.rules_for(resolved, endpoint.only_path, opened=opened), []
    sure = [rule for rule in routes.rules if rule.is_about_all(resolved)]
    deciding = decisive(sure, resolved, opened=opened)
    partly = [
        rule
        for rule in routes.rules
        if isinstance(rule.pattern, PathPattern) and rule not in sure and rule.may_be_about(resolved)
    ]
    return deciding, partly


def _guards_on(view: Any) -> Iterator[str]:
    """Yield the names of the guards that are on a view itself."""
    yield from guards_of(view)
    if hasattr(view, "redirect_field_name"):
        yield "user_passes_test"  # or login_required, or permission_required, which are made of it
    if hasattr(view, "admin_site") or hasattr(view, "model_admin") or _is_admin_view(view):
        yield "admin"
    view_class = getattr(view, "view_class", None) or getattr(view, "cls", None)
    if view_class is not None:
        yield from (mixin.__name__ for mixin in _MIXINS if issubclass(view_class, mixin))
        yield from _guards_on_methods(view_class)
        yield from _permissions(view)
    yield from _guards_on_operations(operations_of(view))
    if _LOGIN_REQUIRED in settings.MIDDLEWARE and getattr(view, "login_required", True):
        yield "LoginRequiredMiddleware"


def _is_admin_view(view: Any) -> bool:
    """Tell whether somewhere in its decorators a view was given to ``AdminSite.admin_view()``, which leaves no mark."""
    pending, seen = [view], set()
    while pending:
        function = pending.pop()
        if not isfunction(function) or function in seen:
            continue
        seen.add(function)  # one that counts its calls refers to itself
        if function.__globals__.get("__name__") == _ADMIN:
            return True
        pending += [cell.cell_contents for cell in function.__closure__ or () if cell != _EMPTY]
    return False


def _guards_on_methods(view_class: type) -> Iterator[str]:
    """Yield what guards each of the methods, where every one has a guard."""
    names = [name for name in View.http_method_names if name != "options" and hasattr(view_class, name)]
    found = {name: guards_of(getattr(view_class, name)) for name in names}
    if found and all(found.values()):
        yield from (f"{name}: {' & '.join(guards)}" for name, guards in found.items())


def _guards_on_operations(operations: Sequence[Any]) -> Iterator[str]:
    """Yield what guards each operation of a path of Django Ninja, where every one has a guard. One class is enough."""
    if all(operation.auth_callbacks for operation in operations):
        for operation in operations:
            names = " | ".join(_authentication(auth) for auth in operation.auth_callbacks)
            yield f"{', '.join(operation.methods).lower()}: {names}"


def _authentication(auth: Any) -> str:
    """Return the rule of a ClerkAuth, and the name of what is none of ours."""
    return " & ".join(guards_of(auth)) or getattr(auth, "__name__", type(auth).__name__)


def _permissions(view: Any) -> Iterator[str]:
    """Yield what REST framework's permission classes are called; it asks them all."""
    given = {**getattr(view, "initkwargs", {}), **getattr(view, "view_initkwargs", {})}
    classes = given.get("permission_classes", getattr(getattr(view, "cls", None), "permission_classes", ()))
    yield from (name for permission in classes if (name := _permission(permission)) is not None)


def _permission(permission: Any) -> str | None:
    """Return what a permission class, an instance or a combination is called; None for one that keeps nobody out."""
    parts = [getattr(permission, name) for name in ("op1_class", "op2_class") if hasattr(permission, name)]
    if len(parts) == 1:
        return f"~{_permission(parts[0]) or _OPEN}"
    if parts:
        names = [name for part in parts if (name := _permission(part)) is not None]
        is_either = permission.operator_class.__name__.upper() == "OR"
        if len(names) == len(parts):
            return f"({names[0]} {'|' if is_either else '&'} {names[1]})"
        return None if is_either or not names else names[0]
    if isinstance(permission, type):
        return permission.__name__ if permission.__name__ != _OPEN else None
    policy = getattr(permission, "_policy", None)
    return str(policy.name) if policy is not None else type(permission).__name__


def _path_of(view: Any) -> str:
    view = getattr(view, "view_class", None) or getattr(view, "cls", None) or view
    named = view if hasattr(view, "__qualname__") else getattr(view, "func", type(view))
    return f"{named.__module__}.{named.__qualname__}"
