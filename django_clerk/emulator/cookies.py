"""The cookies that tell a site who is signed in, named and dated as Clerk's Frontend API writes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.http import HttpResponse

from django_clerk.core.instance import Instance

SESSION, CLIENT_UAT, REFRESH, DEV_BROWSER, CLIENT = (
    "__session",
    "__client_uat",
    "__refresh",
    "__clerk_db_jwt",
    "__client",
)
YEAR = 365 * 24 * 60 * 60  # as Clerk's: a session's cookie outlives its token, and the server sees that it has expired


@dataclass(frozen=True)
class Cookie:
    """One cookie to set; with ``max_age`` 0, to remove."""

    name: str
    value: str = field(repr=False)
    max_age: int = YEAR
    http_only: bool = False  #: kept from the page's scripts, Clerk's own included

    def directive(self, *, secure: bool) -> str:
        """Return it as the value of a Set-Cookie header."""
        flags = ("; HttpOnly" if self.http_only else "") + ("; Secure" if secure else "")
        return f"{self.name}={self.value}; Path=/; Max-Age={self.max_age}{flags}; SameSite=Lax"

    def put(self, response: HttpResponse, *, secure: bool, path: str = "/") -> None:
        """Set it by a response."""
        response.set_cookie(
            self.name,
            self.value,
            max_age=self.max_age,
            path=path,
            secure=secure,
            httponly=self.http_only,
            samesite="Lax",
        )


@dataclass(frozen=True)
class BrowserState:
    """What a browser is to know: who it is, and whether somebody is signed in."""

    dev_browser: str = field(repr=False)
    token: str = field(default="", repr=False)  #: of the session; empty when nobody is signed in
    client_uat: int = 0  #: seconds; when that began, and not later than the token's ``iat``; 0 when nobody is
    refresh_token: str | None = field(default=None, repr=False)

    def cookies(self, instance: Instance, *, suffixed: bool = True) -> Iterator[Cookie]:
        """Yield what to set and to remove; without ``suffixed``, for a back end that knows the plain names only."""
        yield from _family(DEV_BROWSER, self.dev_browser, instance, suffixed=suffixed)
        yield from _family(CLIENT_UAT, str(self.client_uat), instance, suffixed=suffixed)
        yield from session_cookies(self.token, instance, suffixed=suffixed)
        refresh = instance.suffixed(REFRESH)  # servers read it under this name only
        if not self.token:
            yield Cookie(refresh, "", 0, http_only=True)
        elif self.refresh_token is not None:
            yield Cookie(refresh, self.refresh_token, http_only=True)


def session_cookies(token: str, instance: Instance, *, suffixed: bool) -> Iterator[Cookie]:
    """Yield what sets a session token; an empty one removes it."""
    return _family(SESSION, token, instance, suffixed=suffixed)


def directives(cookies: Iterable[Cookie], *, secure: bool) -> list[str]:
    return [cookie.directive(secure=secure) for cookie in cookies]


def _family(name: str, value: str, instance: Instance, *, suffixed: bool) -> Iterator[Cookie]:
    for twin in (name, instance.suffixed(name)) if suffixed else (name,):
        yield Cookie(twin, value, YEAR if value else 0)
