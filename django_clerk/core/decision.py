"""
Who sent this request: the whole answer for one request, as Clerk's own SDK gives it.

Nothing here talks to Django, and nothing is answered: the middleware obeys. Source: Clerk's
``packages/backend/src/tokens/request.ts``; the steps are those of its ``authenticateRequest``.
"""

from __future__ import annotations

import logging
from functools import cache, cached_property

from django_clerk.exceptions import InvalidToken, KeysUnavailable

from . import satellites
from .auth import Source
from .claims import SessionClaims
from .cookies import AmbiguousCookie, ClerkCookies, choose
from .handshake import MOST_REDIRECTS, SYNCED, directive_headers, handshake_url, loop_cookie, session_of
from .instance import DEV_BROWSER
from .jws import parse
from .refresh import NotRefreshed, refresh
from .request import ClerkRequest
from .resolution import carried, resolve
from .rules import check_purpose
from .site import Site
from .state import Handshake, SignedIn, SignedOut, State

logger = logging.getLogger("django_clerk")

_NOTHING = "session-token-and-uat-missing"
_TIME = {"token-not-active-yet": "session-token-nbf", "token-iat-in-the-future": "session-token-iat-in-the-future"}


def decide(request: ClerkRequest, site: Site, *, wait: bool = True) -> State:
    """
    Return the state of a request.

    A token in the Authorization header is the only credential looked at, even when it turns out to be worthless: a
    caller who presents one is not somebody else besides. Without ``wait`` no keys are fetched. Never raises for what a
    caller sends.
    """
    token = request.bearer_token
    if token is None:
        return _Decision(request, site, None, wait).by_cookie()
    try:
        return SignedIn(site.verifier.verify(token, wait=wait), token, "header")
    except (InvalidToken, KeysUnavailable) as error:
        return _Decision(request, site, token, wait).failed(error, token)


def may_wait(request: ClerkRequest, site: Site) -> bool:
    """Tell whether deciding could mean asking another machine, as an event loop must not."""
    token = request.bearer_token
    try:
        cookies = choose(request.cookie, site.instance, now=site.clock())
    except AmbiguousCookie:
        return token is not None and site.verifier.may_wait(token)
    nonce, handshake = carried(request, site.instance, cookies) if site.instance is not None else (None, None)
    if site.backend is not None and ((nonce and token is None) or cookies.refresh):
        return True
    tokens = (token,) if token is not None else (cookies.session, handshake)
    return any(site.verifier.may_wait(one) for one in tokens if one)


