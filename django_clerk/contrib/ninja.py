"""
Clerk for Django Ninja, sync and async operations alike.

``NinjaAPI(auth=ClerkAuth())`` asks for somebody who is signed in, ``auth=ClerkAuth(has_role("admin"))`` for more. Call
``register_answers(api)`` once, so that refusals are those of every other door, header for header.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import CsrfViewMiddleware
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError
from ninja.security.base import AuthBase

from django_clerk.acceptance import Acceptance
from django_clerk.answers import refuse_credential, respond_to_program
from django_clerk.audit import passed, refused
from django_clerk.callers import accept_unless_asked, subject_of
from django_clerk.core import policies
from django_clerk.core.auth import Auth
from django_clerk.core.machines import SESSIONS_ONLY
from django_clerk.core.policies import Answer, Decision, Policy, Subject
from django_clerk.guards import mark_guarded

#: On the request: what the last of several ClerkAuth would have said to a caller whom none of them knows.
_ANSWER = "_clerk_ninja_answer"


class Refused(HttpError):
    """
    The answer to a caller who is refused.

    Without register_answers() Ninja makes its own of it, with the same status and without our headers.
    """

    def __init__(self, response: HttpResponse, decision: Decision) -> None:
        super().__init__(response.status_code, response.reason_phrase)
        self.response = response
        self.decision = decision


class ClerkAuth(AuthBase):
    """
    Let in whom ``policy`` allows; ``request.auth`` is then what plain views find as ``request.clerk``.

    ``accepts`` names the types of credentials, "session_token" unless given; machines need all of ``scopes``, and the
    policy holds for them as well. With ``allow_pending`` sessions with unfinished tasks count as signed in.

    A caller whom it does not know is left to the next class of a list; one who is known and not allowed is refused at
    once. What a cookie authorizes is checked for CSRF, whatever Ninja or a decorator exempts.
    """

    openapi_type = "http"
    openapi_scheme = "bearer"

    def __init__(
        self,
        policy: Policy | None = None,
        *,
        accepts: Sequence[str] = SESSIONS_ONLY,
        scopes: Sequence[str] = (),
        allow_pending: bool = False,
    ) -> None:
        super().__init__()
        if policy is not None and not isinstance(policy, Policy):
            raise TypeError(f"ClerkAuth() takes a policy, not {type(policy).__name__}.")
        self._acceptance = Acceptance(accepts, scopes)
        self._policy = self._acceptance.policy if policy is None else self._acceptance.policy & policy
        self._allow_pending = allow_pending
        # For the route policy, which is asked before, and for the table of URLs.
        self.clerk_accepts = self._acceptance.types
        self.clerk_pending_allowed = allow_pending
        mark_guarded(self, self._policy.name)

    def __call__(self, request: HttpRequest) -> Auth | None:
        """Return who calls, None for somebody unknown. Raises Refused. Ninja calls it in a thread, where that helps."""
        types = self._acceptance.types
        auth = accept_unless_asked(request, types, pending=self._allow_pending)
        subject = subject_of(request)
        decision = policies.known.decide(subject)
        if decision.answer is Answer.ALLOW:
            _check_csrf(request, subject)
            decision = self._policy.decide(subject)
        if decision.answer is Answer.ALLOW:
            passed(request)
            return auth
        refused(request, decision)  # told with the response: another class may let the caller in
        if types == SESSIONS_ONLY or decision.answer is Answer.REVERIFY:
            response = respond_to_program(decision)
        else:
            response = refuse_credential(decision, types, self._acceptance.scopes)
        if decision.answer is not Answer.SIGN_IN:
            raise Refused(response, decision)
        request.__dict__[_ANSWER] = response
        return None


def require(request: HttpRequest, policy: Policy, obj: Any = None) -> None:
    """
    Ask within an operation, about an object: ``require(request, is_owner("author"), post)``. Raises Refused.

    It is about whom ClerkAuth has let in; where that did not guard the operation, nobody passes.
    """
    auth = getattr(request, "auth", None)
    subject = subject_of(request) if isinstance(auth, Auth) else Subject(Auth(), lambda: None)
    decision = policy.decide(subject, obj)
    if decision.answer is not Answer.ALLOW:
        refused(request, decision)
        raise Refused(respond_to_program(decision), decision)


async def arequire(request: HttpRequest, policy: Policy, obj: Any = None) -> None:
    """Do what require() does, in an async operation."""
    await sync_to_async(require)(request, policy, obj)


def register_answers(api: NinjaAPI) -> None:
    """Give callers who are refused the answers of every other door: JSON, WWW-Authenticate, Retry-After."""
    api.add_exception_handler(Refused, _refused)
    api.add_exception_handler(AuthenticationError, _unknown)


def _refused(request: HttpRequest, error: Any) -> HttpResponse:
    response: HttpResponse = error.response
    return response


def _unknown(request: HttpRequest, error: Any) -> HttpResponse:
    """Nobody that any class of the operation knows. Not all of them need be ours."""
    response: HttpResponse | None = request.__dict__.get(_ANSWER)
    return response if response is not None else JsonResponse({"detail": str(error)}, status=error.status_code)


def _check_csrf(request: HttpRequest, subject: Subject) -> None:
    """Ninja's views are exempt, and leave it to their authentication. A cookie travels by itself."""
    if subject.auth.source == "header":
        return
    check = CsrfViewMiddleware(lambda request: HttpResponse())
    check.process_request(request)
    if check.process_view(request, None, (), {}) is not None:  # type: ignore[arg-type]
        decision = Decision(Answer.FORBID, "csrf")
        refused(request, decision)
        raise Refused(JsonResponse({"detail": "CSRF Failed."}, status=403), decision)
