"""Session tokens live for a minute. What happens then, and nobody notices."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import requests

from django_clerk.emulator.instance import get_emulator

from .cast import Cast, session_of
from .report import Finding, status
from .visitor import Browser


def expired_token_is_renewed_by_clerk(cast: Cast) -> Finding:
    """Grace's token has expired, and she opens her dashboard"""
    _pass_time(cast, cast.grace)
    cast.grace.lose("__refresh")
    expired = cast.grace.token
    answer = cast.grace.get("/dashboard/", handshake=False)
    arrival = cast.grace.get("/dashboard/")
    as_promised = (
        _reason(answer).startswith("session-token-expired")
        and arrival.url == f"{cast.origin}/dashboard/"
        and "Good to see you, Grace" in arrival.text
        and cast.grace.token != expired
    )
    fact = f"to the local Clerk, which has a new one for her, and back: {arrival.status_code}"
    return status(answer, 307, fact, provided=as_promised)


def next_one_is_renewed_without_her(cast: Cast) -> Finding:
    """The next one expires too, and now her browser has a refresh token"""
    _pass_time(cast, cast.grace)
    expired = cast.grace.token
    answer = cast.grace.get("/dashboard/", handshake=False)
    as_promised = "Good to see you, Grace" in answer.text and cast.grace.token != expired
    return status(answer, 200, "the site has fetched a new one itself", provided=as_promised)


def ended_session_is_not_renewed(cast: Cast) -> Finding:
    """Alan signs in, his session is revoked at Clerk, and his token expires"""
    before = cast.sign_in(cast.alan, "alan@example.com", at="/dashboard/")
    cast.back_office.post(f"v1/sessions/{session_of(cast.alan)['sid']}/revoke", {})
    _pass_time(cast, cast.alan)
    answer = cast.alan.get("/dashboard/")
    as_promised = before.ok and answer.headers.get("Location", "").startswith("/__clerk/sign-in")
    fact = f"it was {before.status_code}, and now he is asked to sign in"
    return status(answer, 302, fact, provided=as_promised and "__session" not in cast.alan.cookies)


def _pass_time(cast: Cast, browser: Browser) -> None:
    claims = session_of(browser)
    browser.replace_token(
        get_emulator().mint_session_token(claims["sub"], azp=cast.origin, session_id=claims["sid"], lifetime=-60)
    )


def _reason(answer: requests.Response) -> str:
    query = parse_qs(urlsplit(answer.headers.get("Location", "")).query)
    return query.get("__clerk_hs_reason", [""])[0]


STEPS = [
    expired_token_is_renewed_by_clerk,
    next_one_is_renewed_without_her,
    ended_session_is_not_renewed,
]
