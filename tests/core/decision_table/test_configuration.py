"""D177 to D179: the public URL, a proxy before the Frontend API, and keys that are missing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import RequestFactory, override_settings

from django_clerk.core.instance import Instance
from django_clerk.identify import headers_of, identify
from django_clerk.wiring import get_client, get_site, make_keys

from .world import PRODUCTION, PRODUCTION_KEY, Project, Row, check, doc, rows, session

NO_SESSION = "HS client-uat-but-no-session-token"
BEHIND_A_PROXY: dict[str, Any] = {
    "USE_X_FORWARDED_HOST": True,
    "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https"),
    "ALLOWED_HOSTS": ["app.example.com", "testserver"],
}


def proxied(proxy_url: str) -> Project:
    return replace(PRODUCTION, instance=Instance.from_publishable_key(PRODUCTION_KEY, proxy_url=proxy_url))


def sent_back_to(host: str, proto: str) -> str | None:
    """Return the ``redirect_url`` of the handshake of a request that came through proxies."""
    forwarded = {"X-Forwarded-Host": host, "X-Forwarded-Proto": proto, "X-Forwarded-Port": "1234"}
    browser = {"Sec-Fetch-Dest": "document", "Accept": "text/html", "Cookie": "__client_uat=1"}
    request = RequestFactory().get("/page?x=1", headers={**browser, **forwarded})
    assert not identify(request).is_signed_in
    location = dict(headers_of(request)).get("Location")
    return parse_qs(urlsplit(location).query)["redirect_url"][0] if location is not None else None


# Clerk's SDK believes forwarding headers always. Whoever can send them would choose where the session goes, so Django's
# settings decide. Django takes the first of several schemes, and refuses several hosts: then nobody is sent anywhere.
@pytest.mark.parametrize(
    ("settings", "host", "proto", "expected"),
    [
        pytest.param(
            BEHIND_A_PROXY, "app.example.com:8443", "https", "https://app.example.com:8443/page?x=1", id="D177"
        ),
        pytest.param(
            BEHIND_A_PROXY, "app.example.com", "https,http", "https://app.example.com/page?x=1", id="D177-schemes"
        ),
        pytest.param(BEHIND_A_PROXY, "app.example.com, inner", "https", None, id="D177-hosts"),
        pytest.param({}, "app.example.com:8443", "https", "http://testserver/page?x=1", id="D177-untrusted"),
        pytest.param(BEHIND_A_PROXY, "app.example.com", "http", "http://app.example.com/page?x=1", id="D177-http"),
        pytest.param(BEHIND_A_PROXY, "evil.com", "https", None, id="D177-not-allowed"),
    ],
)
def test_the_public_url(settings: dict[str, Any], host: str, proto: str, expected: str | None) -> None:
    with override_settings(**settings):
        assert sent_back_to(host, proto) == expected


@rows(
    Row(
        "D178-url",
        NO_SESSION,
        doc("/page?x=1", session(None)),
        proxied("https://example.com/__clerk"),
        base="https://example.com/__clerk",
    ),
    Row(
        "D178-path",
        NO_SESSION,
        doc("/page?x=1", session(None)),
        proxied("/__clerk/"),
        base="https://example.com/__clerk",
    ),
)
def test_a_proxy_before_the_frontend_api(row: Row) -> None:
    check(row)


@pytest.mark.parametrize(
    ("key", "words"),
    [
        pytest.param("", "Publishable key is missing", id="D179-empty"),
        pytest.param("pk_live_bad", "Publishable key not valid", id="D179-malformed"),
        pytest.param("sk_test_x", "Publishable key not valid", id="D179-secret"),
    ],
)
def test_a_publishable_key_that_is_none(key: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Instance.from_publishable_key(key)
    if key:  # without one, a project verifies tokens in headers and sends nobody to Clerk; "manage.py check" warns
        with override_settings(CLERK_PUBLISHABLE_KEY=key), pytest.raises(ImproperlyConfigured, match=words):
            get_site()


@override_settings(CLERK_SECRET_KEY=None, CLERK_JWT_KEY=None)
@pytest.mark.parametrize("make", [get_client, make_keys], ids=["D179-no-secret-key", "D179-no-key-at-all"])
def test_a_missing_secret_key(make: Any) -> None:
    with pytest.raises(ImproperlyConfigured, match="CLERK_SECRET_KEY"):
        make()
