"""Headers that claim to be somebody, and requests that a browser was tricked into; thrown at real pages."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.middleware.csrf import _get_new_csrf_string
from django.test import AsyncClient, Client

from tests.attacks.target import table
from tests.jwks import OTHER_KEY
from tests.mint import mint
from tests.testapp.people import create_user

pytestmark = pytest.mark.urls("tests.pages")

#: What is in the Authorization header. <T> is a valid token of user_ada, <E> of user_eve, <S> a forged one.
AUTHORIZATIONS: dict[str, str] = {
    "two headers": "Bearer <T>,Bearer <E>",
    "two headers, with a space": "Bearer <T>, Bearer <E>",
    "two equal headers": "Bearer <T>,Bearer <T>",
    "two headers, a broken one first": "Bearer x,Bearer <T>",
    "two headers, a broken one last": "Bearer <T>,x",
    "two headers, Basic first": "Basic YTpi,Bearer <T>",
    "two headers, Basic first, with a space": "Basic YTpi, Bearer <T>",
    "two headers, semicolon": "Bearer <T>;Bearer <E>",
    "small letters": "bearer <T>",
    "capitals": "BEARER <T>",
    "mixed": "BeaRer <T>",
    "another scheme": "Token <T>",
    "JWT": "JWT <T>",
    "Basic": "Basic <T>",
    "Clerk": "Clerk <T>",
    "Bearer with a colon": "Bearer: <T>",
    "Bearer with equals": "Bearer=<T>",
    "Bearer twice": "Bearer Bearer <T>",
    "Bearer behind": "<T> Bearer",
    "two spaces": "Bearer  <T>",
    "space before": " Bearer <T>",
    "tab": "Bearer\t<T>",
    "no-break space": "Bearer\xa0<T>",
    "line break": "Bearer\n<T>",
    "no space": "Bearer<T>",
    "quoted": 'Bearer "<T>"',
    "parameter": 'Bearer token="<T>"',
    "parameter, bare": "Bearer token=<T>",
    "in brackets": "Bearer <<T>>",
    "comma behind": "Bearer <T>,",
    "semicolon behind": "Bearer <T>;",
    "NUL behind": "Bearer <T>\0",
    "percent": "Bearer %65<T>",
    "forged": "Bearer <S>",
    "forged, without scheme": "<S>",
    "scheme alone": "Bearer",
    "scheme and space": "Bearer ",
    "undefined": "Bearer undefined",
    "null": "Bearer null",
    "long": "Bearer " + "x" * 1_000_000,
    "spaces": "Bearer" + " " * 100_000 + "<T>",
    "commas": "Bearer <T>" + "," * 100_000,
    "Latin-1": "Bearer \xe9\xff",
    "empty": "",
}

#: Other headers. Nothing in them counts, whatever other frameworks keep there.
STATES: dict[str, dict[str, str]] = {
    "Clerk's status": {"X-Clerk-Auth-Status": "signed-in", "X-Clerk-Auth-Reason": "", "X-Clerk-Auth-Message": ""},
    "Clerk's token": {"X-Clerk-Auth-Token": "<T>", "X-Clerk-Auth-Signature": "x", "X-Clerk-Request-Data": "x"},
    "Clerk's user": {"X-Clerk-User-Id": "user_ada", "X-Clerk-Session-Id": "sess_1", "X-Clerk-Org-Role": "org:admin"},
    "Clerk's debug": {"X-Clerk-Debug": "1", "X-Clerk-Clerk-Url": "https://evil.example"},
    "middleware": {"X-Middleware-Subrequest": "middleware:middleware:middleware:middleware:middleware"},
    "remote user": {"Remote-User": "ada", "X-Remote-User": "ada", "X-Forwarded-User": "ada", "X-User": "ada"},
    "forwarded": {"X-Forwarded-Authorization": "Bearer <T>", "X-Original-Authorization": "Bearer <T>"},
    "forwarded e-mail": {"X-Forwarded-Email": "ada@example.com", "X-Auth-Request-Email": "ada@example.com"},
    "proxy": {"Proxy-Authorization": "Bearer <T>", "X-Forwarded-Access-Token": "<T>"},
    "tokens": {"X-Auth-Token": "<T>", "X-Access-Token": "<T>", "X-Api-Key": "<T>", "X-Session-Token": "<T>"},
    "look-alikes": {"X-Authorization": "Bearer <T>", "Authorisation": "Bearer <T>", "Authorization2": "Bearer <T>"},
    "underscore": {"X_Authorization": "Bearer <T>", "Http-Authorization": "Bearer <T>"},
    "session": {"Session": "<T>", "X-Session": "<T>", "Clerk-Session": "<T>", "__session": "<T>"},
    "cookies": {"Cookie2": "__session=<T>", "Set-Cookie": "__session=<T>", "X-Cookie": "__session=<T>"},
    "WebSocket": {"Sec-WebSocket-Protocol": "<T>"},
    "referrer": {"Referer": "https://example.com/?__session=<T>", "Origin": "https://example.com"},
}

QUERIES: dict[str, str] = {
    "as the cookie": "__session=<T>",
    "as token": "token=<T>&access_token=<T>&jwt=<T>",
    "as header": "Authorization=Bearer%20<T>&authorization=Bearer%20<T>",
    "database token": "__clerk_db_jwt=<T>",
    "handshake": "__clerk_handshake=<T>",
    "ticket": "__clerk_ticket=<T>&__clerk_status=sign_in",
    "user": "user_id=user_ada&clerk_id=user_ada",
}


def fill(text: str) -> str:
    values = {"T": mint(sub="user_ada"), "E": mint(sub="user_eve"), "S": mint(key=OTHER_KEY)}
    for letter, value in values.items():
        text = text.replace(f"<{letter}>", value)
    return text


def who(path: str = "/clerk/", **headers: str) -> dict[str, Any]:
    began = time.thread_time()
    response = Client().get(fill(path), headers={name: fill(value) for name, value in headers.items()})
    assert time.thread_time() - began < 1
    assert response.status_code == 200
    return dict(response.json())


@table(AUTHORIZATIONS)
def test_one_bearer_token_or_nobody(attack: str) -> None:
    assert who(Authorization=attack)["user_id"] is None


def test_the_genuine_header_is_found() -> None:
    for header in ("Bearer <T>", "<T>"):
        assert who(Authorization=header) == {"user_id": "user_ada", "source": "header", "reason": None}


@pytest.mark.parametrize("header", ["Bearer <S>", "Bearer x", "Bearer", "<S>", "Bearer <T>,Bearer <E>"])
def test_a_bad_header_is_not_made_good_by_a_cookie(header: str) -> None:
    answer = who(Authorization=header, Cookie="__session=<T>; __client_uat=1")
    assert (answer["user_id"], answer["source"]) == (None, "header")


def test_of_two_people_the_one_in_the_header_counts() -> None:
    assert who(Authorization="Bearer <T>", Cookie="__session=<E>; __client_uat=1")["user_id"] == "user_ada"


@table(STATES)
def test_no_other_header_says_who_somebody_is(attack: dict[str, str]) -> None:
    assert who(**attack) == {"user_id": None, "source": None, "reason": "session-token-and-uat-missing"}
    alone = who(Cookie="__session=<S>", **attack)
    assert alone["user_id"] is None


@table(QUERIES)
def test_the_url_says_nothing(attack: str) -> None:
    assert who(f"/clerk/?{attack}")["user_id"] is None
    response = Client().post("/clerk/", fill(attack), content_type="application/x-www-form-urlencoded")
    assert response.json()["user_id"] is None


#: Requests to change something, sent without a CSRF token, as another site would make a browser send them.
FORGERIES: dict[str, dict[str, str]] = {
    "nobody": {},
    "cookie": {"Cookie": "__session=<T>"},
    "cookie, broken": {"Cookie": "__session=<S>"},
    "cookie and a forged token": {"Cookie": "__session=<T>", "Authorization": "Bearer <S>"},
    "cookie and a token without scheme, forged": {"Cookie": "__session=<T>", "Authorization": "<S>"},
    "cookie and an empty header": {"Cookie": "__session=<T>", "Authorization": ""},
    "cookie and a small bearer": {"Cookie": "__session=<T>", "Authorization": "bearer <T>"},
    "cookie and Basic": {"Cookie": "__session=<T>", "Authorization": "Basic YTpi"},
    "cookie and a session still pending": {"Cookie": "__session=<T>", "Authorization": "Bearer <P>"},
    "cookie and an expired token": {"Cookie": "__session=<T>", "Authorization": "Bearer <X>"},
    "cookie and a token for another origin": {"Cookie": "__session=<T>", "Authorization": "Bearer <A>"},
    "cookie and a token of another kind": {"Cookie": "__session=<T>", "Authorization": "Bearer <M>"},
    "cookie and status headers": {"Cookie": "__session=<T>", "X-Clerk-Auth-Status": "signed-in"},
    "forged token": {"Authorization": "Bearer <S>"},
    "CSRF token of nobody": {"Cookie": "__session=<T>; csrftoken=x", "X-CSRFToken": "y"},
}
METHODS = ("post", "put", "patch", "delete")


def forged(headers: dict[str, str]) -> dict[str, str]:
    now = int(time.time())
    values = {
        "P": mint(sts="pending"),
        "X": mint(exp=now - 60),
        "A": mint(azp="https://evil.example"),
        "M": mint(sub="mch_1"),
    }
    headers = {name: fill(value) for name, value in headers.items()}
    for letter, value in values.items():
        headers = {name: text.replace(f"<{letter}>", value) for name, text in headers.items()}
    return headers


@pytest.mark.parametrize("path", ["/clerk/", "/untouched/", "/async/clerk/"])
@table(FORGERIES)
def test_a_request_that_a_browser_may_have_been_tricked_into(attack: dict[str, str], path: str) -> None:
    client = Client(enforce_csrf_checks=True)
    for method in METHODS:
        assert getattr(client, method)(path, headers=forged(attack)).status_code == 403


@table(FORGERIES)
async def test_and_under_asgi(attack: dict[str, str]) -> None:
    client = AsyncClient(enforce_csrf_checks=True)
    for path in ("/clerk/", "/async/clerk/", "/async/untouched/"):
        assert (await client.post(path, headers=forged(attack))).status_code == 403


@pytest.mark.parametrize("path", ["/clerk/", "/untouched/", "/async/clerk/"])
def test_a_verified_token_in_the_header_is_not_asked_for_another(path: str) -> None:
    client = Client(enforce_csrf_checks=True)
    for method in METHODS:
        for headers in ({}, {"Cookie": "__session=<E>"}, {"Cookie": "__session=x; __session=y"}):
            headers = {name: fill(value) for name, value in {**headers, "Authorization": "Bearer <T>"}.items()}
            assert getattr(client, method)(path, headers=headers).status_code == 200


async def test_nor_under_asgi() -> None:
    client = AsyncClient(enforce_csrf_checks=True)
    for path in ("/clerk/", "/async/clerk/"):
        assert (await client.post(path, headers={"Authorization": fill("Bearer <T>")})).status_code == 200


def test_a_cookie_with_the_csrf_token_passes() -> None:
    secret = _get_new_csrf_string()
    headers = {"Cookie": fill(f"__session=<T>; __client_uat=1; csrftoken={secret}"), "X-CSRFToken": secret}
    response = Client(enforce_csrf_checks=True).post("/clerk/", headers=headers)
    assert response.json()["user_id"] == "user_ada"


@pytest.mark.django_db
def test_a_forged_token_does_not_take_the_check_off_djangos_session() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(create_user(), backend="django.contrib.auth.backends.ModelBackend")
    for header in ("Bearer <S>", "bearer <T>", "Basic YTpi", "Bearer"):
        assert client.post("/user/", headers={"Authorization": fill(header)}).status_code == 403
