"""Where the secret key goes, and where it never does."""

from __future__ import annotations

import logging

import pytest
from django.views.debug import ExceptionReporter

from django_clerk.api import ClerkClient
from django_clerk.exceptions import APIError, APIUnavailable
from tests.api import JWKS, KEY, soon_no_thread_is_left
from tests.loopback import GUEST, drip, html, ok, redirect, refuse, serve, stall, status, truncated


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_no_redirect_takes_the_key_elsewhere(server, client, code):
    with serve() as elsewhere:
        elsewhere.on("/v1/jwks", ok(JWKS))
        for location in (f"{elsewhere.url}/v1/jwks", f"//127.0.0.1:{elsewhere.server_port}/v1/jwks", "http://[", ""):
            server.on("/v1/jwks", redirect(location, code))
            with pytest.raises(APIError) as caught:
                client.jwks()
            assert caught.value.status == code
        assert elsewhere.received == []


def test_netrc_does_not_replace_the_key(server, client, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    server.on("/v1/jwks", ok(JWKS))
    client.jwks()
    assert server.received[0].headers["Authorization"] == f"Bearer {KEY}"


def test_the_proxy_of_the_environment_is_used_and_the_deadline_holds_there_too(server, monkeypatch):
    monkeypatch.delenv("NO_PROXY")
    monkeypatch.setenv("HTTP_PROXY", server.url)
    monkeypatch.setenv("HTTPS_PROXY", server.url)
    server.on("/v1/jwks", ok(JWKS), drip(JWKS, headers=True))
    client = ClerkClient(KEY, base_url="http://clerk.invalid")
    assert client.jwks() == JWKS
    with pytest.raises(APIUnavailable, match="no complete answer"):
        client.jwks(deadline=0.3)
    server.on("clerk.invalid:443", drip(JWKS, headers=True))
    with pytest.raises(APIUnavailable, match="no complete answer"):
        ClerkClient(KEY, base_url="https://clerk.invalid").jwks(deadline=0.3)
    assert server.received[-1].method == "CONNECT"
    assert "Authorization" not in server.received[-1].headers
    assert soon_no_thread_is_left()


@pytest.mark.parametrize("fault", [status(401), status(500), stall(), refuse, truncated(JWKS), html(), ok({})])
def test_the_key_is_on_no_error_page_and_in_no_log(server, client, caplog, fault):
    caplog.set_level(logging.DEBUG)
    server.on("/v1/jwks", fault)
    with pytest.raises(APIError) as caught:
        client.jwks(deadline=0.3)
    page = ExceptionReporter(None, caught.type, caught.value, caught.tb).get_traceback_html()
    assert "django_clerk/api/client.py" in page
    assert KEY not in page
    assert GUEST not in page
    assert KEY not in caplog.text
    assert KEY not in repr(client)


@pytest.mark.parametrize("key", ["", None, "sk_test_x\n", "sk test", "sk_test_ü"])
def test_a_key_that_cannot_be_one_is_refused_and_not_printed(key):
    with pytest.raises(ValueError, match=r"(?i)secret.?key") as caught:
        ClerkClient(key)
    assert not key or key not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.clerk.com",
        "ftp://api.clerk.com",
        "https://",
        "https://u:p@api.clerk.com",
        "https://a.b?c",
        "https://a.b#c",
    ],
)
def test_a_base_url_that_cannot_be_one_is_refused(url):
    with pytest.raises(ValueError, match="CLERK_API_URL"):
        ClerkClient(KEY, base_url=url)
