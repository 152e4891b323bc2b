"""What decorators and mixins share: ask who it is, decide, and let in or answer; sync and async."""

from __future__ import annotations

from collections.abc import Callable
from inspect import isawaitable
from typing import Any

from asgiref.sync import sync_to_async
from django.core.exceptions import SynchronousOnlyOperation
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware

from .answers import mark_private, respond
from .callers import asubject_of, subject_of
from .core import policies
from .core.policies import Answer, Decision, Subject

#: Decides about somebody who is signed in, looking up what the decision is about if need be.
Judge = Callable[[Subject], Decision]
#: Makes the response for a decision that is not ALLOW.
Refuse = Callable[[HttpRequest, Decision], HttpResponseBase]


def guard(request: HttpRequest, judge: Judge, view: Callable[[], Any], *, refuse: Refuse = respond) -> Any:
    """Return what the view returns, or the answer to a caller who is refused. Raises PermissionDenied, as respond()."""
    refused = _refuse(request, subject_of(request), judge, refuse)
    return mark_private(refused if refused is not None else view())


async def aguard(
    request: HttpRequest, judge: Judge, view: Callable[[], Any], *, queries: bool = False, refuse: Refuse = respond
) -> Any:
    """Do what guard() does. ``queries`` tells that the judge needs the database, and so a thread."""
    subject = await asubject_of(request)
    try:
        refused = None if queries else _refuse(request, subject, judge, refuse)
    except SynchronousOnlyOperation:
        queries = True  # a policy of the project's own, or what a template of its own wants to know
    if queries:
        refused = await sync_to_async(_refuse)(request, subject, judge, refuse)
    response: Any = refused if refused is not None else view()
    return mark_private(await response if isawaitable(response) else response)


def _refuse(request: HttpRequest, subject: Subject, judge: Judge, refuse: Refuse) -> HttpResponseBase | None:
    """Ask who it is first, and only then look for the object."""
    decision = policies.known.decide(subject)
    if decision.answer is Answer.ALLOW:
        if (forged := _check_csrf(request, subject)) is not None:
            return forged
        decision = judge(subject)
    return None if decision.answer is Answer.ALLOW else refuse(request, decision)


def _check_csrf(request: HttpRequest, subject: Subject) -> HttpResponseBase | None:
    """
    Check what a cookie authorizes at a view of Django REST framework.

    Such views are exempt, because their authentication classes check; there may be none that knows of Clerk's cookie.
    """
    view = getattr(request.resolver_match, "func", None)
    if subject.auth.source == "header" or not hasattr(view, "cls"):
        return None
    check = CsrfViewMiddleware(lambda request: HttpResponse())
    check.process_request(request)
    return check.process_view(request, None, (), {})  # type: ignore[arg-type]
