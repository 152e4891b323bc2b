"""What the decision looks at in a request."""

from __future__ import annotations

import pytest

from django_clerk.core.request import ClerkRequest
from django_clerk.core.urls import make_url


def request(method: str = "GET", **meta: str) -> ClerkRequest:
    return ClerkRequest(method, meta, lambda: make_url("https", "example.com", "/", ""))


@pytest.mark.parametrize(
    ("header", "token"),
    [
        ("Bearer a.b.c", "a.b.c"),
        ("a.b.c", "a.b.c"),
        ("Bearer a.b.c rest", "a.b.c"),
        ("Bearer  a.b.c", "Bearer"),  # as in Clerk's SDK: nothing that verifies
        ("Bearer", "Bearer"),
        ("Bearer a.b.c,Bearer d.e.f", "a.b.c,Bearer"),  # two headers, as a server joins them: nothing that verifies
        ("Bearer a.b.c, Bearer d.e.f", "a.b.c,"),
        ("Bearer\ta.b.c", "Bearer\ta.b.c"),
        ("Bearer\N{NO-BREAK SPACE}a.b.c", "Bearer\N{NO-BREAK SPACE}a.b.c"),
    ],
)
def test_what_is_in_the_header_is_the_credential(header: str, token: str) -> None:
    assert request(HTTP_AUTHORIZATION=header, HTTP_COOKIE="__session=d.e.f").bearer_token == token


@pytest.mark.parametrize(
    "header", ["", " ", "bearer a.b.c", "BEARER a.b.c", "Basic YTpi", "Token a.b.c", "Digest a=b", " a.b.c"]
)
def test_other_schemes_are_other_systems(header: str) -> None:
    assert request(HTTP_AUTHORIZATION=header).bearer_token is None
    assert request().bearer_token is None


@pytest.mark.parametrize(
    ("method", "meta", "may"),
    [
        ("GET", {"HTTP_SEC_FETCH_DEST": "document"}, True),
        ("GET", {"HTTP_SEC_FETCH_DEST": "iframe"}, True),
        ("GET", {"HTTP_SEC_FETCH_DEST": "empty", "HTTP_ACCEPT": "text/html"}, False),
        ("GET", {"HTTP_SEC_FETCH_DEST": "image"}, False),
        ("GET", {"HTTP_ACCEPT": "text/html,*/*"}, True),
        ("GET", {"HTTP_SEC_FETCH_DEST": "", "HTTP_ACCEPT": "text/html"}, True),
        ("GET", {"HTTP_ACCEPT": "application/json, text/html"}, False),
        ("GET", {"HTTP_ACCEPT": "*/*"}, False),
        ("GET", {}, False),
        ("POST", {"HTTP_SEC_FETCH_DEST": "document"}, False),
        ("HEAD", {"HTTP_SEC_FETCH_DEST": "document"}, False),
        ("GET", {"HTTP_ACCEPT": "text/html", "HTTP_HX_REQUEST": "true"}, False),
        ("GET", {"HTTP_ACCEPT": "text/html", "HTTP_X_REQUESTED_WITH": "XMLHttpRequest"}, False),
    ],
)
def test_who_may_be_sent_away(method: str, meta: dict[str, str], may: bool) -> None:
    assert request(method, **meta).may_be_sent_away is may


def test_the_representation_hides_the_token() -> None:
    assert repr(request(HTTP_AUTHORIZATION="Bearer a.b.c")) == "<ClerkRequest GET>"
