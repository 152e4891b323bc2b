"""Clerk's Backend API, as far as django_clerk uses it."""

from __future__ import annotations

from typing import Any

from .calls import wrong_shape
from .credentials import CredentialCalls
from .invitations import InvitationCalls
from .memberships import MembershipCalls
from .organizations import OrganizationCalls
from .sessions import SessionCalls
from .users import UserCalls

JWKS_MAX_BODY = 256 * 1024


class ClerkClient(UserCalls, SessionCalls, OrganizationCalls, MembershipCalls, InvitationCalls, CredentialCalls):
    """
    The Backend API of one Clerk instance.

    Cheap to make, safe to share between threads and across forks; connections belong to the process. Every call raises
    an APIError of django_clerk.exceptions when Clerk does not do what was asked, and ValueError before asking when an
    argument cannot be right. ``deadline`` is the total of one attempt in seconds, name look-up and body included;
    with ``attempts=1`` that is the longest a call can take.

    ``waiting_budget`` bounds what one call waits between its attempts; a Retry-After beyond it is raised at once.
    ``sleep`` and ``clock`` (seconds since the epoch) replace ``time.sleep`` and ``time.time``.

    Lists are read no faster than Clerk's limit for the instance allows; ``pace.wait()`` is for other callers that take
    long.
    """

    def jwks(self, *, deadline: float = 3.0) -> dict[str, Any]:
        """
        Return the instance's JWKS document, ``{"keys": [...]}``, the keys as Clerk sent them.

        Asked for once, never repeated: the caller has the last good keys, and knows when to ask again. An error's
        ``retry_after`` holds the seconds for which Clerk wants to be left alone, where it said so.
        """
        answer = self._call("GET", "/v1/jwks", deadline=deadline, attempts=1, max_body=JWKS_MAX_BODY)
        if not isinstance(answer, dict) or not isinstance(answer.get("keys"), list):
            raise wrong_shape("GET /v1/jwks", "a list of keys")
        return answer
