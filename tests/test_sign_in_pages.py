"""The ready-made pages: what they show, where they let people return, and the context processor beside them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from django.template import RequestContext, Template
from django.test import Client, RequestFactory, override_settings
from django.utils import translation

from django_clerk.context_processors import clerk
from tests.markup import Markup
from tests.mint import bearer

BROWSER = {"accept": "text/html", "sec-fetch-dest": "document"}


@pytest.fixture(autouse=True)
def _project() -> Iterator[None]:
    with override_settings(
        ROOT_URLCONF="tests.sign_in_urls",
        CLERK_SIGN_IN_URL="clerk_sign_in",
        CLERK_SIGN_UP_URL="clerk_sign_up",
        ALLOWED_HOSTS=["example.com"],
    ):
        yield


def get(path: str, **headers: str) -> Any:
    return Client().get(path, headers={"host": "example.com", **BROWSER, **headers})


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/sign-in/", "SignIn"),
        ("/sign-in/factor-one", "SignIn"),
        ("/sign-in/create/verify-email-address/", "SignIn"),
        ("/sign-in/tasks/choose-organization", "SignIn"),
        ("/sign-up/", "SignUp"),
        ("/sign-up/sso-callback", "SignUp"),
    ],
)
def test_clerk_s_box_at_its_address_and_at_those_of_its_steps(path: str, name: str) -> None:
    answer = get(path)
    assert answer.status_code == 200
    page = Markup(answer.content.decode())
    assert [element["data-clerk-component"] for element in page.all("div")] == [name]
    assert page.options() == {"routing": "path", "path": "/sign-in" if name == "SignIn" else "/sign-up"}
    assert page.all("html") == [{"lang": "en-us"}]


def test_nothing_runs_inline_and_nobody_keeps_or_frames_the_page() -> None:
    answer = get("/sign-in/")
    page = Markup(answer.content.decode())
    assert all("src" in script or script["type"] == "application/json" for script in page.all("script"))
    assert page.all("style") == []
    assert not any(name.startswith("on") or name == "style" for _, given in page.elements for name in given)
    assert "no-store" in answer["Cache-Control"]
    assert answer["X-Frame-Options"] == "DENY"


def test_only_reading() -> None:
    assert Client().post("/sign-in/", headers={"host": "example.com"}).status_code == 405


def test_django_s_login_requirement_leaves_it_open() -> None:
    with override_settings(
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.auth.middleware.LoginRequiredMiddleware",
            "django_clerk.middleware.ClerkMiddleware",
        ]
    ):
        assert get("/sign-in/").status_code == 200


@pytest.mark.parametrize("language", ["de", "fr"])
def test_in_other_languages(language: str) -> None:
    with translation.override(language), override_settings(LANGUAGE_CODE=language):
        page = Markup(get("/sign-in/").content.decode())
    assert page.all("html") == [{"lang": language}]
    assert not {"Sign in", "This page needs JavaScript."} & {text.strip() for text in page.text.splitlines()}


class TestTheWayBack:
    NAMES = ("redirect_url", "sign_in_force_redirect_url", "sign_up_fallback_redirect_url", "after_sign_in_url")

    @pytest.mark.parametrize(
        "back",
        [
            "https://evil.example/",
            "//evil.example/",
            "/\\evil.example/",
            "\\\\evil.example",
            "http:///evil.example",
            "https:evil.example",
            "https://example.com@evil.example/",
            "https://example.com.evil.example/",
            "/\t/evil.example/",
            "\x00//evil.example/",
            "javascript:alert(1)",
            "data:text/html,x",
            "ftp://example.com/",
            " //evil.example/",
            "https://satellite.com:8443/",
        ],
    )
    @pytest.mark.parametrize("name", NAMES)
    def test_to_another_site_is_taken_out(self, name: str, back: str) -> None:
        with override_settings(CLERK_SATELLITE_ORIGINS=["https://satellite.com"]):
            answer = get(f"/sign-in/?n=1&{name}={quote(back)}&n=2")
            assert answer.status_code == 302
            assert answer["Location"] == "/sign-in/?n=1&n=2"
            assert get(f"/sign-up/?{name}={quote(back)}")["Location"] == "/sign-up/"

    def test_one_of_two_is_taken_out(self) -> None:
        answer = get("/sign-in/?redirect_url=/a/&redirect_url=https://evil.example")
        assert answer["Location"] == "/sign-in/?redirect_url=%2Fa%2F"

    @pytest.mark.parametrize(
        "back", ["/dashboard/?a=b", "http://example.com/x", "dashboard/", "https://satellite.com/x", "?a=b"]
    )
    def test_to_this_site_and_its_satellites_is_kept(self, back: str) -> None:
        with override_settings(CLERK_SATELLITE_ORIGINS=["https://satellite.com"]):
            assert get(f"/sign-in/?redirect_url={quote(back)}").status_code == 200

    def test_over_tls_it_is_not_left_again(self) -> None:
        answer = Client().get(
            "/sign-in/?redirect_url=http://example.com/x", headers={"host": "example.com"}, secure=True
        )
        assert answer["Location"] == "/sign-in/"

    def test_the_page_itself_leads_nowhere_else_by_its_address(self) -> None:
        """Two slashes, and the path of the page would be a host."""
        answer = get("//evil.example/../sign-in/?redirect_url=https://evil.example")
        assert answer.status_code == 404


class TestContextProcessor:
    def render(self, template: str, path: str = "/home/", **options: Any) -> str:
        request = RequestFactory().get(path, HTTP_HOST="example.com", **options)
        return str(Template(template).render(RequestContext(request, clerk(request))))

    def test_addresses_with_the_way_back(self) -> None:
        back = "http%3A%2F%2Fexample.com%2Fhome%2F%3Fa%3Db"
        text = self.render("{{ clerk.sign_in_url }} {{ clerk.sign_up_url }}", "/home/?a=b")
        assert text == f"/sign-in/?redirect_url={back} /sign-up/?redirect_url={back}"

    def test_between_the_pages_the_way_back_stays(self) -> None:
        back = "http%3A%2F%2Fexample.com%2Fa%2F"
        assert self.render("{{ clerk.sign_up_url }}", "/sign-in/?redirect_url=/a/") == f"/sign-up/?redirect_url={back}"
        assert self.render("{{ clerk.sign_up_url }}", "/sign-in/factor-one") == "/sign-up/"
        assert self.render("{{ clerk.sign_up_url }}", "/sign-in/?redirect_url=//evil.example") == "/sign-up/"

    def test_hosted_pages(self) -> None:
        with override_settings(CLERK_SIGN_IN_URL=None, CLERK_SIGN_UP_URL=None):
            text = self.render("{{ clerk.sign_in_url }} {{ clerk.sign_up_url }}")
        back = "http%3A%2F%2Fexample.com%2Fhome%2F"
        assert text == (
            f"https://accounts.example.com/sign-in?redirect_url={back}"
            f" https://accounts.example.com/sign-up?redirect_url={back}"
        )

    def test_all_that_there_is_may_be_shown(self) -> None:
        request = RequestFactory().get("/", HTTP_HOST="example.com", headers=bearer())
        with override_settings(CLERK_SECRET_KEY="sk_live_VeryUnlikely", CLERK_WEBHOOK_SECRET="whsec_VeryUnlikely"):
            values = dict(clerk(request)["clerk"])
        assert values == {
            "publishable_key": "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k",
            "proxy_url": "",
            "domain": "",
            "is_satellite": False,
            "sign_in_url": "/sign-in/?redirect_url=http%3A%2F%2Fexample.com%2F",
            "sign_up_url": "/sign-up/?redirect_url=http%3A%2F%2Fexample.com%2F",
            "after_sign_in_url": "/",
            "after_sign_up_url": "/",
        }

    def test_a_page_that_does_not_ask_pays_nothing(self) -> None:
        with override_settings(CLERK_PUBLISHABLE_KEY="pk_live_bad"):
            assert self.render("quiet") == "quiet"
