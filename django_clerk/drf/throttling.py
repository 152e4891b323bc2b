"""
Throttles by who is behind a credential, once it is verified.

Nobody escapes one by sending another token, nor fills somebody else's by inventing one. The token is never a key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle, UserRateThrottle

from django_clerk.core.machines import API_KEY

from .callers import subject_of_api

if TYPE_CHECKING:
    # REST framework imports its default classes, these among them, while it makes APIView.
    from rest_framework.views import APIView


class ClerkUserRateThrottle(UserRateThrottle):
    """
    Count requests by Clerk's user, however many sessions and API keys the user has.

    A machine that acts for no user is counted by itself, an organization's key by the organization; whoever Clerk does
    not know as by REST framework's own class, a user of Django's by key and a stranger by address. The rate is at
    ``DEFAULT_THROTTLE_RATES["clerk_user"]``.
    """

    scope = "clerk_user"

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        """Return under which key the requests of this caller are counted."""
        subject = subject_of_api(request).auth.subject
        if subject is None:
            return super().get_cache_key(request, view)
        return self.cache_format % {"scope": self.scope, "ident": f"clerk:{subject}"}


class ClerkAPIKeyRateThrottle(SimpleRateThrottle):
    """
    Count requests by API key, each by itself, whoever it belongs to. Everybody else is for other throttles to count.

    The rate is at ``DEFAULT_THROTTLE_RATES["clerk_api_key"]``.
    """

    scope = "clerk_api_key"

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        """Return under which key the requests of this credential are counted, None for one that is no API key."""
        machine = subject_of_api(request).auth.machine
        if machine is None or machine.token_type != API_KEY:
            return None
        return self.cache_format % {"scope": self.scope, "ident": machine.id or f"clerk:{machine.subject}"}
