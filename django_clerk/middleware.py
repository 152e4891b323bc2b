"""The middleware attaches who is asking to the request, and leaves finding out to whoever wants to know."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.functional import SimpleLazyObject

from .callers import aget_user, get_user
from .core.auth import Auth
from .identify import identify, prepare


class ClerkMiddleware:
    """
    Sets ``request.clerk``, ``request.user`` and ``request.auser``. Place it after Django's AuthenticationMiddleware.

    Nothing is verified and nothing is queried until one of them is read. Responses that depend on who asked are marked
    as private to them.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if self._is_async:
            return self.__acall__(request)
        self.attach(request)
        return self.finish(request, self.get_response(request))

    async def __acall__(self, request: HttpRequest) -> HttpResponseBase:
        self.attach(request)
        await prepare(request)
        return self.finish(request, await self.get_response(request))

    def attach(self, request: HttpRequest) -> None:
        """Put the lazy values on the request."""
        attributes: dict[str, Any] = request.__dict__
        attributes["clerk"] = LazyAuth(request)
        request.user = SimpleLazyObject(partial(get_user, request, attributes.get("user")))  # type: ignore[assignment]
        attributes["auser"] = partial(aget_user, request, attributes.get("auser"))
        if "HTTP_AUTHORIZATION" in request.META and not attributes.get("_dont_enforce_csrf_checks"):
            attributes["_dont_enforce_csrf_checks"] = _IsVerifiedHeader(request)

    def finish(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Keep a response that looked at the caller out of shared caches."""
        if "_clerk_auth" in request.__dict__:
            headers = response.headers
            if len(headers) == 1 and "Content-Type" in headers:  # the usual case, without taking headers apart
                headers["Vary"], headers["Cache-Control"] = "Authorization, Cookie", "private"
            else:
                patch_vary_headers(response, ("Authorization", "Cookie"))
                patch_cache_control(response, private=True)
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
        auth = identify(self._request)
        return auth.is_signed_in and auth.source == "header"
