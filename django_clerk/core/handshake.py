"""
The browser's trip to Clerk and back: where it is sent, and what it brings.

Source: Clerk's ``packages/backend/src/tokens/handshake.ts``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from .cookies import ClerkCookies
from .instance import DEV_BROWSER, HANDSHAKE, HANDSHAKE_NONCE, SESSION, Instance
from .organizations import UrlOrganization
from .state import Headers
from .urls import Url, write_query

API_VERSION = "2026-05-12"
SYNCED, RETURN_URL, HELP = "__clerk_synced", "__clerk_redirect_url", "__clerk_help"
MOST_REDIRECTS = 3  #: in a row; then something is wrong that no further one mends
LONGEST_DIRECTIVE = 8 * 1024
#: Whatever a payload says: other cookies of this site are not Clerk's to set.
_COOKIE = re.compile(r"(?:__session|__client|__client_uat|__refresh)(?:_[A-Za-z0-9_-]+)?|__clerk_[A-Za-z0-9_-]+")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]")


def handshake_url(
    instance: Instance,
    here: Url,
    cookies: ClerkCookies,
    *,
    reason: str,
    session_token: str | None,
    organization: UrlOrganization | None,
) -> str:
    """Return where the Frontend API sees to the browser's cookies and sends it back ``here``."""
    pairs = [
        ("redirect_url", str(here.without(DEV_BROWSER, "__dev_session"))),
        ("__clerk_api_version", API_VERSION),
        ("suffixed_cookies", "true" if cookies.are_suffixed else "false"),
        ("__clerk_hs_reason", reason),
        ("format", "nonce"),
    ]
    if token := cookies.session or session_token:
        pairs.append((SESSION, token))
    dev_browser = here.get(DEV_BROWSER) or cookies.dev_browser
    if dev_browser and not instance.is_production:
        pairs.append((DEV_BROWSER, dev_browser))
    if organization is not None:
        pairs.append(("organization_id", organization.parameter))
    return f"{instance.effective_frontend_api(here.origin)}/v1/client/handshake?{write_query(pairs)}"


def cleaned(here: Url) -> str:
    """Return the URL without what a handshake added to it."""
    return str(here.without(HANDSHAKE, HELP, DEV_BROWSER, HANDSHAKE_NONCE))


def directive_headers(directives: Iterable[str]) -> Headers:
    """Return the ``Set-Cookie`` lines of a payload, verbatim; those that are not Clerk's to set are left out."""
    return tuple(("Set-Cookie", directive) for directive in directives if _is_clerks(directive))


def session_of(directives: Sequence[str]) -> str:
    """Return the session token that directives set, the last one; "" when they sign out."""
    found = ""
    for directive in directives:
        if directive.startswith(SESSION) and _is_clerks(directive):
            found = directive.partition(";")[0].split("=")[1].strip()  # what padding there is belongs to no token
    return found


def loop_cookie(count: float) -> tuple[str, str]:
    """Return the cookie that counts redirects. It lives two seconds: a person is slower than a loop."""
    return ("Set-Cookie", f"__clerk_redirect_count={count + 1:g}; SameSite=Lax; HttpOnly; Max-Age=2")


def _is_clerks(directive: str) -> bool:
    if len(directive) > LONGEST_DIRECTIVE or _UNPRINTABLE.search(directive) or not directive.isascii():
        return False
    name, equals, _ = directive.partition(";")[0].partition("=")
    return equals == "=" and _COOKIE.fullmatch(name) is not None
