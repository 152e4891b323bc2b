"""The middleware attaches who is asking to the request, and leaves finding out to whoever wants to know."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, TypeVar

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve
from django.utils.cache import patch_cache_control, patch_vary_headers

from .acceptance import accepted_at
from .audit import asettle, settle
from .callers import attach_user, types_of
from .cookies import set_cookie_lines
from .core.auth import Auth
from .core.instance import HANDSHAKE
from .core.machines import SESSION
from .core.state import Headers
from .http import clerk_request
from .identify import headers_of, identify, is_verified_header, prepare
from .routes import arefuse_by_route, refuse_by_route
from .wiring import get_instance

_R = TypeVar("_R", bound=HttpResponseBase)


class ClerkMiddleware:
    """
    Sets ``request.clerk``, ``request.user`` and ``request.auser``. Place it after Django's AuthenticationMiddleware.

    Nothing is verified and nothing is queried until one of them is read, save for the pages that a browser navigates
    to: whether it must be sent to Clerk first, to come back with a fresh session, is decided before the view. Responses
    that depend on who asked are marked as private to them.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        self._is_async = iscoroutinefunction(get_response)
        #: What Django asks before it calls a view. It waits for a coroutine function, and calls others in a thread.
        self.process_view = self._aguard_route if self._is_async else self._guard_route
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if self._is_async:
            return self.__acall__(request)
        self.attach(request)
        if (away := self.send_away(request)) is not None:
            return away
        response: HttpResponseBase = self.get_response(request)
        if "_clerk_auth" in request.__dict__:
            settle(request, response)
        return self.finish(request, response)

    async def __acall__(self, request: HttpRequest) -> HttpResponseBase:
        self.attach(request)
        await prepare(request)
        if (away := self.send_away(request)) is not None:
            return away
        response: HttpResponseBase = await self.get_response(request)
        if "_clerk_auth" in request.__dict__:
            await asettle(request, response)
        return self.finish(request, response)

    def _guard_route(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        return refuse_by_route(request, view)

    async def _aguard_route(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        return await arefuse_by_route(request, view)

    def attach(self, request: HttpRequest) -> None:
        """Put the lazy values on the request."""
        attributes: dict[str, Any] = request.__dict__
        attributes["clerk"] = LazyAuth(request)
        attach_user(request, attributes.get("user"), attributes.get("auser"))
        if "HTTP_AUTHORIZATION" in request.META and not attributes.get("_dont_enforce_csrf_checks"):
            attributes["_dont_enforce_csrf_checks"] = _IsVerifiedHeader(request)

    def send_away(self, request: HttpRequest) -> HttpResponse | None:
        """Return the redirect of a handshake, on the way there or back; None when the view may answer."""
        if not must_be_decided_first(request):
            return None
        identify(request)
        headers = headers_of(request)
        if not _leads_away(headers) or not _takes_sessions(request):
            return None
        response = HttpResponse(status=HTTPStatus.TEMPORARY_REDIRECT)
        del response.headers["Content-Type"]
        return _with_headers(response, headers)

    def finish(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Tell what was decided, and keep a response that looked at the caller out of shared caches."""
        if "_clerk_auth" not in request.__dict__:
            return response
        told = headers_of(request)
        if told and not _leads_away(told):  # where it does, this view has no use for sessions
            _with_headers(response, told)
        headers = response.headers
        if len(headers) == 1 and "Content-Type" in headers:  # the usual case, without taking headers apart
            headers["Vary"], headers["Cache-Control"] = "Authorization, Cookie", "private"
        else:
            patch_vary_headers(response, ("Authorization", "Cookie"))
            patch_cache_control(response, private=True)
        return response


def must_be_decided_first(request: HttpRequest) -> bool:
    """Tell whether a request could end in a redirect to Clerk or back, which no view can be asked to make."""
    asked = clerk_request(request)
    if not asked.may_be_sent_away:
        return False
    instance = get_instance()
    if instance is None:
        return False
    if not instance.is_production or instance.is_satellite or "HTTP_AUTHORIZATION" in asked.meta:
        return True
    cookie = asked.cookie
    return "__session" in cookie or "__client_uat" in cookie or HANDSHAKE in cookie


def _leads_away(headers: Headers) -> bool:
    return any(name == "Location" for name, _ in headers)


def _takes_sessions(request: HttpRequest) -> bool:
    """A view for machines alone has no use for a browser's session. What cannot be resolved is a page not found."""
    try:
        view = resolve(request.path_info, getattr(request, "urlconf", None)).func
    except Resolver404:
        return True
    return SESSION in accepted_at(view)


def _with_headers(response: _R, headers: Headers) -> _R:
    for name, value in headers:
        if name != "Set-Cookie":
            response.headers[name] = value
    set_cookie_lines(response, [value for name, value in headers if name == "Set-Cookie"])
    return response


class LazyAuth:
    """
    Stands on the request for an Auth that nobody has asked for yet, and gives way to it at the first question.

    Smaller and faster than SimpleLazyObject, which would be most of what a known token costs.
    """

    __slots__ = ("_request",)

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    def __getattr__(self, name: str) -> Any:
        return getattr(_settle(self._request), name)

    @property  # type: ignore[misc]
    def __class__(self) -> type[Auth]:  # type: ignore[override]
        return Auth

    def __eq__(self, other: object) -> bool:
        return bool(_settle(self._request) == other)

    def __hash__(self) -> int:
        return hash(_settle(self._request))

    def __bool__(self) -> bool:
        return bool(_settle(self._request))

    def __repr__(self) -> str:
        return repr(_settle(self._request))


def _settle(request: HttpRequest) -> Auth:
    auth = request.__dict__["clerk"] = identify(request)
    return auth


class _IsVerifiedHeader:
    """
    The answer to Django's question whether to skip the CSRF check, found when it is asked.

    A browser attaches cookies by itself, and a header never: no other site can send a verified token for its victim.
    """

    __slots__ = ("_request",)

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    def __bool__(self) -> bool:
        match = self._request.resolver_match
        view = match.func if match is not None else None
        pending = getattr(view, "clerk_pending_allowed", False) is True
        return is_verified_header(self._request, types_of(view), pending=pending)
