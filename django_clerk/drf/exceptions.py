"""Answers that Django REST framework has no exception for."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from rest_framework import status
from rest_framework.exceptions import APIException

from django_clerk.answers import RETRY_AFTER, reverification_error
from django_clerk.core.reverification import Reverification


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
