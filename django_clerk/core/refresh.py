"""
A new session token for an expired one, without a trip of the browser's.

Source: Clerk's ``request.ts``, the parts on refresh tokens.
"""

from __future__ import annotations

from django_clerk.exceptions import APIError, APIUnavailable, InvalidToken

from .cookies import ClerkCookies
from .jws import parse
from .request import ClerkRequest
from .rules import is_session_id
from .site import Site


class NotRefreshed(Exception):
    """Why not, in Clerk's words: the end of the reason of a handshake."""


def refresh(request: ClerkRequest, site: Site, cookies: ClerkCookies, expired_token: str) -> list[str]:
    """Return new cookies for an expired session token, as ``Set-Cookie`` lines. Raises NotRefreshed."""
    if request.method != "GET":
        raise NotRefreshed("non-eligible-non-get")
    if cookies.refresh is None:
        raise NotRefreshed("non-eligible-no-refresh-cookie")
    if site.backend is None or request.url is None:
        raise NotRefreshed("missing-api-client")
    try:
        session_id = parse(expired_token).payload.get("sid")
    except InvalidToken as error:
        raise NotRefreshed("expired-session-token-decode-failed") from error
    if not is_session_id(session_id):
        raise NotRefreshed("expired-session-token-missing-sid-claim")
    try:
        return site.backend().refresh_session(
            session_id,
            expired_token=expired_token,
            refresh_token=cookies.refresh,
            request_origin=request.url.origin,
            request_headers=_headers(request),
            suffixed_cookies=cookies.are_suffixed,
        )
    except APIUnavailable as error:
        raise NotRefreshed("fetch-error" if error.status is None else _code(error)) from error
    except APIError as error:
        raise NotRefreshed(_code(error)) from error


def _code(error: APIError) -> str:
    if error.status == 200:  # an answer, and not the one that was asked for
        return "unexpected-sdk-error"
    return {None: "unexpected-bapi-error", "unexpected_error": "fetch-error"}.get(error.code, error.code or "")


def _headers(request: ClerkRequest) -> dict[str, list[str]]:
    """Clerk looks at them to tell whether the same browser asks."""
    headers = {
        name: value for name, value in request.meta.items() if name.startswith("HTTP_") and isinstance(value, str)
    }
    return {name[5:].replace("_", "-").lower(): [value] for name, value in headers.items()}