class _Decision:
    def __init__(self, request: ClerkRequest, site: Site, bearer: str | None, wait: bool) -> None:
        self.request = request
        self.site = site
        self.bearer = bearer
        self.source: Source = "cookie" if bearer is None else "header"
        self.wait = wait

    @cached_property
    def cookies(self) -> ClerkCookies:
        return choose(self.request.cookie, self.site.instance, now=self.site.clock())

    def by_cookie(self) -> State:
        try:
            cookies = self.cookies
        except AmbiguousCookie:
            return SignedOut("token-invalid", "Two different cookies of one name were sent.", "cookie")
        state = resolve(self.request, self.site, cookies, wait=self.wait) or self.between_domains()
        if state is not None:
            return state
        if cookies.session is None:
            return self.handshake("client-uat-but-no-session-token") if cookies.client_uat else self.nobody(_NOTHING)
        if not cookies.client_uat:
            return self.handshake("session-token-but-no-client-uat")
        return self.by_session(cookies.session, cookies)

    def by_session(self, token: str, cookies: ClerkCookies) -> State:
        verifier = self.site.verifier
        try:
            claims, parsed = verifier.recall(token, wait=self.wait), None
            if claims is not None:
                payload = (claims.pending or claims).payload
            else:
                parsed = parse(token)
                check_purpose(parsed)
                payload = parsed.payload
            issued_at = payload.get("iat")
            if isinstance(issued_at, (int, float)) and issued_at < cookies.client_uat:
                return self.handshake("session-token-iat-before-client-uat")
            claims = claims or verifier.verify(token, parsed=parsed, wait=self.wait)
        except (InvalidToken, KeysUnavailable) as error:
            return self.failed(error, token)
        if "azp" not in payload:
            _warn_of_no_party()
        if satellites.comes_from_elsewhere(self.request, self.site, cookies):
            message = "Cross-origin request from satellite domain requires handshake"
            return self.handshake("primary-domain-cross-origin-sync", message)
        if claims.user_id is None and claims.pending is None:
            return self.nobody("unexpected-error", "The claims of the active organization cannot be read.")
        return self.activating(claims) or SignedIn(claims, token, "cookie")

    def between_domains(self) -> State | None:
        """Return what satellites, their primary domain and development browsers need before anything else."""
        instance = self.site.instance
        if instance is None:
            return None
        if instance.is_satellite and self.request.is_document:
            synced = self.request.query(SYNCED)
            has_cookies = self.cookies.session is not None or self.cookies.client_uat > 0
            if synced != "true" and (synced == "false" or not has_cookies):
                if synced != "false" and not self.site.satellite_auto_sync:
                    return self.nobody(_NOTHING)
                return self.handshake(
                    "satellite-needs-syncing", location=satellites.sign_in_url(self.request, self.site)
                )
        if instance.is_production:
            return None
        dev_browser = self.request.query(DEV_BROWSER)
        known_browser = dev_browser or self.cookies.dev_browser
        if not instance.is_satellite:
            back = satellites.return_url(self.request, self.site, known_browser)
            if back is not None:
                return self.handshake("primary-responds-to-syncing", location=back)
        if dev_browser is not None:
            return self.handshake("dev-browser-sync")
        return None if known_browser else self.handshake("dev-browser-missing")

    def activating(self, claims: SessionClaims) -> State | None:
        """Return the handshake that makes the organization in the URL the active one, where that is needed."""
        here = self.request.url if self.site.organizations else None
        wanted = self.site.organizations.match(here.path) if here is not None else None
        if wanted is None or claims.user_id is None:
            return None
        active = claims.org
        if wanted.id is not None:
            is_active = active is not None and active.id == wanted.id
        elif wanted.slug is not None:
            is_active = active is not None and active.slug == wanted.slug
        else:
            is_active = active is None
        if is_active:
            return None
        state = self.handshake("active-organization-mismatch")
        return state if isinstance(state, Handshake) else None

    def failed(self, error: InvalidToken | KeysUnavailable, token: str) -> State:
        """Return the state after a session token was refused: refreshed, a handshake, or nobody."""
        message = f"{error} (reason={error.reason}, token-carrier={self.source})"
        if isinstance(error, KeysUnavailable):
            return SignedOut(error.reason, message, self.source, is_unavailable=True)
        try:
            if error.reason == "token-expired":
                try:
                    directives = refresh(self.request, self.site, self.cookies, token)
                    claims, session = self.refreshed(directives)
                    return SignedIn(claims, session, self.source, directive_headers(directives))
                except NotRefreshed as why:
                    return self.handshake(f"session-token-expired-refresh-{why}", message)
            if error.reason in _TIME:
                return self.handshake(_TIME[error.reason], message)
        except AmbiguousCookie:
            pass  # beside a token in the header: no cookie is believed, and nobody is sent anywhere
        return self.nobody(error.reason, message)

    def refreshed(self, directives: list[str]) -> tuple[SessionClaims, str]:
        session = session_of(directives)
        if not directives:
            raise NotRefreshed("unexpected-sdk-error")
        try:
            return self.site.verifier.verify(session, wait=self.wait), session
        except (InvalidToken, KeysUnavailable) as error:
            raise NotRefreshed("invalid-session-token") from error

    def handshake(self, reason: str, message: str = "", *, location: str | None = None) -> State:
        """Return the handshake for a reason, or nobody where the browser must not be sent away."""
        instance, here, cookies = self.site.instance, self.request.url, self.cookies
        if instance is None or here is None or not self.request.may_be_sent_away:
            return self.nobody(reason, message)
        if cookies.redirect_count >= MOST_REDIRECTS:
            logger.error(
                "Clerk sends this browser back without a session, again and again (%s). The publishable key and the "
                "secret key may belong to different instances, or this machine's clock may be wrong.",
                reason,
            )
            return self.nobody(reason, message)
        location = location or handshake_url(
            instance,
            here,
            cookies,
            reason=reason,
            session_token=self.bearer,
            organization=self.site.organizations.match(here.path) if self.site.organizations else None,
        )
        headers = (("Cache-Control", "no-store"), ("Location", location), loop_cookie(cookies.redirect_count))
        return Handshake(reason, message, self.source, headers)

    def nobody(self, reason: str, message: str = "") -> SignedOut:
        has_credential = self.bearer is not None or self.cookies.session is not None
        return SignedOut(reason, message, self.source if has_credential else None)


@cache
def _warn_of_no_party() -> None:
    """Say once in a process that cookies are accepted which any site of the parent domain could have planted."""
    logger.warning(
        "A session cookie without an authorized party (azp) was accepted, since CLERK_AUTHORIZED_PARTIES is empty. "
        "List the origins of your front ends there: then such cookies are refused."
    )
