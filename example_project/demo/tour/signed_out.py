"""Strangers: nobody is signed in, or somebody only says so."""

from __future__ import annotations

import json
import time
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings

from .cast import Cast
from .report import Finding, status
from .visitor import Program


def first_visit_goes_by_clerk(cast: Cast) -> Finding:
    """The home page, in a browser that has never been here"""
    answer = cast.stranger.get("/", handshake=False)
    target = urlsplit(answer.headers.get("Location", ""))
    arrival = cast.stranger.get("/")
    as_promised = (
        target.path == f"{settings.CLERK_PROXY_URL}/v1/client/handshake"
        and arrival.status_code == 200
        and arrival.url == f"{cast.origin}/"
        and "__clerk_db_jwt" in cast.stranger.cookies
    )
    return status(
        answer, 307, f"to the local Clerk, which knows it now, and back: {arrival.status_code}", provided=as_promised
    )


def home_is_public(cast: Cast) -> Finding:
    """The home page, signed out"""
    answer = cast.stranger.get("/")
    return status(answer, 200, "everybody's posts", provided="A moth in the relay" in answer.text)


def dashboard_asks_to_sign_in(cast: Cast) -> Finding:
    """/dashboard/, signed out"""
    answer = cast.stranger.get("/dashboard/")
    target = urlsplit(answer.headers.get("Location", ""))
    way_back = parse_qs(target.query).get("redirect_url", ["?"])[0]
    as_promised = target.path == settings.CLERK_SIGN_IN_URL and way_back == f"{cast.origin}/dashboard/"
    fact = f"to {target.path}, and back to {urlsplit(way_back).path} afterwards"
    return status(answer, 302, fact, provided=as_promised)


def api_asks_for_a_token(cast: Cast) -> Finding:
    """/api/posts/ without a token"""
    answer = cast.no_token.get("/api/posts/")
    challenge = answer.headers.get("WWW-Authenticate", "")
    return status(answer, 401, f"WWW-Authenticate: {challenge}", provided=challenge.startswith("Bearer"))


def forged_token_is_refused(cast: Cast) -> Finding:
    """/api/me/ with a forged token"""
    key_id = cast.back_office.get("v1/jwks").json()["keys"][0]["kid"]
    now = int(time.time())
    claims = {"sub": "user_forged", "sid": "sess_forged", "iss": "https://clerk-emulator.invalid", "azp": cast.origin}
    token = jwt.encode(
        {**claims, "iat": now, "nbf": now - 10, "exp": now + 60, "v": 2, "sts": "active"},
        rsa.generate_private_key(public_exponent=65537, key_size=2048),
        algorithm="RS256",
        headers={"kid": key_id},
    )
    return status(Program(cast.origin, token).get("/api/me/"), 401, "not Clerk's signature")


def unsigned_webhook_is_refused(cast: Cast) -> Finding:
    """A webhook without a signature"""
    event = {"type": "user.created", "object": "event", "data": {"object": "user", "id": "user_intruder"}}
    answer = cast.no_token.post("/webhooks/clerk/", json.dumps(event).encode())
    return status(answer, 400, "no effect")


STEPS = [
    first_visit_goes_by_clerk,
    home_is_public,
    dashboard_asks_to_sign_in,
    api_asks_for_a_token,
    forged_token_is_refused,
    unsigned_webhook_is_refused,
]
