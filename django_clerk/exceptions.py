"""Everything django_clerk raises. A second parent, where there is one, is a class Django knows an answer for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import SuspiciousOperation


class ClerkError(Exception):
    """The root of everything raised on purpose by this package."""


class InvalidToken(ClerkError):
    """
    A token does not prove what it claims.

    ``reason`` is one of Clerk's reason constants ("token-expired", "token-invalid-signature", ...). The message is for
    logs: it may name a claim, never the token, and is not shown to the caller, who could otherwise use it as an oracle.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason  #: one of Clerk's verification reasons


class KeysUnavailable(ClerkError):
    """
    No key to verify with: Clerk could not be reached and nothing fresh enough is held, or no key is configured.

    This says nothing about the session, so the answer is 503, never 401.
    """

    def __init__(self, reason: str, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.reason = reason  #: one of Clerk's "jwk-…" reasons
        self.retry_after = retry_after  #: seconds until asking again can help, where known


class WebhookRejected(ClerkError, SuspiciousOperation):
    """The delivery is not Clerk's, not fresh, or not an event. Django answers 400."""


class WebhookNotConfigured(ClerkError):
    """No usable webhook signing secret is set, so nothing can be accepted. The answer is 500."""


class WebhookNotQueued(ClerkError):
    """The queue does not take the event. It is stored, and Clerk's next delivery tries again: the answer is 503."""


class EventNotWhole(ClerkError):
    """An event that was applied before cannot be applied again: its payload was reduced or emptied."""


class APIError(ClerkError):
    """
    Clerk's Backend API did not do what was asked.

    The message names the call and Clerk's error codes. It holds no secret, no body and no personal data.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        code: str | None = None,
        errors: Sequence[Mapping[str, Any]] = (),
        trace_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status  #: HTTP status, None when there was no answer
        self.code = code  #: code of the first of Clerk's errors, such as "resource_not_found"
        self.errors = tuple(errors)  #: Clerk's own list of errors
        self.trace_id = trace_id  #: what Clerk's support asks for
        self.retry_after = retry_after  #: seconds, from the Retry-After header


class APINotFound(APIError):
    """404: Clerk has no such object in this instance."""


class APIUnauthorized(APIError):
    """401: the secret key is missing, revoked or of another instance. Check CLERK_SECRET_KEY."""


class APIInvalid(APIError):
    """400 or 422: Clerk does not take what was sent. ``errors`` has all that is wrong with it."""

    @property
    def param_name(self) -> str | None:
        """The parameter that the first of Clerk's errors is about, None where it names none."""
        meta = self.errors[0].get("meta") if self.errors else None
        name = meta.get("param_name") if isinstance(meta, Mapping) else None
        return name if isinstance(name, str) else None


class APIPaymentRequired(APIError):
    """402: the instance's plan does not include this, or is used up."""


class APIForbidden(APIError):
    """403: Clerk does not do this for this object, or not in this instance."""


class APIConflict(APIError):
    """409: it contradicts what the instance has now."""


class APIRateLimited(APIError):
    """429, and waiting as long as allowed did not help."""


class APIUnavailable(APIError):
    """No usable answer within the deadline: connection refused or broken, too slow, or 5xx."""
