"""From a request to what Clerk says of it: decided once, and only when somebody wants to know."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from asgiref.sync import sync_to_async
from django.db import close_old_connections
from django.http import HttpRequest

from .core.auth import Auth
from .core.decision import decide, may_wait
from .core.machines import SESSION, TokenType, classify
from .core.state import Handshake, Headers, SignedIn, SignedOut, State
from .core.withheld import Withheld
from .exceptions import InvalidToken, KeysUnavailable
from .http import clerk_request
from .revocation import is_revoked
from .wiring import get_machine_verifier, get_role_claim, get_site, revokes_sessions

logger = logging.getLogger("django_clerk")

_T = TypeVar("_T")

Accepted = TokenType | tuple[TokenType, ...]

#: Reasons that say nothing about a machine's credential: Clerk could not be asked.
_SAYING_NOTHING = ("unexpected-error", "secret-key-invalid")


def identify(request: HttpRequest) -> Auth:
    """
    Return what Clerk says of the caller. Every door asks here, and the answer of the first time holds.

    Never raises for what a caller sends: whoever cannot be verified is signed out, with a reason.
    """
    auth = request.__dict__.get("_clerk_auth")
    if auth is None:
        auth = request.__dict__["_clerk_auth"] = _by_session(request)
    return auth


def identify_as(request: HttpRequest, accepted: Accepted, *, pending: bool = False) -> Auth:
    """
    Return what Clerk says of the caller at a view that accepts one type of token, several, or pending sessions.

    It holds from then on. A machine's token is in the Authorization header or nowhere: a cookie travels by itself.
    """
    request.__dict__.pop("_clerk_refusal", None)
    token = clerk_request(request).bearer_token
    types = (accepted,) if isinstance(accepted, str) else accepted
    only = accepted if isinstance(accepted, str) else None
    if only == SESSION or (token is None and SESSION in types):
        auth = _by_session(request, pending=pending)
    elif token is None:
        auth = _refuse(request, SignedOut("No token in header" if only else "token-type-mismatch"), only)
    elif (kind := classify(token)) not in types:
        auth = _refuse(request, SignedOut("token-type-mismatch", source="header"), only)
    elif kind == SESSION:
        auth = _by_session(request, pending=pending)
    else:
        auth = _by_machine(request, token, kind)
    request.__dict__["_clerk_auth"] = auth
    return auth


def is_verified_header(request: HttpRequest, accepted: Accepted, *, pending: bool) -> bool:
    """
    Tell whether a view that accepts this would be called by a verified header, and change nothing.

    The CSRF check asks before the view, and guards that stand above the one that accepts more must not see more.
    """
    attributes = request.__dict__
    names = ("_clerk_auth", "_clerk_refusal")
    kept: dict[str, Any] = {name: attributes.pop(name) for name in names if name in attributes}
    auth = identify_as(request, accepted, pending=pending)
    for name in names:
        attributes.pop(name, None)
    attributes.update(kept)
    return auth.is_signed_in and auth.source == "header"


async def prepare(request: HttpRequest) -> None:
    """
    Do ahead what identify() could have to wait for: Clerk's keys, a refreshed session, a list in a cache.

    An async view reads ``request.clerk`` on the event loop, which must not wait for a network. Nothing happens when the
    request carries no credential, or all that is needed to judge it is here.
    """
    if "_clerk_auth" not in request.__dict__ and _may_wait(request):
        await in_thread(identify, request)
    request.__dict__["_clerk_is_prepared"] = True


async def in_thread(work: Callable[..., _T], *args: Any) -> _T:
    """
    Do what may wait in a thread of its own: sync views wait for one another in the one that Django has for them.

    Django looks after the connections of its own threads only, and a cache may be a database's.
    """

    def with_live_connections() -> _T:
        close_old_connections()
        try:
            return work(*args)
        finally:
            close_old_connections()

    return await sync_to_async(with_live_connections, thread_sensitive=False)()


def state_of(request: HttpRequest) -> State:
    """Return the decision on the session that a request carries, made once."""
    state = request.__dict__.get("_clerk_state")
    if state is None:
        # Keys that were fresh when the request began may have come of age by now; the event loop does not wait for it.
        wait = "_clerk_is_prepared" not in request.__dict__
        state = request.__dict__["_clerk_state"] = _unless_revoked(
            decide(clerk_request(request), get_site(), wait=wait)
        )
    return state


def headers_of(request: HttpRequest) -> Headers:
    """Return what a response must carry when somebody has asked who the caller is: cookies, a redirect, the reason."""
    auth: Auth | None = request.__dict__.get("_clerk_auth")
    state: State | None = request.__dict__.get("_clerk_refusal") or request.__dict__.get("_clerk_state")
    headers = state.headers if state is not None else ()
    if auth is None or auth.is_signed_in or isinstance(state, SignedIn):
        return headers
    status = "handshake" if isinstance(state, Handshake) else "signed-out"
    told: Headers = (("X-Clerk-Auth-Status", status), ("X-Clerk-Auth-Reason", auth.reason or ""))
    # What is wrong with keys and Clerk's answers is for the log, and not for whoever asks.
    message = state.message if state is not None and not auth.is_unavailable else ""
    if message and message.isascii() and message.isprintable():
        told += (("X-Clerk-Auth-Message", message),)
    return (*headers, *told)


def _by_session(request: HttpRequest, *, pending: bool = False) -> Auth:
    state = state_of(request)
    if not isinstance(state, SignedIn):
        if state.source is not None:
            logger.debug("Not signed in by %s: %s (%s)", state.source, state.message, state.reason)
        is_unavailable = isinstance(state, SignedOut) and state.is_unavailable
        return Auth(source=state.source, reason=state.reason, is_unavailable=is_unavailable)
    claims = (state.claims.pending or state.claims) if pending else state.claims
    if claims.user_id is None:
        reason = "session-pending" if claims.session_status == "pending" else "token-verification-failed"
        return Auth(claims, source=state.source, reason=reason)
    return Auth(claims, Withheld(state.token), state.source, None, get_role_claim(), partial(_synced_role, request))


def _by_machine(request: HttpRequest, token: str, kind: TokenType) -> Auth:
    try:
        machine = get_machine_verifier().verify(token, kind)
    except (InvalidToken, KeysUnavailable) as error:
        logger.debug("Not let in by an %s: %s (%s)", kind, error, error.reason)
        is_unavailable = isinstance(error, KeysUnavailable) or error.reason in _SAYING_NOTHING
        return _refuse(request, SignedOut(error.reason, str(error), "header", is_unavailable=is_unavailable), kind)
    return Auth(token=Withheld(token), source="header", token_type=kind, machine=machine)


def _refuse(request: HttpRequest, state: SignedOut, token_type: TokenType | None) -> Auth:
    """Whatever the request carried besides is not looked at here, and no cookie of it is answered."""
    request.__dict__["_clerk_refusal"] = state  # beside the session's, which the next to ask may accept
    return Auth(source=state.source, reason=state.reason, token_type=token_type, is_unavailable=state.is_unavailable)


def _unless_revoked(state: State) -> State:
    if not isinstance(state, SignedIn) or not revokes_sessions():
        return state
    claims = state.claims.pending or state.claims
    issued_at = claims.payload.get("iat", 0)
    if claims.user_id is None or claims.session_id is None:
        return state
    if not is_revoked(claims.session_id, claims.user_id, issued_at):
        return state
    return SignedOut("session-revoked", "Clerk has reported the end of this session.", state.source)


def _may_wait(request: HttpRequest) -> bool:
    asked = clerk_request(request)
    if "HTTP_AUTHORIZATION" not in asked.meta and "__" not in asked.cookie and not asked.meta.get("QUERY_STRING"):
        return False
    return revokes_sessions() or may_wait(asked, get_site())


def _synced_role(request: HttpRequest) -> str | None:
    """Return the role in the row of the user who is signed in, loading ``request.user`` if need be."""
    user: Any = request.__dict__.get("_clerk_user") or getattr(request, "user", None)
    return user._clerk_role if getattr(user, "_clerk_clerk_id", None) == identify(request).user_id else None
