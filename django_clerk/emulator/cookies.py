"""The cookies that tell a project who is signed in, written as Clerk's JavaScript and Frontend API write them."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from django_clerk.core.instance import Instance

SESSION = "__session"
CLIENT_UAT = "__client_uat"
_YEAR = 365 * 24 * 60 * 60  # as Clerk's: the cookie outlives its token, and the server sees that it has expired


def sign_in(response: HttpResponse, request: HttpRequest, instance: Instance, *, token: str, client_uat: int) -> None:
    """Set the session's cookies. ``client_uat`` is in seconds and not later than the token's ``iat``."""
    _set(response, request, instance, SESSION, token)
    _set(response, request, instance, CLIENT_UAT, str(client_uat))


def sign_out(response: HttpResponse, request: HttpRequest, instance: Instance) -> None:
    """Remove the session and say, with a zero, that this is known."""
    for name in (SESSION, instance.suffixed(SESSION)):
        response.delete_cookie(name, path="/", samesite="Lax")
    _set(response, request, instance, CLIENT_UAT, "0")


def session_token(request: HttpRequest, instance: Instance) -> str | None:
    return request.COOKIES.get(instance.suffixed(SESSION)) or request.COOKIES.get(SESSION)


def _set(response: HttpResponse, request: HttpRequest, instance: Instance, name: str, value: str) -> None:
    # Not HttpOnly: Clerk's JavaScript reads and renews both.
    for twin in (name, instance.suffixed(name)):
        response.set_cookie(twin, value, max_age=_YEAR, path="/", secure=request.is_secure(), samesite="Lax")
