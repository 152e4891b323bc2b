"""The route policy: decided before the view, about what the path has been resolved to, however it is spelt."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from .acceptance import accepted_at, adecide, decide, pending_allowed_at
from .answers import is_page, refuse_credential, respond, sign_in_url, sign_up_url
from .core.machines import SESSION, SESSIONS_ONLY, TokenType
from .core.patterns import PathPattern, Route
from .core.policies import ALLOW, Answer, Decision, Subject
from .core.routes import Access, Routes, Rule
from .guards import arefusal, refusal
from .operations import operations_of
from .urlconf import names_in
from .wiring import get_routes

#: Finding of the system checks, and what silences it lets names be of a urlconf that is not looked at here.
UNKNOWN_NAME = "django_clerk.E041"

_route_of = lru_cache(maxsize=4096)(Route.of)


def refuse_by_route(request: HttpRequest, view: Any) -> HttpResponseBase | None:
    """Return the answer to a caller whom the route policy refuses, and None for one who may go on to the view."""
    door = _door(request, view)
    if door is None:
        return None
    if door.is_special:
        decide(request, door.types, door.pending)
    return refusal(
        request,
        door.judge,
        refuse=door.refuse,
        rule=door.rules[0].name,
        unless=_is_sign_in_page,
        even_exempt=True,
    )


async def arefuse_by_route(request: HttpRequest, view: Any) -> HttpResponseBase | None:
    """Do what refuse_by_route() does."""
    door = _door(request, view)
    if door is None:
        return None
    if door.is_special:
        await adecide(request, door.types, door.pending)
    return await arefusal(
        request,
        door.judge,
        refuse=door.refuse,
        rule=door.rules[0].name,
        unless=_is_sign_in_page,
        even_exempt=True,
    )


def opens_itself(view: Any) -> bool:
    """Tell whether a view says, by login_not_required, that nobody needs to sign in for it."""
    # Views that accept machines, and all of REST framework's, are marked so because they know of callers whom Django's
    # middleware does not; not because they would be for everybody.
    is_for_others = hasattr(view, "clerk_accepts") or hasattr(view, "cls")
    return getattr(view, "login_required", True) is False and not is_for_others


def unknown_names(routes: Routes, *urlconfs: Any) -> tuple[Rule, ...]:
    """Return the rules about a name or a namespace that none of the urlconfs has."""
    return tuple(
        rule
        for rule in routes.rules
        if not isinstance(rule.pattern, PathPattern)
        and not any(rule.pattern.text in names_in(urlconf) for urlconf in urlconfs)
    )


@dataclass(frozen=True)
class _Door:
    """The rules about a view, and whom it is used to."""

    rules: tuple[Rule, ...]
    types: tuple[TokenType, ...]
    pending: bool
    is_api: bool

    @property
    def is_special(self) -> bool:
        """Whether the caller must be asked for anew, as somebody else than whoever has a session."""
        return self.pending or self.types != SESSIONS_ONLY

    def judge(self, subject: Subject) -> Decision:
        for rule in self.rules:
            decision = rule.policy.decide(subject)
            if decision.answer is not Answer.ALLOW:
                return replace(decision, rule=rule.name)
        return ALLOW

    def refuse(self, request: HttpRequest, decision: Decision) -> HttpResponseBase:
        """REST framework's views and Ninja's are an API, for browsers too; and a machine is told what it may send."""
        page = is_page(request) and not self.is_api
        if self.types == SESSIONS_ONLY or (page and SESSION in self.types):
            return respond(request, decision, page=page)
        return refuse_credential(decision, self.types)


def _door(request: HttpRequest, view: Any) -> _Door | None:
    routes = get_routes()
    if not routes or getattr(view, "clerk_public", False) is True:
        return None
    match = request.resolver_match
    if match is None:
        raise ImproperlyConfigured("The route policy decides about views that Django has resolved.")
    _require_known_names(routes, settings.ROOT_URLCONF, getattr(request, "urlconf", None) or settings.ROOT_URLCONF)
    route = _route_of(tuple(match.namespaces), match.url_name, match.route or "")
    rules = routes.rules_for(route, request.path_info, opened=opens_itself(view))
    if not rules or rules[0].access is Access.PUBLIC:
        return None
    is_api = hasattr(view, "cls") or bool(operations_of(view))
    return _Door(rules, accepted_at(view), pending_allowed_at(view), is_api)


@lru_cache(maxsize=32)
def _require_known_names(routes: Routes, *urlconfs: Any) -> None:
    """A name that no URL has keeps nobody out, and whatever it was meant for would stand open: nothing is answered."""
    unknown = [rule for rule in unknown_names(routes, *urlconfs) if rule.access is not Access.PUBLIC]
    if unknown and UNKNOWN_NAME not in settings.SILENCED_SYSTEM_CHECKS:
        raise ImproperlyConfigured(f"No URL has the name: {', '.join(rule.name for rule in unknown)}.")


def _is_sign_in_page(request: HttpRequest) -> bool:
    """Tell whether this is where people are sent to sign in or up: it must not send them on to itself."""
    return any(_is_this_page(request, url) for url in (sign_in_url(), sign_up_url()))


def _is_this_page(request: HttpRequest, url: str) -> bool:
    page = urlsplit(url)
    path, is_here = unquote(page.path), not page.netloc or page.netloc == request.get_host()
    # With the slash that APPEND_SLASH would add, and spelt no other way: that could be another view.
    return is_here and bool(path) and request.path in (path, f"{path.rstrip('/')}/")
