"""The authentication class."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import BaseAuthentication, CSRFCheck
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from django_clerk.acceptance import Acceptance
from django_clerk.answers import challenge
from django_clerk.audit import refused
from django_clerk.callers import accept_unless_asked, load_user
from django_clerk.core.auth import Auth
from django_clerk.core.machines import SESSIONS_ONLY, TokenType
from django_clerk.core.policies import Answer, Decision

from .composition import refuse_declared_negation
from .exceptions import CredentialRefused, KeysUnavailable


class ClerkAuthentication(BaseAuthentication):
    """
    Sign in by Clerk's session token, from the Authorization header or from the cookie.

    ``request.user`` is the Django user and ``request.auth`` the ``Auth`` that plain views find as ``request.clerk``. It
    works with and without the middleware. A bad token in the header is a 401, and a 503 while Clerk's keys cannot be
    had. A cookie that proves nothing is nobody, so that a stale one keeps nobody from what is public, nor from signing
    in by other means; the permission classes know why. What a cookie authorizes is checked for CSRF, because it travels
    by itself. Of callers who send nothing at all REST framework asks what the first class of a view does: put this one
    there, for a 401.

    A subclass may accept machines as well, ``accepts = ("session_token", "api_key")``, and count sessions with
    unfinished tasks as signed in. A machine's ``request.user`` is the user it acts for, whom Django must let in, and
    AnonymousUser where it acts for none; ``request.auth.machine`` tells which it is.
    """

    accepts: ClassVar[tuple[TokenType, ...]] = SESSIONS_ONLY
    allow_pending: ClassVar[bool] = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        Acceptance(cls.accepts)  # raises for a type that there is not

    def authenticate(self, request: Request) -> tuple[Any, Auth] | None:
        refuse_declared_negation((request.parser_context or {}).get("view"))
        self._vary(request)
        http_request: HttpRequest = request._request
        auth = accept_unless_asked(http_request, self.accepts, pending=self.allow_pending)
        if auth.is_unavailable and auth.source == "header":
            refused(http_request, Decision(Answer.UNAVAILABLE, "authentication"))
            raise KeysUnavailable
        user = load_user(http_request) if auth.is_signed_in else None
        if auth.machine is not None and auth.machine.user_id is None:
            return AnonymousUser(), auth
        if user is None:
            if auth.source == "header":
                refused(http_request, Decision(Answer.SIGN_IN, "authentication"))
                # One text for every reason: which check a token failed is nobody's business but the log's.
                sessions_only = self.accepts == SESSIONS_ONLY
                text = _("Sign in, and send a valid session token.") if sessions_only else _("Send a valid credential.")
                raise CredentialRefused(text, challenge(self.accepts))
            return None
        if auth.source != "header":
            self._enforce_csrf(http_request)
        return user, auth

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge that makes a refusal a 401."""
        return challenge(self.accepts)

    def _vary(self, request: Request) -> None:
        """Keep the response apart from other callers', also in a cache around the view, where no middleware reaches."""
        headers = getattr((request.parser_context or {}).get("view"), "headers", {})
        headers["Vary"] = ", ".join(filter(None, [headers.get("Vary"), "Authorization", "Cookie"]))

    def _enforce_csrf(self, request: HttpRequest) -> None:
        """Check as REST framework does for Django's session cookie."""
        check = CSRFCheck(lambda request: None)  # type: ignore[arg-type]
        check.process_request(request)
        reason = check.process_view(request, None, (), {})  # type: ignore[arg-type]
        if reason:
            refused(request, Decision(Answer.FORBID, "csrf"))
            raise PermissionDenied(f"CSRF Failed: {reason}")
