"""
What a browser brings back from Clerk, at the end of a handshake.

Source: Clerk's ``packages/backend/src/tokens/handshake.ts``.
"""

from __future__ import annotations

import logging

from django_clerk.exceptions import APIError, APIRateLimited, APIUnavailable, InvalidToken, KeysUnavailable

from .cookies import ClerkCookies
from .handshake import cleaned, directive_headers, session_of
from .instance import HANDSHAKE, HANDSHAKE_NONCE, Instance
from .request import ClerkRequest
from .site import Site
from .state import Headers, SignedIn, SignedOut, State

logger = logging.getLogger("django_clerk")

_CLOCK_REASONS = ("token-expired", "token-not-active-yet", "token-iat-in-the-future")
_SLOW_CLOCK = 24 * 60 * 60  #: seconds by which a developer's clock may be wrong while a handshake is resolved


def carried(request: ClerkRequest, instance: Instance, cookies: ClerkCookies) -> tuple[str | None, str | None]:
    """
    Return nonce and token of a handshake that the request carries.

    A production instance hands them over in cookies. What is in a link, anybody may have put there: following it would
    sign the victim in as the attacker.
    """
    if instance.is_production:
        return cookies.handshake_nonce, cookies.handshake
    return (
        request.query(HANDSHAKE_NONCE) or cookies.handshake_nonce,
        request.query(HANDSHAKE) or cookies.handshake,
    )


def resolve(request: ClerkRequest, site: Site, cookies: ClerkCookies, *, wait: bool) -> State | None:
    """Return the state that a handshake ends in; None when there is none, or it proves nothing."""
    instance = site.instance
    if instance is None:
        return None
    nonce, token = carried(request, instance, cookies)
    if nonce:
        directives = _exchange(nonce, site)
        return None if directives is None else _apply(directives, request, site, instance, wait)
    if not token:
        return None
    try:
        directives = site.verifier.verify_handshake(token, wait=wait)
    except (InvalidToken, KeysUnavailable) as error:
        logger.warning(
            "A handshake token was refused (%s). If you have switched Clerk keys locally, clear your cookies and try "
            "again.",
            error.reason,
        )
        # In production it may be another application's on the same domain, and what else there is decides.
        is_unavailable = isinstance(error, KeysUnavailable)
        state = SignedOut(error.reason, str(error), "cookie", is_unavailable=is_unavailable)
        return None if instance.is_production else state
    return _apply(directives, request, site, instance, wait)


def _exchange(nonce: str, site: Site) -> list[str] | None:
    """
    Return the cookies behind a nonce: none of them, and so nobody, when Clerk does not know it.

    None when Clerk cannot be asked: then what other cookies prove is not less true than before.
    """
    if site.backend is None:
        logger.warning("A handshake nonce cannot be exchanged: CLERK_SECRET_KEY is not set.")
        return None
    if not site.limit.allows(nonce):
        return None
    try:
        return site.backend().handshake_payload(nonce)
    except (APIError, ValueError) as error:  # ValueError: it can be no nonce
        logger.warning("A handshake nonce could not be exchanged. %s", error)
        site.limit.failed(nonce)
        return None if isinstance(error, (APIUnavailable, APIRateLimited)) else []


def _apply(directives: list[str], request: ClerkRequest, site: Site, instance: Instance, wait: bool) -> State | None:
    headers: Headers = (
        ("Access-Control-Allow-Origin", "null"),
        ("Access-Control-Allow-Credentials", "true"),
        *directive_headers(directives),
    )
    # The body of a POST would be lost on the way to the clean URL, or sent twice; fetch() gets its answer at once.
    if not instance.is_production and request.may_be_sent_away and request.url is not None:
        headers += (("Location", cleaned(request.url)), ("Cache-Control", "no-store"))
    token = session_of(directives)
    if not token:
        return SignedOut("session-token-missing", source="cookie", headers=headers)
    try:
        try:
            claims = site.verifier.verify(token, wait=wait)
        except InvalidToken as error:
            if instance.is_production or error.reason not in _CLOCK_REASONS:
                raise
            logger.error("This machine's clock is wrong: a session token that was just made is refused. %s", error)
            claims = site.verifier.verify(token, wait=wait, skew=_SLOW_CLOCK)
    except (InvalidToken, KeysUnavailable) as error:
        logger.warning("The session that a handshake brought is refused (%s).", error.reason)
        return None
    return SignedIn(claims, token, "cookie", headers)
