"""Who calls an API, as policies see one."""

from __future__ import annotations

from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request

from django_clerk.callers import load_user
from django_clerk.core.auth import Auth
from django_clerk.core.policies import Subject
from django_clerk.identify import identify


def subject_of_api(request: Request) -> Subject:
    """
    Return the caller whom ClerkAuthentication let in, and nobody when something else did.

    A view without that class has not checked a cookie for CSRF, so its cookie counts for nothing. SessionAuthentication
    has, and under the middleware the user that it passes on is Clerk's.
    """
    auth = request.auth
    if isinstance(auth, Auth):
        # A machine that acts for nobody comes with an AnonymousUser, who is not nobody to a policy.
        return Subject(auth, lambda: request.user if auth.user_id is not None else None)
    http_request = request._request
    told = identify(http_request)
    if isinstance(request.successful_authenticator, SessionAuthentication):
        user = load_user(http_request)
        return Subject(told if told.is_unavailable or request.user == user else Auth(), lambda: user)
    return Subject(told if told.is_unavailable else Auth(), lambda: None)
