"""
What is told of callers who are refused, and of people who act for others: to a log, to a signal, once for each request.

No record says more of anybody than Clerk's ids. No path is in it, nor a query, which can hold personal data or a token:
the route is what stands in the URLconf.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from .core.auth import Auth
from .core.policies import Answer, Decision
from .identify import identify
from .signals import access_denied

access_logger = logging.getLogger("django_clerk.access")
impersonation_logger = logging.getLogger("django_clerk.impersonation")

#: Strangers are many, and mean nothing by it; somebody who may not is worth a look.
_LEVELS = {Answer.FORBID: logging.WARNING, Answer.UNAVAILABLE: logging.WARNING}
_STATUSES = {
    Answer.SIGN_IN: HTTPStatus.UNAUTHORIZED,
    Answer.FORBID: HTTPStatus.FORBIDDEN,
    Answer.REVERIFY: HTTPStatus.FORBIDDEN,
    Answer.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
}
_METHODS = frozenset(("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE"))
_IDENTIFIER = re.compile(r"[A-Za-z0-9_-]{1,255}")
#: On the request: that a refusal has been told, and one that is told if nobody lets the caller in after all.
_TOLD, _REFUSED = "_clerk_denial_told", "_clerk_refused_by"


def denied(request: HttpRequest, decision: Decision, status: int | None = None) -> None:
    """
    Tell that a request is refused. Every door calls it once it has decided; a second call says nothing.

    ``status`` is that of the response, where it is not the usual one for the answer. Whatever a receiver of the signal
    does, nothing is raised and the door stays shut.
    """
    if _tell(request, decision, status):
        access_denied.send_robust(sender=Decision, decision=decision, rule=decision.rule, request=request)


async def adenied(request: HttpRequest, decision: Decision, status: int | None = None) -> None:
    """Do what denied() does."""
    if _tell(request, decision, status):
        await access_denied.asend_robust(sender=Decision, decision=decision, rule=decision.rule, request=request)


def refused(request: HttpRequest, decision: Decision) -> None:
    """
    Remember that a rule has refused, where another may still let the caller in: "is an admin" of "admin or owner".

    ClerkMiddleware calls settle() with the response, and it is told if that is a refusal.
    """
    request.__dict__[_REFUSED] = decision


def passed(request: HttpRequest) -> None:
    """Forget the refusal: another rule has let the caller in. One that asked for something by an exception stays."""
    decision: Decision | None = request.__dict__.get(_REFUSED)
    if decision is not None and decision.answer in (Answer.SIGN_IN, Answer.FORBID):
        del request.__dict__[_REFUSED]


def settle(request: HttpRequest, response: HttpResponseBase) -> None:
    """Tell what is known only when the response is there: the refusal that was remembered, and who really acted."""
    decision = _pending(request, response)
    if decision is not None:
        denied(request, decision, response.status_code)
    _tell_actor(request, response)


async def asettle(request: HttpRequest, response: HttpResponseBase) -> None:
    """Do what settle() does."""
    decision = _pending(request, response)
    if decision is not None:
        await adenied(request, decision, response.status_code)
    _tell_actor(request, response)


def _pending(request: HttpRequest, response: HttpResponseBase) -> Decision | None:
    decision: Decision | None = request.__dict__.pop(_REFUSED, None)
    return decision if response.status_code in _STATUSES.values() else None


def _tell(request: HttpRequest, decision: Decision, status: int | None) -> bool:
    attributes = request.__dict__
    if _TOLD in attributes:
        return False
    attributes[_TOLD] = True
    facts = {
        "rule": decision.rule,
        "answer": decision.answer.value,
        **_facts(request, identify(request), status or _STATUSES[decision.answer]),
    }
    access_logger.log(
        _LEVELS.get(decision.answer, logging.INFO),
        "Access denied at %s by %s: %s",
        facts["route"],
        decision.rule,
        decision.answer.value,
        extra=facts,
    )
    return True


def _tell_actor(request: HttpRequest, response: HttpResponseBase) -> None:
    auth: Auth | None = request.__dict__.get("_clerk_auth")
    if auth is None or auth.session.actor is None:
        return
    facts = _facts(request, auth, response.status_code)
    impersonation_logger.info("%s acts as %s at %s", facts["actor_id"], facts["user_id"], facts["route"], extra=facts)


def _facts(request: HttpRequest, auth: Auth, status: int) -> dict[str, Any]:
    match = request.resolver_match
    actor: Mapping[str, Any] = auth.session.actor or {}
    return {
        "user_id": _identifier(auth.user_id),
        "session_id": _identifier(auth.session_id),
        "actor_id": _identifier(actor.get("sub")),
        "token_type": auth.token_type,
        "route": f"/{match.route}" if match is not None else None,
        "view": match.view_name if match is not None else None,
        "method": request.method if request.method in _METHODS else None,
        "status": int(status),
    }


def _identifier(value: object) -> str | None:
    """Return an id, and None for what has another form: logs are read by people and by programs that split lines."""
    return value if isinstance(value, str) and _IDENTIFIER.fullmatch(value) else None
