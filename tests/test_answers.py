"""What a refused caller gets, and who is taken for a browser that loads a page."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import HttpResponse
from django.test import RequestFactory, override_settings
from django.urls import NoReverseMatch

from django_clerk.answers import is_page, mark_private, respond, sign_in_url
from django_clerk.core.policies import Answer, Decision
from tests.mint import bearer

CHROME = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
BASIC = "Basic dXNlcjpwYXNzd29yZA=="

PAGES: dict[str, dict[str, str]] = {
    "browser": {"Accept": CHROME, "Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate"},
    "browser without TLS": {"Accept": CHROME},
    "browser in a frame": {"Accept": CHROME, "Sec-Fetch-Dest": "iframe"},
    "browser behind Basic authentication": {"Accept": CHROME, "Authorization": BASIC, "Sec-Fetch-Dest": "document"},
    "the same without TLS": {"Accept": CHROME, "Authorization": BASIC},
    "browser behind Kerberos": {"Accept": CHROME, "Authorization": "Negotiate abc"},
    "browser that sends a form": {"Accept": CHROME, "Content-Type": "application/x-www-form-urlencoded"},
    "old browser": {"Accept": "text/html, */*"},
    "Turbo": {"Accept": "text/vnd.turbo-stream.html, text/html, application/xhtml+xml"},
    "Django's test client": {},
    "curl that asks for HTML": {"Accept": "text/html", "User-Agent": "curl/8"},
    "HTML before JSON": {"Accept": "text/html, application/json"},
}
CALLS: dict[str, dict[str, str]] = {
    "fetch": {"Accept": "*/*", "Sec-Fetch-Dest": "empty", "Sec-Fetch-Mode": "cors"},
    "fetch of HTML": {"Accept": "text/html", "Sec-Fetch-Dest": "empty"},
    "fetch without TLS": {"Accept": "*/*"},
    "XHR of jQuery": {"Accept": "text/html, */*; q=0.01", "X-Requested-With": "XMLHttpRequest"},
    "htmx": {"Accept": "*/*", "HX-Request": "true", "Sec-Fetch-Dest": "empty"},
    "htmx, boosted, without TLS": {"Accept": "text/html", "HX-Request": "true", "HX-Boosted": "true"},
    "axios": {"Accept": "application/json, text/plain, */*"},
    "curl": {"Accept": "*/*", "User-Agent": "curl/8"},
    "requests": {"Accept": "*/*", "User-Agent": "python-requests/2"},
    "program with a token": {**bearer(), "Accept": "text/html"},
    "program with a token alone": {"Authorization": "Bearer x"},
    "program with a token in small letters": {"Authorization": "bearer x"},
    "program with a bare token": {"Authorization": "a.b.c"},
    "program with another system's token": {"Authorization": "Token abc"},
    "program that sends JSON": {"Content-Type": "application/json"},
    "program that sends JSON:API": {"Content-Type": "application/vnd.api+json; charset=utf-8"},
    "program that wants JSON": {"Accept": "application/json"},
    "JSON before HTML": {"Accept": "application/json, text/html"},
    "program that wants XML": {"Accept": "application/xml"},
    "EventSource": {"Accept": "text/event-stream"},
    "image": {"Accept": "image/avif,image/webp,*/*;q=0.8", "Sec-Fetch-Dest": "image"},
    "script": {"Accept": "*/*", "Sec-Fetch-Dest": "script"},
    "service worker": {"Accept": "*/*", "Sec-Fetch-Dest": "serviceworker"},
    "image without TLS": {"Accept": "image/avif,image/webp,*/*;q=0.8"},
    "nonsense": {"Accept": "\x00, ;;;=, text"},
    "endless": {"Accept": "text/plain," * 10_000},
}


def request(headers: dict[str, str] | None = None, **extra: Any) -> Any:
    headers = dict(headers or {})
    kind = headers.pop("Content-Type", "")
    method = "POST" if kind else "GET"
    return RequestFactory().generic(method, "/page/", "body", content_type=kind, headers=headers, **extra)


@pytest.mark.parametrize("name", PAGES)
def test_page(name: str) -> None:
    assert is_page(request(PAGES[name]))


@pytest.mark.parametrize("name", CALLS)
def test_call(name: str) -> None:
    assert not is_page(request(CALLS[name]))


class TestSignInURL:
    @pytest.mark.parametrize(
        ("setting", "location"),
        [
            (None, "https://accounts.example.com/sign-in?"),
            ("/enter/", "/enter/?"),
            ("/enter/?theme=dark", "/enter/?theme=dark&"),
            ("/enter/?redirect_url=https%3A%2F%2Fevil.com&a=", "/enter/?a=&"),
            ("https://id.example.com/sign-in", "https://id.example.com/sign-in?"),
            ("https://id.example.com/?x=1#/sign-in", "https://id.example.com/?x=1&"),
        ],
    )
    def test_gets_the_way_back(self, setting: str | None, location: str) -> None:
        with override_settings(CLERK_SIGN_IN_URL=setting):
            found = respond(request(PAGES["browser"]), Decision(Answer.SIGN_IN))["Location"]
        assert found.startswith(location + "redirect_url=http%3A%2F%2Ftestserver%2Fpage%2F")
        assert parse_qs(urlsplit(found).query)["redirect_url"] == ["http://testserver/page/"]
        assert urlsplit(found).fragment == ("/sign-in" if setting and "#" in setting else "")

    @pytest.mark.urls("tests.urls")
    def test_may_be_the_name_of_a_url(self) -> None:
        with override_settings(CLERK_SIGN_IN_URL="post-list"):
            assert sign_in_url() == "/api/posts/"
        with override_settings(CLERK_SIGN_IN_URL="nowhere"), pytest.raises(NoReverseMatch):
            sign_in_url()

    def test_is_django_s_without_an_instance(self) -> None:
        with override_settings(CLERK_PUBLISHABLE_KEY=None, LOGIN_URL="/login/"):
            assert sign_in_url() == "/login/"

    def test_is_not_invented_for_a_bad_instance(self) -> None:
        with override_settings(CLERK_PUBLISHABLE_KEY="pk_live_nonsense"), pytest.raises(ImproperlyConfigured):
            sign_in_url()


class TestResponse:
    def test_redirect_is_not_kept_by_caches(self) -> None:
        assert "no-store" in respond(request(PAGES["browser"]), Decision(Answer.SIGN_IN))["Cache-Control"]

    def test_forbidden_page_is_the_project_s(self) -> None:
        with pytest.raises(PermissionDenied):
            respond(request(PAGES["browser"]), Decision(Answer.FORBID))

    def test_unauthorized_url(self) -> None:
        with override_settings(CLERK_UNAUTHORIZED_URL="/no-entry/"):
            assert respond(request(PAGES["browser"]), Decision(Answer.FORBID))["Location"] == "/no-entry/"
            assert respond(request(CALLS["curl"]), Decision(Answer.FORBID)).status_code == 403
        for itself in ("/page/", "/page/?why=role"):
            with override_settings(CLERK_UNAUTHORIZED_URL=itself), pytest.raises(PermissionDenied):
                respond(request(PAGES["browser"]), Decision(Answer.FORBID))

    def test_unavailable(self) -> None:
        for headers, kind in ((PAGES["browser"], "text/plain; charset=utf-8"), (CALLS["curl"], "application/json")):
            response = respond(request(headers), Decision(Answer.UNAVAILABLE))
            assert (response.status_code, response["Retry-After"], response["Content-Type"]) == (503, "10", kind)

    @pytest.mark.parametrize(
        ("wanted", "text"),
        [
            ("strict", "your second factor, or your first if you have no second, verified within the last 10 minutes"),
            ("lax", "verified within the last 1440 minutes"),
            ("strict_mfa", "both factors of your sign-in, verified within the last 10 minutes"),
            ({"level": "first_factor", "afterMinutes": 1}, "not older than 1 minute."),
            ({"level": "second_factor", "afterMinutes": 0.5}, "verified within the last 1 minute."),
        ],
    )
    def test_reverification(self, wanted: Any, text: str) -> None:
        decision = Decision(Answer.REVERIFY, "rule", wanted)
        page = respond(request(PAGES["browser"]), decision)
        assert page.status_code == 403
        assert text in " ".join(page.content.decode().split())
        call = respond(request(CALLS["fetch"]), decision)
        assert (call.status_code, call["Content-Type"]) == (403, "application/json")

    def test_private_is_stronger_than_public(self) -> None:
        response = HttpResponse(headers={"Cache-Control": "public, max-age=60", "Vary": "Accept-Language, Cookie"})
        marked = mark_private(response)
        assert marked is response
        assert set(marked["Cache-Control"].split(", ")) == {"max-age=60", "private"}
        assert marked["Vary"] == "Accept-Language, Cookie, Authorization"
