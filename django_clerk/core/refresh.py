"""
A new session token for an expired one, without a trip of the browser's.

Source: Clerk's ``request.ts``, the parts on refresh tokens.
"""

from __future__ import annotations

import re

from django_clerk.exceptions import APIError, APIUnavailable, InvalidToken

from .cookies import ClerkCookies
from .jws import parse
from .request import ClerkRequest
from .rules import is_session_id
from .site import Site

_CODE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_OWN_COOKIES = ("__session", "__client", "__refresh", "__clerk")


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
    if not site.limit.allows(cookies.refresh):
        raise NotRefreshed("unexpected-bapi-error")
    try:
        return site.backend().refresh_session(
            session_id,
            expired_token=expired_token,
            refresh_token=cookies.refresh,
            request_origin=request.url.origin,
            request_headers=_headers(request),
            suffixed_cookies=cookies.are_suffixed,
        )
    except APIError as error:
        site.limit.failed(cookies.refresh)
        is_unreachable = isinstance(error, APIUnavailable) and error.status is None
        raise NotRefreshed("fetch-error" if is_unreachable else _code(error)) from error


def _code(error: APIError) -> str:
    if error.status == 200:  # an answer, and not the one that was asked for
        return "unexpected-sdk-error"
    if error.code is None or not _CODE.fullmatch(error.code):  # it ends in a header and in a URL
        return "unexpected-bapi-error"
    return "fetch-error" if error.code == "unexpected_error" else error.code


def _headers(request: ClerkRequest) -> dict[str, list[str]]:
    """Return the headers by which Clerk tells whether the same browser asks, without what is not Clerk's to see."""
    sent = ((name, value) for name, value in request.meta.items() if name.startswith("HTTP_"))
    headers = {name[5:].replace("_", "-").lower(): value for name, value in sent}
    headers.pop("authorization", None)
    cookies = (cookie.strip() for cookie in headers.pop("cookie", "").split(";"))
    if own := "; ".join(cookie for cookie in cookies if cookie.startswith(_OWN_COOKIES)):
        headers["cookie"] = own
    return {name: [value] for name, value in headers.items()}
