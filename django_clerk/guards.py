"""What decorators and mixins share: ask who it is, decide, and let in or answer; sync and async."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from http import HTTPStatus
from inspect import isawaitable
from typing import Any

from asgiref.sync import sync_to_async
from django.core.exceptions import PermissionDenied, SynchronousOnlyOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware

from .answers import mark_private, respond
from .audit import adenied, denied
from .callers import asubject_of, subject_of
from .core import policies
from .core.policies import Answer, Decision, Subject
from .operations import operations_of

#: Decides about somebody who is signed in, looking up what the decision is about if need be.
Judge = Callable[[Subject], Decision]
#: Makes the response for a decision that is not ALLOW.
Refuse = Callable[[HttpRequest, Decision], HttpResponseBase]
#: Tells of a request whether whoever would be refused is let in all the same, as at the page where people sign in.
Unless = Callable[[HttpRequest], bool]


def guard(
    request: HttpRequest, judge: Judge, view: Callable[[], Any], *, refuse: Refuse = respond, rule: str = ""
) -> Any:
    """
    Return what the view returns, or the answer to a caller who is refused. Raises PermissionDenied, as respond().

    ``rule`` is the name of what the judge decides by, for who is refused before it is asked.
    """
    answer = refusal(request, judge, refuse=refuse, rule=rule)
    return mark_private(answer if answer is not None else view())


async def aguard(
    request: HttpRequest,
    judge: Judge,
    view: Callable[[], Any],
    *,
    queries: bool = False,
    refuse: Refuse = respond,
    rule: str = "",
) -> Any:
    """Do what guard() does. ``queries`` tells that the judge needs the database, and so a thread."""
    answer = await arefusal(request, judge, queries=queries, refuse=refuse, rule=rule)
    response: Any = answer if answer is not None else view()
    return mark_private(await response if isawaitable(response) else response)


def refusal(
    request: HttpRequest,
    judge: Judge,
    *,
    refuse: Refuse = respond,
    rule: str = "",
    unless: Unless | None = None,
    even_exempt: bool = False,
) -> HttpResponseBase | None:
    """
    Return the answer to a caller who is refused, and tell of it; None for one who is let in.

    With ``even_exempt`` a cookie is checked for CSRF whoever has exempted the view.
    """
    refused = _refuse(request, subject_of(request), judge, refuse, rule, unless, even_exempt)
    if refused is None:
        return None
    denied(request, refused.decision, refused.status)
    return refused.answer()


async def arefusal(
    request: HttpRequest,
    judge: Judge,
    *,
    queries: bool = False,
    refuse: Refuse = respond,
    rule: str = "",
    unless: Unless | None = None,
    even_exempt: bool = False,
) -> HttpResponseBase | None:
    """Do what refusal() does."""
    subject = await asubject_of(request)
    try:
        refused = None if queries else _refuse(request, subject, judge, refuse, rule, unless, even_exempt)
    except SynchronousOnlyOperation:
        queries = True  # a policy of the project's own, or what a template of its own wants to know
    if queries:
        refused = await sync_to_async(_refuse)(request, subject, judge, refuse, rule, unless, even_exempt)
    if refused is None:
        return None
    await adenied(request, refused.decision, refused.status)
    return refused.answer()


def mark_guarded(view: Any, *rules: str) -> None:
    """Put on a view the names of the rules that guard it, for whoever asks which they are."""
    view.clerk_policy = rules


def guards_of(view: Any) -> tuple[str, ...]:
    """Return the names of the rules that guard a view by itself."""
    return tuple(getattr(view, "clerk_policy", ()))


@dataclass(frozen=True)
class _Refused:
    """A decision, and the response to it, or the exception that asks for the project's own 403 or 404 page."""

    decision: Decision
    response: HttpResponseBase | PermissionDenied | Http404

    @property
    def status(self) -> int:
        if isinstance(self.response, HttpResponseBase):
            return self.response.status_code
        return HTTPStatus.NOT_FOUND if isinstance(self.response, Http404) else HTTPStatus.FORBIDDEN

    def answer(self) -> HttpResponseBase:
        if isinstance(self.response, HttpResponseBase):
            return self.response
        raise self.response


def _refuse(
    request: HttpRequest,
    subject: Subject,
    judge: Judge,
    refuse: Refuse,
    rule: str,
    unless: Unless | None,
    even_exempt: bool,
) -> _Refused | None:
    """Ask who it is first, and only then look for the object."""
    decision = policies.known.decide(subject)
    if decision.answer is Answer.ALLOW:
        if (forged := _check_csrf(request, subject, even_exempt)) is not None:
            return _Refused(Decision(Answer.FORBID, "csrf"), forged)
        decision = judge(subject)
    elif rule:
        decision = replace(decision, rule=rule)
    if decision.answer is Answer.ALLOW or (unless is not None and unless(request)):
        return None
    try:
        return _Refused(decision, refuse(request, decision))
    except (PermissionDenied, Http404) as page:
        return _Refused(decision, page)


def _check_csrf(request: HttpRequest, subject: Subject, even_exempt: bool) -> HttpResponseBase | None:
    """
    Check what a cookie authorizes at a view of Django REST framework or Django Ninja.

    Such views are exempt, because their authentication classes check; there may be none that knows of Clerk's cookie.
    Whoever exempts one view has decided so for that view; a rule for many views has not.
    """
    view = getattr(request.resolver_match, "func", None)
    is_unchecked = hasattr(view, "cls") or bool(operations_of(view))
    if subject.auth.source == "header" or not (is_unchecked or (even_exempt and getattr(view, "csrf_exempt", False))):
        return None
    check = CsrfViewMiddleware(lambda request: HttpResponse())
    check.process_request(request)
    return check.process_view(request, None, (), {})  # type: ignore[arg-type]
