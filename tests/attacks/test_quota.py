"""Requests that would have Clerk asked, again and again, by whoever likes to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import path

from django_clerk.core.limits import MOST_FAILURES
from django_clerk.decorators import clerk_accepts, clerk_login_required, clerk_pending_allowed, clerk_role_required
from tests.callers import CALLERS, sign_up
from tests.loopback import Loopback
from tests.machines import clerk_on_loopback, oauth_jwt
from tests.mint import bearer, mint
from tests.test_accepts import whoami

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

urlpatterns = [
    path("plain/", whoami),
    path("pending-below/", clerk_role_required("admin")(clerk_pending_allowed(whoami))),
    path("machine-below/", clerk_login_required(clerk_accepts("oauth_token")(whoami))),
]


@pytest.fixture(autouse=True)
def clerk(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    with clerk_on_loopback(settings, monkeypatch) as server:
        yield server


def test_invented_nonces(client: Client, clerk: Loopback) -> None:
    for number in range(3 * MOST_FAILURES):
        for _ in range(2):
            client.get("/plain/", headers={"Cookie": f"__clerk_handshake_nonce=n{number}"})
    assert len(clerk.received) <= MOST_FAILURES


def test_invented_refresh_tokens_beside_one_genuine_token_that_has_expired(client: Client, clerk: Loopback) -> None:
    stale = mint(iat=1_700_000_000, nbf=1_700_000_000, exp=1_700_000_060)
    for number in range(3 * MOST_FAILURES):
        cookie = f"__session_naoXFJnI={stale}; __client_uat_naoXFJnI=1; __refresh_naoXFJnI=r{number}"
        client.get("/plain/", headers={"Cookie": cookie})
    assert len(clerk.received) <= MOST_FAILURES


@pytest.mark.parametrize("url", ["/pending-below/", "/machine-below/"])
def test_the_csrf_check_shows_no_guard_more_than_it_would_see(client: Client, url: str) -> None:
    """The guard that accepts more stands below the one that asks, in the wrong order, and that holds for POST too."""
    sign_up(CALLERS["owner"])
    token = mint(sts="pending", metadata={"role": "admin"}) if "pending" in url else oauth_jwt(sub="user_ada")
    for method in ("GET", "POST"):
        assert Client(enforce_csrf_checks=True).generic(method, url, headers=bearer(token=token)).status_code == 401
