"""Where a browser gets Clerk's JavaScript. The expected URLs are those that Clerk's own loader makes."""

from __future__ import annotations

from typing import Any

import pytest

from django_clerk.core.frontend import script_attributes, script_urls
from django_clerk.core.instance import Instance

LIVE = "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k"  # clerk.example.com
TEST = "pk_test_Zm9vLWJhci0xMy5jbGVyay5hY2NvdW50cy5kZXYk"  # foo-bar-13.clerk.accounts.dev


@pytest.mark.parametrize(
    ("key", "configuration", "base"),
    [
        (LIVE, {}, "https://clerk.example.com"),
        (TEST, {}, "https://foo-bar-13.clerk.accounts.dev"),
        (LIVE, {"proxy_url": "/__clerk"}, "/__clerk"),
        (TEST, {"proxy_url": "/__clerk/"}, "/__clerk"),
        (LIVE, {"proxy_url": "https://app.example.com/__clerk"}, "https://app.example.com/__clerk"),
        (TEST, {"proxy_url": "http://localhost:9000/__clerk"}, "http://localhost:9000/__clerk"),
        (LIVE, {"domain": "satellite.com", "is_satellite": True}, "https://clerk.satellite.com"),
        (TEST, {"domain": "satellite.com", "is_satellite": True}, "https://foo-bar-13.clerk.accounts.dev"),
    ],
)
def test_scripts_come_from_the_frontend_api(key: str, configuration: Any, base: str) -> None:
    assert script_urls(Instance.from_publishable_key(key, **configuration)) == (
        f"{base}/npm/@clerk/clerk-js@6/dist/clerk.browser.js",
        f"{base}/npm/@clerk/ui@1/dist/ui.browser.js",
    )


def test_attributes_are_those_that_are_set() -> None:
    assert script_attributes(Instance.from_publishable_key(LIVE)) == {"data-clerk-publishable-key": LIVE}
    satellite = Instance.from_publishable_key(TEST, domain="satellite.com", is_satellite=True, proxy_url="/__clerk")
    assert script_attributes(satellite) == {
        "data-clerk-publishable-key": TEST,
        "data-clerk-proxy-url": "/__clerk",
        "data-clerk-domain": "satellite.com",
    }
