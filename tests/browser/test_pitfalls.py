"""Where a browser could go round for ever, or be led to another site."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from django_clerk.emulator.instance import get_emulator

from .conftest import PASSWORD, visiting
from .visitor import Visitor

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300), pytest.mark.django_db(transaction=True)]

PROJECT = "tests.browser.pitfall_urls"


@pytest.fixture
def visitor(live_server: Any, tmp_path: Path) -> Iterator[Visitor]:
    with visiting(live_server.url, tmp_path / "profile", PROJECT, CLERK_AFTER_SIGN_IN_URL="/members/") as visitor:
        yield visitor


def sign_in(visitor: Visitor, path: str) -> dict[str, Any]:
    user = get_emulator().create_user(email_address="ada@example.com", password=PASSWORD)
    visitor.open(path)
    visitor.sign_in("ada@example.com", PASSWORD)
    return user


@pytest.mark.parametrize("start", ["/members/", "/sign-in/"])
def test_the_last_slash_is_kept_on_the_way_back(visitor: Visitor, start: str) -> None:
    sign_in(visitor, start)
    visitor.reads("For members")
    assert f"{visitor.origin}/members" not in visitor.urls()


def test_what_somebody_wrote_keeps_no_component_from_its_place(visitor: Visitor) -> None:
    sign_in(visitor, "/members/")
    visitor.reads("For members")
    visitor.until("return document.querySelector('.cl-userButtonTrigger')")
    visitor.press("Sign out")
    visitor.until("return location.pathname === '/'")


def test_whom_the_site_does_not_accept_is_told_so(live_server: Any, tmp_path: Path) -> None:
    """Clerk's box would send back whom Clerk has signed in, and the site here, and so on for ever."""
    elsewhere = {"CLERK_AUTHORIZED_PARTIES": ["http://localhost:1"]}
    with visiting(live_server.url, tmp_path / "profile", PROJECT, **elsewhere) as visitor:
        sign_in(visitor, "/members/")
        visitor.reads("this site does not accept the session: token-invalid-authorized-parties")
        asked = [url for url in visitor.urls() if url.startswith(f"{visitor.origin}/members/")]
        assert len(asked) <= 8
        visitor.driver.execute_script("document.dispatchEvent(new CustomEvent('htmx:load', { bubbles: true }))")
        visitor.run("await new Promise((done) => setTimeout(done, 500))")
        visitor.reads("this site does not accept the session")
        visitor.press("Sign out")
        visitor.until("return location.pathname === '/'")


def test_a_step_up_does_not_lead_to_another_site(visitor: Visitor) -> None:
    sign_in(visitor, "/members/")
    visitor.reads("For members")
    visitor.until("return window.Clerk?.session")
    get_emulator().clients.verified(visitor.run("Clerk.session.id"), minutes_ago=11)
    assert "ey" in visitor.run("await Clerk.session.getToken({ skipCache: true })")
    visitor.open("//evil.test/evil")
    visitor.press("Verify now")
    visitor.fill("password", PASSWORD)
    visitor.press("Continue")
    visitor.reads("Verified")
    assert visitor.hosts() <= {"localhost"}
