"""
Ways to have the redirect to the sign-in page, or the way back from it, lead to somebody else's site.

The sign-in page comes from the settings, the way back from Django's idea of host and path. Nothing that a request says
in its query, its Referer or its forwarding headers changes either.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory, override_settings
from django.urls import path

from django_clerk.decorators import clerk_login_required, clerk_role_required
from tests.callers import CALLERS, sign_up
from tests.mint import mint

pytestmark = pytest.mark.urls(__name__)

guarded = clerk_login_required(lambda request: HttpResponse("in"))
urlpatterns = [path("page/", guarded), path("admin/", clerk_role_required("admin")(lambda request: HttpResponse("in")))]

BROWSER = {"Accept": "text/html", "Sec-Fetch-Dest": "document"}

#: Where an attacker would like people to land, in every spelling that some parser or browser takes for another site.
TARGETS = [
    "https://evil.com",
    "https://evil.com/page/",
    "http://evil.com:80/",
    "//evil.com",
    "///evil.com",
    "////evil.com",
    "/\\evil.com",
    "\\/evil.com",
    "\\\\evil.com",
    "/\t/evil.com",
    "/%09/evil.com",
    "/%5cevil.com",
    "/%2f%2fevil.com",
    "//%65vil.com",
    "http:evil.com",
    "https:evil.com",
    "https:/evil.com",
    "https:///evil.com",
    "https:\\\\evil.com",
    "http://testserver@evil.com",
    "http://testserver:80@evil.com",
    "http://testserver%40evil.com",
    "http://testserver\\@evil.com",
    "http://testserver.evil.com",
    "http://testserver%2eevil.com",
    "http://testserver%00.evil.com",
    "http://testserver․evil.com",
    "http://evil.com#@testserver",
    "http://evil.com?@testserver",
    "http://evil.com/testserver",
    "http://evil.com\\.testserver",
    "http://evil.com:testserver",
    "http://[::1]/",
    "http://[testserver",
    "http://testserver:8000/",
    "http://ｅvil.com",
    "ftp://testserver/",
    "javascript:alert(1)",
    "javascript://testserver/%0aalert(1)",
    "JaVaScRiPt:alert(1)",
    " javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "blob:http://testserver/x",
    "view-source:http://testserver",
    "page",
    "?redirect_url=https://evil.com",
    "/page/?next=//evil.com",
    "/page/\r\nLocation: https://evil.com",
    "/page/%0d%0aLocation:%20https://evil.com",
    "/page/\x00",
    ".",
    "..//evil.com",
    "/..//evil.com/",
    "/.//evil.com/",
    "/page/../..//evil.com/",
]

HEADERS: list[dict[str, str]] = [
    {"X-Forwarded-Host": "evil.com"},
    {"X-Forwarded-Host": "evil.com, testserver"},
    {"X-Forwarded-Server": "evil.com"},
    {"X-Host": "evil.com"},
    {"X-Original-Host": "evil.com"},
    {"Forwarded": "for=1.2.3.4;host=evil.com;proto=https"},
    {"X-Forwarded-Proto": "javascript"},
    {"X-Forwarded-Scheme": "https"},
    {"X-Forwarded-Port": "1234"},
    {"X-Forwarded-Prefix": "//evil.com"},
    {"X-Original-URL": "https://evil.com/"},
    {"X-Rewrite-URL": "//evil.com/"},
    {"X-HTTP-Method-Override": "POST", "Referer": "https://evil.com/"},
    {"Origin": "https://evil.com"},
    {"Referer": "https://evil.com/"},
    {"Clerk-Redirect-To": "https://evil.com/"},
]

HOSTS = [
    "evil.com",
    "evil.com:80",
    "testserver.evil.com",
    "testserver@evil.com",
    "evil.com@testserver",
    "testserver:80@evil.com",
    "testserver/evil.com",
    "testserver\\evil.com",
    "testserver#evil.com",
    "testserver, evil.com",
    "testserver evil.com",
    "testserver%00evil.com",
    "[::1]",
    "",
]


def origin_in_a_browser(url: str) -> str:
    """Return the origin that a browser makes of a URL (WHATWG: odd characters go, a backslash is a slash)."""
    tidy = re.sub(r"[\t\r\n]", "", url.strip("".join(map(chr, range(33))))).replace("\\", "/")
    found = re.match(r"(https?):/*([^/?#]*)", tidy, re.IGNORECASE)
    return f"{found[1]}://{found[2].rpartition('@')[2]}".lower() if found else tidy


def check(response: Any) -> str:
    """Return the way back, having made sure that nobody is led astray."""
    assert response.status_code == 302
    location = response["Location"]
    assert origin_in_a_browser(location) == "https://accounts.example.com"
    assert urlsplit(location).path == "/sign-in"
    assert re.fullmatch(r"[!-~]+", location)
    (back,) = parse_qs(urlsplit(location).query).pop("redirect_url")
    assert origin_in_a_browser(back) == "http://testserver"
    assert urlsplit(back).netloc == "testserver"
    return back


@pytest.mark.parametrize("target", TARGETS)
class TestTarget:
    @pytest.mark.parametrize("name", ["redirect_url", "next", "sign_in_url", "__clerk_redirect_url", "redirect"])
    def test_in_the_query(self, target: str, name: str) -> None:
        back = check(Client().get("/page/", {name: target}, headers=BROWSER))
        assert parse_qs(urlsplit(back).query) == {name: [target]}  # the page's own query, for the page to judge

    def test_as_the_path(self, target: str) -> None:
        """However a server may hand it over."""
        request = RequestFactory().get("/", PATH_INFO=target.encode("utf-8").decode("latin-1"), headers=BROWSER)
        check(guarded(request))

    def test_as_the_script_name(self, target: str) -> None:
        request = RequestFactory().get("/", SCRIPT_NAME=target.encode("utf-8").decode("latin-1"), headers=BROWSER)
        check(guarded(request))

    @pytest.mark.parametrize("method", ["post", "put", "delete"])
    def test_as_the_referer_of_a_form(self, target: str, method: str) -> None:
        back = check(getattr(Client(), method)("/page/", headers={**BROWSER, "Referer": target}))
        assert back == "http://testserver/page/"


@pytest.mark.parametrize("headers", HEADERS)
@pytest.mark.parametrize("method", ["get", "post"])
def test_headers(headers: dict[str, str], method: str) -> None:
    assert check(getattr(Client(), method)("/page/", headers={**BROWSER, **headers})) == "http://testserver/page/"


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("method", ["get", "post"])
def test_host(host: str, method: str) -> None:
    assert getattr(Client(), method)("/page/", headers={**BROWSER, "Host": host}).status_code == 400


@pytest.mark.parametrize("host", HOSTS)
def test_forwarded_host_where_it_is_trusted(host: str) -> None:
    with override_settings(USE_X_FORWARDED_HOST=True):
        response = Client().get("/page/", headers={**BROWSER, "X-Forwarded-Host": host})
        assert response.status_code == 400


def test_form_of_this_site_is_the_way_back() -> None:
    headers = {**BROWSER, "Referer": "http://testserver/form/?step=2"}
    assert check(Client().post("/page/", headers=headers)) == "http://testserver/form/?step=2"


def test_page_of_a_site_without_tls_is_no_way_back_to_one_with() -> None:
    response = Client().post("/page/", headers={**BROWSER, "Referer": "http://testserver/form/"}, secure=True)
    assert parse_qs(urlsplit(response["Location"]).query) == {"redirect_url": ["https://testserver/page/"]}


@pytest.mark.parametrize("length", [1_000, 3_000, 10_000, 100_000])
def test_long_query_is_no_bad_request(length: int) -> None:
    back = check(Client().get("/page/", {"q": "é" * length}, headers=BROWSER))
    assert back.startswith("http://testserver/page/")


@pytest.mark.django_db
@pytest.mark.parametrize("target", TARGETS)
def test_unauthorized_url_is_the_setting(target: str) -> None:
    sign_up(CALLERS["member"])
    # A page of another site leads here for the second time: the first time leads to Clerk, for a newer session.
    cookies = f"__session={mint()}; __client_uat=1; __clerk_redirect_count=1"
    headers = {**BROWSER, "Cookie": cookies, "Referer": "https://evil.com/"}
    with override_settings(CLERK_UNAUTHORIZED_URL="/no-entry/"):
        response = Client().get("/admin/", {"redirect_url": target, "next": target}, headers=headers)
        assert (response.status_code, response["Location"]) == (302, "/no-entry/")
