"""Where people sign in, and how they get back: the table of Clerk's ``createRedirect``."""

from __future__ import annotations

from typing import Any

import pytest

from django_clerk.core.instance import Instance
from django_clerk.core.redirects import sign_in_redirect

LIVE, TEST = "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k", "pk_test_Zm9vLWJhci0xMy5jbGVyay5hY2NvdW50cy5kZXYk"
PRODUCTION, DEVELOPMENT = Instance.from_publishable_key(LIVE), Instance.from_publishable_key(TEST)
SATELLITE = Instance.from_publishable_key(LIVE, is_satellite=True, domain="satellite.com")
HERE, DASH = "https://example.com/dash", "redirect_url=https%3A%2F%2Fexample.com%2Fdash"


@pytest.mark.parametrize(
    ("page", "given", "expected"),
    [
        ("sign-in", {}, f"https://accounts.example.com/sign-in?{DASH}"),
        ("sign-up", {}, f"https://accounts.example.com/sign-up?{DASH}"),
        ("sign-in", {"sign_in_url": "/login"}, f"https://example.com/login?{DASH}"),
        ("sign-in", {"sign_in_url": "/login", "return_url": None}, "https://example.com/login"),
        ("sign-up", {"sign_in_url": "https://example.com/login"}, f"https://example.com/login/create?{DASH}"),
        ("sign-up", {"sign_in_url": "/login", "sign_up_url": "/join"}, f"https://example.com/join?{DASH}"),
        ("sign-in", {"is_pending": True}, f"https://accounts.example.com/sign-in/tasks?{DASH}"),
        ("sign-in", {"sign_in_url": "/login?a=b"}, f"https://example.com/login?a=b&{DASH}"),
        ("sign-in", {"dev_browser": "dvb_1"}, f"https://accounts.example.com/sign-in?{DASH}"),  # in production: none
    ],
)
def test_production(page: Any, given: dict[str, Any], expected: str) -> None:
    assert sign_in_redirect(page, HERE, instance=PRODUCTION, **{"return_url": HERE, **given}) == expected


def test_a_development_browser_is_known_elsewhere() -> None:
    here = "http://localhost:8000/dash"
    url = sign_in_redirect("sign-in", here, instance=DEVELOPMENT, return_url=here, dev_browser="dvb_1")
    back = "redirect_url=http%3A%2F%2Flocalhost%3A8000%2Fdash"
    assert url == f"https://foo-bar-13.accounts.dev/sign-in?{back}&__clerk_db_jwt=dvb_1"
    own = sign_in_redirect("sign-in", here, instance=DEVELOPMENT, sign_in_url="/in", dev_browser="dvb_1")
    assert own == "http://localhost:8000/in"


def test_a_satellite_asks_for_its_session_when_it_gets_people_back() -> None:
    here, primary = "https://satellite.com/x", "https://example.com/sign-in"
    url = sign_in_redirect("sign-in", here, instance=SATELLITE, sign_in_url=primary, return_url=here)
    assert url == f"{primary}?redirect_url=https%3A%2F%2Fsatellite.com%2Fx%3F__clerk_synced%3Dfalse"


def test_without_a_key_there_must_be_a_page() -> None:
    assert sign_in_redirect("sign-in", HERE, instance=None, sign_in_url="/in") == "https://example.com/in"
    with pytest.raises(ValueError, match="CLERK_SIGN_IN_URL"):
        sign_in_redirect("sign-in", HERE, instance=None)
