"""Ways to have the trip to Clerk and back end somewhere else, or never."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from django_clerk.middleware import ClerkMiddleware
from tests.attacks.target import table
from tests.attacks.test_redirects import HOSTS, TARGETS, origin_in_a_browser
from tests.handshakes import (
    BROWSER,
    DEVELOPMENT,
    LOCALHOST,
    PRODUCTION,
    STALE,
    ask,
    configure,
    cookie_lines,
    directives,
    handshake_token,
    home,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(params=[PRODUCTION, DEVELOPMENT], ids=["production", "development"])
def instance(request: Any, settings: Any) -> Any:
    configure(settings, request.param)
    return request.param


def send(path: str, query: str, cookies: str, origin: str) -> Any:
    """Send a request whose path and query are what they are, however a server came by them."""
    scheme, _, host = origin.partition("://")
    headers = {**BROWSER, "Host": host, "Cookie": cookies}
    request = RequestFactory().get("/", headers=headers, secure=scheme == "https")
    request.META |= {"RAW_URI": path, "QUERY_STRING": query}
    request.path = request.path_info = path
    return ClerkMiddleware(lambda request: HttpResponse(str(request.clerk.user_id)))(request)  # type: ignore[attr-defined]


@pytest.mark.parametrize("target", TARGETS)
class TestOffSite:
    @pytest.mark.parametrize(
        "name", ["redirect_url", "__clerk_redirect_url", "__clerk_synced", "next", "satellite_fapi"]
    )
    def test_in_the_query(self, instance: Any, target: str, name: str) -> None:
        response = send("/page/", f"{name}={target}", STALE, home(instance))
        assert origin_in_a_browser(response["Location"]) == f"https://{instance.frontend_api}"
        assert re.fullmatch(r"[!-~]+", response["Location"])
        back = re.search(r"[?&]redirect_url=([^&]*)", response["Location"])
        assert back is not None
        assert back[1].startswith(f"{home(instance)}/page/".replace(":", "%3A").replace("/", "%2F"))

    def test_as_the_path(self, instance: Any, target: str) -> None:
        response = send(target, "", STALE, home(instance))
        assert origin_in_a_browser(response["Location"]) == f"https://{instance.frontend_api}"
        assert re.fullmatch(r"[!-~]+", response["Location"])

    def test_as_the_path_that_is_cleaned(self, settings: Any, target: str) -> None:
        configure(settings, DEVELOPMENT)
        token = handshake_token("__client_uat=0")
        response = send(target, f"next={target}&__clerk_handshake={token}", "", LOCALHOST)
        assert response.status_code == 307
        assert response["Location"].startswith(f"{LOCALHOST}/")
        assert re.fullmatch(r"[!-~]+", response["Location"])

    def test_as_a_satellite(self, settings: Any, target: str) -> None:
        configure(settings, DEVELOPMENT)
        settings.CLERK_SATELLITE_ORIGINS = ["http://localhost:3001"]
        for named in (target, target.replace("testserver", "localhost:3001")):
            response = send("/", f"__clerk_redirect_url={named}", "__clerk_db_jwt=dvb_1", LOCALHOST)
            location = response.headers.get("Location", "http://localhost:3001/")
            assert location.startswith("http://localhost:3001/")
            assert re.fullmatch(r"[!-~]+", location)
            assert ("Location" in response) == (response.status_code == 307)


SATELLITES = {
    "another port": "http://localhost:3002/",
    "no port": "http://localhost/",
    "another scheme": "https://localhost:3001/",
    "a port that begins alike": "http://localhost:30011/",
    "an address of the same machine": "http://127.0.0.1:3001/",
    "a dot at the end": "http://localhost.:3001/",
    "a user": "http://ada@localhost:3001/",
    "a user of ours": "http://localhost:3001@evil.com/",
    "a password": "http://localhost:3001:x@evil.com/",
    "a domain below": "http://localhost:3001.evil.com/",
    "a tab": "http://localhost:3001\t.evil.com/",
    "no scheme": "//localhost:3001/",
    "javascript": "javascript://localhost:3001/%0aalert(1)",
    "data": "data:text/html,http://localhost:3001/",
    "a socket": "ws://localhost:3001/",
    "full-width": "http://localhost:３００１/",
    "two of them": "http://localhost:3001, http://evil.com/",
    "nothing": "",
}


@table(SATELLITES)
def test_only_satellites_that_are_named(settings: Any, attack: str) -> None:
    configure(settings, DEVELOPMENT)
    settings.CLERK_SATELLITE_ORIGINS = ["http://localhost:3001"]
    query = attack.encode().decode("latin-1").replace("%", "%25").replace("\t", "%09").replace("&", "%26")
    response = send("/", f"__clerk_redirect_url={query}", "__clerk_db_jwt=dvb_1", LOCALHOST)
    assert (response.status_code, response.content) == (200, b"None")
    assert "Location" not in response


@pytest.mark.parametrize("host", HOSTS)
def test_host(instance: Any, host: str) -> None:
    for url in ("/page/", f"/page/?__clerk_handshake={handshake_token(*directives(instance=instance))}"):
        response = ask("sync", url, STALE, Host=host, origin=home(instance))
        assert response.status_code == 400
        assert "Location" not in response
        assert cookie_lines(response) == []


COUNTERS = [
    "3", "4", "99", "3.0", "1e9", "Infinity", "inf", "1e309", "9" * 5000, "0x3", "0x" + "f" * 400,
    "0xffffffffffffffffff", "-1", "-1000", "-1e9", "-Infinity", "-inf", "-" + "9" * 400, "-0", "NaN", "nan", "-nan",
    "abc", "", "0x", "0x-5", "1_0", "2.5", "1e-9", "%33", "%D9%A3", " 3", "+3", "3;x", "3,3", "1 2", "\x0b3", "None",
    "true", "[]",
]  # fmt: skip


@pytest.mark.parametrize("counter", COUNTERS, ids=lambda counter: counter[:20])
def test_a_forged_counter_starts_no_endless_loop(settings: Any, counter: str) -> None:
    configure(settings, PRODUCTION)
    for _ in range(5):
        response = ask("sync", "/untouched/", STALE, f"__clerk_redirect_count={counter}")
        if response.status_code == 200:
            assert cookie_lines(response) == []
            return
        assert response.status_code == 307
        (line,) = cookie_lines(response)
        found = re.fullmatch(r"__clerk_redirect_count=([0-9.]+); SameSite=Lax; HttpOnly; Max-Age=2", line)
        assert found is not None
        counter = found[1]
    pytest.fail("The browser would be sent to Clerk and back for ever.")
