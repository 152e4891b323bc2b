"""The handshake from end to end: the package's middleware, the local Clerk, and a browser between them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from django.core.cache import cache
from django.test import override_settings

from django_clerk.emulator.credentials import INSTANCE
from django_clerk.emulator.emulator import Emulator
from tests import settings as project
from tests.emulator.browser import Browser

pytestmark = pytest.mark.django_db

HANDSHAKE = "/__clerk/v1/client/handshake"
THERE_AND_BACK = ["/whoami/", HANDSHAKE, "/whoami/", "/whoami/"]
STRAIGHT = ["/whoami/"]


@pytest.fixture(autouse=True)
def _with_the_package() -> Iterator[None]:
    cache.clear()  # keys of another test's instance
    with override_settings(
        ROOT_URLCONF="tests.emulator.journey_urls",
        MIDDLEWARE=project.MIDDLEWARE,
        CLERK_EMULATOR_WEBHOOK_URL="/webhooks/clerk/",
        ALLOWED_HOSTS=["localhost"],
    ):
        yield


@pytest.fixture
def grace(emulator: Emulator) -> dict[str, Any]:
    return emulator.create_user(email_address="grace@example.com")


@pytest.fixture
def signed_in(grace: dict[str, Any]) -> Browser:
    browser = Browser()
    browser.sign_in(grace["id"])
    return browser


def put(browser: Browser, name: str, value: str) -> None:
    for twin in (name, INSTANCE.suffixed(name)):
        browser.client.cookies[twin] = value


def expire(browser: Browser, emulator: Emulator) -> dict[str, Any]:
    """Let the browser's token have expired. Returns its claims."""
    claims: dict[str, Any] = jwt.decode(
        browser.client.cookies["__session"].value, options={"verify_signature": False, "verify_exp": False}
    )
    expired = emulator.mint_session_token(
        claims["sub"], azp="http://localhost:8000", session_id=claims["sid"], lifetime=-60
    )
    put(browser, "__session", expired)
    return claims


def test_a_first_visit_makes_a_dev_browser(emulator: Emulator) -> None:
    browser = Browser()
    response, hops = browser.navigate("/whoami/?a=b&flag=")
    assert (response.status_code, hops) == (200, THERE_AND_BACK)
    assert response.request["QUERY_STRING"] == "a=b&flag=", "nothing of the handshake is left in the address"
    assert response.json()["authenticated"] is False
    assert browser.client.cookies["__clerk_db_jwt"].value.startswith("dvb_")
    assert browser.navigate("/whoami/")[1] == STRAIGHT, "once is enough"


def test_whoever_is_signed_in_goes_straight_on(signed_in: Browser) -> None:
    response, hops = signed_in.navigate("/whoami/")
    assert (response.json()["authenticated"], hops) == (True, STRAIGHT)


@pytest.mark.parametrize(
    "lost",
    [
        ["__session"],
        ["__client_uat"],
        ["__clerk_db_jwt"],
        ["__session", "__client_uat", "__clerk_db_jwt"],
        ["__session", "__client"],
        ["__client_uat", "__client"],
    ],
    ids=" ".join,
)
def test_what_is_lost_is_restored(signed_in: Browser, grace: dict[str, Any], lost: list[str]) -> None:
    """As long as the dev browser or the local Clerk's own cookie is left."""
    for name in lost:
        signed_in.client.cookies.pop(name)
        signed_in.client.cookies.pop(INSTANCE.suffixed(name), None)
    response, hops = signed_in.navigate("/whoami/")
    assert (response.json()["clerk_id"], hops) == (grace["id"], THERE_AND_BACK)
    assert signed_in.navigate("/whoami/")[1] == STRAIGHT


def test_a_token_older_than_the_sign_in_is_renewed(
    signed_in: Browser, emulator: Emulator, grace: dict[str, Any]
) -> None:
    put(signed_in, "__client_uat", str(int(time.time()) + 30))
    response, hops = signed_in.navigate("/whoami/")
    assert (response.json()["clerk_id"], hops) == (grace["id"], THERE_AND_BACK)


