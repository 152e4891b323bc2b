"""Answers that Django REST framework has no exception for."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import status
from rest_framework.exceptions import APIException, AuthenticationFailed

from django_clerk.answers import RETRY_AFTER, reverification_error
from django_clerk.core.reverification import Reverification


class CredentialRefused(AuthenticationFailed):
    """
    401, with the challenge of the class that refused.

    REST framework makes it a 403, or a challenge of another scheme, where another authentication class stands first in
    a view. Whoever sends a token of Clerk's is told what is asked for instead of it, wherever its class stands.
    """

    def __init__(self, detail: Any, challenge: str) -> None:
        super().__init__(detail)
        self._challenge = challenge

    @property
    def auth_header(self) -> str:
        return self._challenge

    @auth_header.setter
    def auth_header(self, value: str) -> None:
        """Ignore what the first class of the view would ask for."""

    @property
    def status_code(self) -> int:
        return status.HTTP_401_UNAUTHORIZED

    @status_code.setter
    def status_code(self, value: int) -> None:
        """Ignore that the first class of the view asks for nothing."""


class KeysUnavailable(APIException):
    """The session may well be valid; nobody can tell just now."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = _("Sign-in cannot be checked at the moment. Please try again.")
    default_code = "unavailable"
    wait = RETRY_AFTER  #: REST framework sends it as Retry-After


class ReverificationRequired(APIException):
    """403 with the body that ``useReverification`` of Clerk's front-end SDKs understands."""

    status_code = status.HTTP_403_FORBIDDEN
    default_code = "reverification_required"

    def __init__(self, requirement: Reverification) -> None:
        self.detail = reverification_error(requirement)  # type: ignore[assignment]
