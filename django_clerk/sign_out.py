"""The end of a Clerk session from the server's side: at Clerk, in this process, and in the browser."""

from __future__ import annotations

import logging

from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from . import revocation
from .core.instance import SESSION
from .exceptions import APIError
from .identify import identify
from .wiring import get_client, get_instance

logger = logging.getLogger("django_clerk")

_DEADLINE = 3.0  # seconds for Clerk's answer, while somebody waits for a page


def end_session(request: HttpRequest) -> bool:
    """
    End the Clerk session that the caller is signed in by. Returns False where Clerk could not be told: it goes on then.

    Other tabs, which hold its last token, follow within a minute, and at once with CLERK_REVOKE_SESSIONS.
    """
    session_id = identify(request).session_id
    if session_id is None:
        return True
    try:
        get_client().within(deadline=_DEADLINE).revoke_session(session_id)
    except (APIError, ImproperlyConfigured, ValueError) as error:
        logger.warning("A session could not be ended at Clerk, and goes on. %s", error)
        return False
    revocation.end(session_id)
    return True


def forget_session(response: HttpResponseBase) -> None:
    """
    Remove the session's token from the browser.

    Clerk's cookie that tells when somebody signed in stays: by it the next page finds out from Clerk that nobody is.
    """
    instance = get_instance()
    for name in (SESSION, *([instance.suffixed(SESSION)] if instance is not None else [])):
        response.delete_cookie(name, samesite="Lax")