def test_an_expired_token_is_renewed_by_a_handshake_and_then_without(
    signed_in: Browser, emulator: Emulator, grace: dict[str, Any]
) -> None:
    session = expire(signed_in, emulator)
    response, hops = signed_in.navigate("/whoami/")
    assert (response.json()["clerk_id"], hops) == (grace["id"], THERE_AND_BACK)
    assert "; HttpOnly" in signed_in.client.cookies[INSTANCE.suffixed("__refresh")].output()

    assert expire(signed_in, emulator)["sid"] == session["sid"]
    response, hops = signed_in.navigate("/whoami/")
    assert (response.json()["clerk_id"], hops) == (grace["id"], STRAIGHT)
    assert emulator.api.calls[-1] == f"POST /v1/sessions/{session['sid']}/refresh"
    claims = jwt.decode(signed_in.client.cookies["__session"].value, options={"verify_signature": False})
    assert claims["sid"] == session["sid"]


@pytest.mark.parametrize("end", ["revoke", "ban", "delete"])
@pytest.mark.parametrize("refreshable", [True, False])
def test_what_has_ended_is_not_renewed(
    signed_in: Browser, emulator: Emulator, grace: dict[str, Any], end: str, refreshable: bool
) -> None:
    session = expire(signed_in, emulator)
    if refreshable:
        signed_in.navigate("/whoami/")
        expire(signed_in, emulator)
    ends: dict[str, Any] = {
        "revoke": lambda: emulator.directory.sessions.end(session["sid"], "revoked"),
        "ban": lambda: emulator.ban_user(grace["id"]),
        "delete": lambda: emulator.delete_user(grace["id"]),
    }
    ends[end]()
    response, hops = signed_in.navigate("/whoami/")
    assert (response.status_code, response.json()["authenticated"], hops) == (200, False, THERE_AND_BACK)
    assert "__session" not in signed_in.client.cookies
    assert signed_in.navigate("/whoami/")[1] == STRAIGHT


def test_after_a_sign_out_nobody_is_asked_again(signed_in: Browser) -> None:
    signed_in.submit("/__clerk/sign-in", "/__clerk/sign-out", {})
    response, hops = signed_in.navigate("/whoami/")
    assert (response.json()["authenticated"], hops) == (False, STRAIGHT)


def test_somebody_else_signs_in_where_a_refresh_token_was_left(
    signed_in: Browser, emulator: Emulator, grace: dict[str, Any]
) -> None:
    expire(signed_in, emulator)
    signed_in.navigate("/whoami/")
    alan = emulator.create_user(email_address="alan@example.com")
    signed_in.sign_in(alan["id"])
    assert signed_in.navigate("/whoami/")[0].json()["clerk_id"] == alan["id"]
    expire(signed_in, emulator)
    response, hops = signed_in.navigate("/whoami/")
    assert (response.json()["clerk_id"], hops) == (alan["id"], THERE_AND_BACK)


@pytest.mark.parametrize("path", ["/__clerk/sign-in", "/__clerk/users", "/__clerk/webhooks"])
def test_the_pages_of_the_local_clerk_ask_for_no_handshake(path: str) -> None:
    response, hops = Browser().navigate(path)
    assert (response.status_code, hops) == (200, [path])


def test_cookies_made_for_a_test_client_are_taken(emulator: Emulator, grace: dict[str, Any]) -> None:
    browser = Browser()
    browser.client.cookies.load(emulator.browser_cookies(grace["id"], azp="http://localhost:8000"))
    response, hops = browser.navigate("/whoami/")
    assert (response.json()["clerk_id"], hops) == (grace["id"], STRAIGHT)


def test_a_restart_that_loses_everything_heals_itself(signed_in: Browser, emulator: Emulator) -> None:
    """The keys are as before, the users and clients are not."""
    emulator.delete_user(signed_in_user(signed_in))
    put(signed_in, "__clerk_db_jwt", "dvb_forgotten")
    signed_in.client.cookies["__client"] = "clt_forgotten"
    for name in ("__client_uat", INSTANCE.suffixed("__client_uat")):
        del signed_in.client.cookies[name]
    response, hops = signed_in.navigate("/whoami/")
    assert (response.json()["authenticated"], hops) == (False, THERE_AND_BACK)
    assert signed_in.client.cookies["__clerk_db_jwt"].value not in ("", "dvb_forgotten")
    assert signed_in.navigate("/whoami/")[1] == STRAIGHT


def signed_in_user(browser: Browser) -> str:
    claims = jwt.decode(browser.client.cookies["__session"].value, options={"verify_signature": False})
    return str(claims["sub"])
