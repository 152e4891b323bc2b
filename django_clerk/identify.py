"""From a request to what Clerk says of it: decided once, and only when somebody wants to know."""

from __future__ import annotations

import logging
from functools import partial
from typing import Any

from asgiref.sync import sync_to_async
from django.http import HttpRequest

from .core.auth import Auth
from .core.claims import SessionClaims
from .core.credentials import Credential, find_credential
from .exceptions import InvalidToken, KeysUnavailable
from .wiring import get_instance, get_role_claim, get_verifier

logger = logging.getLogger("django_clerk")


def identify(request: HttpRequest) -> Auth:
    """
    Return what Clerk says of the caller. Every door asks here, and the answer of the first time holds.

    Never raises for what a caller sends: whoever cannot be verified is signed out, with a reason.
    """
    auth = request.__dict__.get("_clerk_auth")
    if auth is None:
        auth = request.__dict__["_clerk_auth"] = _judge(request)
    return auth


async def prepare(request: HttpRequest) -> None:
    """
    Do ahead what identify() could have to wait for: fetching Clerk's keys.

    An async view reads ``request.clerk`` on the event loop, which must not wait for a network. Nothing happens when the
    request carries no token, or the keys for it are here.
    """
    verifier = get_verifier()
    if verifier.offline:
        return
    token = _find(request).token
    if token is not None and verifier.may_wait(token):
        await sync_to_async(identify, thread_sensitive=False)(request)
    request.__dict__["_clerk_is_prepared"] = True


def _judge(request: HttpRequest) -> Auth:
    credential = _find(request)
    if credential.token is None:
        return Auth(source=credential.source, reason=credential.reason)
    try:
        # Keys that were fresh when the request began may have come of age by now; the event loop does not wait for it.
        claims = get_verifier().verify(credential.token, wait="_clerk_is_prepared" not in request.__dict__)
        _check_cookie(credential, claims)
    except (InvalidToken, KeysUnavailable) as error:
        logger.debug("Not signed in by %s: %s (%s)", credential.source, error, error.reason)
        return Auth(source=credential.source, reason=error.reason)
    if claims.user_id is None:
        reason = "session-pending" if claims.session_status == "pending" else "token-verification-failed"
        return Auth(claims, source=credential.source, reason=reason)
    return Auth(claims, credential.token, credential.source, None, get_role_claim(), partial(_synced_role, request))


def _find(request: HttpRequest) -> Credential:
    meta = request.META
    return find_credential(meta.get("HTTP_AUTHORIZATION"), meta.get("HTTP_COOKIE"), get_instance())


def _check_cookie(credential: Credential, claims: SessionClaims) -> None:
    """A cookie outlives the state it was set in: what the browser has since been told counts."""
    if credential.client_uat is None:
        return
    if credential.client_uat == 0:
        raise InvalidToken("session-token-but-no-client-uat", "The browser has signed out.")
    if claims.payload.get("iat", 0) < credential.client_uat and claims.user_id is not None:
        raise InvalidToken(
            "session-token-iat-before-client-uat", "The token is older than the browser's last sign-in or sign-out."
        )


def _synced_role(request: HttpRequest) -> str | None:
    """Return the role in the row of the user who is signed in, loading ``request.user`` if need be."""
    user: Any = request.__dict__.get("_clerk_user") or getattr(request, "user", None)
    return user._clerk_role if getattr(user, "_clerk_clerk_id", None) == identify(request).user_id else None
