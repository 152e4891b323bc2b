"""From a request to its Django user, and to the subject that policies judge; sync and async."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any

from django.conf import settings
from django.contrib.auth import load_backend
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from .backends import ClerkBackend
from .core.auth import Auth
from .core.machines import SESSION, SESSIONS_ONLY, TokenType
from .core.policies import Subject
from .core.state import SignedIn
from .identify import Accepted, identify, identify_as, state_of


def attach_user(request: HttpRequest, session_user: Any, session_auser: Any) -> None:
    """Put ``request.user`` and ``request.auser`` on the request, beside what Django itself has put there."""
    attributes: dict[str, Any] = request.__dict__
    attributes["_clerk_beside"] = session_user, session_auser
    request.user = SimpleLazyObject(partial(get_user, request, session_user))  # type: ignore[assignment]
    attributes["auser"] = partial(aget_user, request, session_auser)


def accept(request: HttpRequest, accepted: Accepted, *, pending: bool = False) -> Auth:
    """
    Decide anew, for a view that accepts other credentials than sessions, or pending sessions.

    ``request.clerk`` and ``request.user`` are renewed: whatever was asked before the view, this is who calls it.
    """
    attributes: dict[str, Any] = request.__dict__
    auth = identify_as(request, accepted, pending=pending)
    attributes.pop("_clerk_user", None)
    if "clerk" in attributes:
        attributes["clerk"] = auth
        attach_user(request, *attributes.get("_clerk_beside", (None, None)))
    return auth


def accept_unless_asked(request: HttpRequest, accepted: tuple[TokenType, ...], *, pending: bool = False) -> Auth:
    """
    Do what accept() does, but ask nothing anew that is known already.

    Somebody with unfinished tasks whom the route policy has let through, for another method of the view, is asked anew.
    """
    auth = identify(request)
    if accepted == SESSIONS_ONLY and auth.token_type == SESSION and not pending and auth.session_status != "pending":
        return auth
    return accept(request, accepted, pending=pending)


def types_of(view: Callable[..., Any] | None) -> Accepted:
    """Return the types of token that a view accepts: sessions only, unless its decorator says otherwise."""
    accepted: Accepted = getattr(view, "clerk_accepts", SESSION)
    return accepted


def load_user(request: HttpRequest) -> Any | None:
    """Return the active Django user of the request's Clerk identity, or None. One query, once."""
    if "_clerk_user" not in request.__dict__:
        auth = identify(request)
        request.__dict__["_clerk_user"] = (
            _backend().authenticate(request, clerk_auth=auth) if auth.is_signed_in else None
        )
    return request.__dict__["_clerk_user"]


async def aload_user(request: HttpRequest) -> Any | None:
    """Do what load_user() does."""
    if "_clerk_user" not in request.__dict__:
        auth = identify(request)
        user = await _backend().aauthenticate(request, clerk_auth=auth) if auth.is_signed_in else None
        request.__dict__["_clerk_user"] = user
    return request.__dict__["_clerk_user"]


def get_user(request: HttpRequest, session_user: Any) -> Any:
    """
    Return ``request.user``: one identity, never a mixture.

    A valid Clerk credential decides alone, also when its user is shut out; so does whatever is in the Authorization
    header. Otherwise Django's own session counts, ``session_user``: a stale cookie of Clerk's proves nothing, and must
    not keep anybody from signing in by password while Clerk is down.
    """
    if _is_decided_by_clerk(request):
        return load_user(request) or AnonymousUser()
    session_user = request.__dict__.get("_clerk_session_user", session_user)
    return session_user if session_user is not None else AnonymousUser()


async def aget_user(request: HttpRequest, session_auser: Any) -> Any:
    """Do what get_user() does; ``session_auser`` is what Django set as ``request.auser``."""
    if _is_decided_by_clerk(request):
        return await aload_user(request) or AnonymousUser()
    user = await session_auser() if session_auser is not None else AnonymousUser()
    request.__dict__["_clerk_session_user"] = user  # so that request.user needs no second query
    return user


def subject_of(request: HttpRequest) -> Subject:
    """Return the caller as policies see one."""
    return Subject(identify(request), lambda: load_user(request))


async def asubject_of(request: HttpRequest) -> Subject:
    """Return the caller, with the user loaded already."""
    user = await aload_user(request)
    return Subject(identify(request), lambda: user)


def _is_decided_by_clerk(request: HttpRequest) -> bool:
    auth = identify(request)
    if auth.is_signed_in or auth.source == "header":
        return True
    # A view that does not accept the session of a cookie makes nobody else of whoever has it.
    return "_clerk_refusal" in request.__dict__ and isinstance(state_of(request), SignedIn)


def _backend() -> ClerkBackend:
    return _find_backend(tuple(settings.AUTHENTICATION_BACKENDS))()


@cache
def _find_backend(paths: tuple[str, ...]) -> type[ClerkBackend]:
    """Return the project's own subclass where there is one."""
    backends = [type(load_backend(path)) for path in paths]
    return next((backend for backend in backends if issubclass(backend, ClerkBackend)), ClerkBackend)
