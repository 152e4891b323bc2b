"""The Backend API client: what it asks, what it makes of the answers, when it asks again."""

from __future__ import annotations

import math
import re
import time
from email.utils import formatdate

import pytest

from django_clerk import __version__
from django_clerk.api import ClerkClient
from django_clerk.exceptions import APIError, APINotFound, APIRateLimited, APIUnauthorized, APIUnavailable
from tests.api import COUNT, KEY
from tests.loopback import GUEST, SOON, Handler, html, ok, raw, redirect, refuse, stall, status, truncated

ADA = {"id": "user_ada", "first_name": "Ada"}
NOT_FOUND = {"errors": [{"code": "resource_not_found", "message": "not found", "long_message": "ada@example.com?"}]}


def clerk_error(code, **more):
    return {"errors": [{"code": code, "message": "m", "long_message": "for ada@example.com", "meta": {}}], **more}


# What is asked


def test_a_call_says_who_asks_and_which_version(server, client):
    server.on("/v1/users/user_ada", ok(ADA))
    assert client.get_user("user_ada") == ADA
    (request,) = server.received
    assert (request.method, request.query) == ("GET", {})
    assert request.headers["Authorization"] == f"Bearer {KEY}"
    assert request.headers["Clerk-API-Version"] == "2026-05-12"
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["User-Agent"] == f"django_clerk/{__version__}"
    assert request.headers["Accept-Encoding"] == "identity"


def test_the_base_url_may_have_a_path(server):
    server.on("/__clerk_api/v1/users/count", ok(COUNT))
    assert ClerkClient(KEY, base_url=server.url + "/__clerk_api/").count_users() == 7


def test_metadata_is_merged_with_what_was_given_only(server, client):
    server.on("/v1/users/user_ada/metadata", ok(ADA))
    assert client.update_user_metadata("user_ada", public_metadata={"role": "admin", "old": None}) == ADA
    (request,) = server.received
    assert request.method == "PATCH"
    assert request.body == b'{"public_metadata": {"role": "admin", "old": null}}'


@pytest.mark.parametrize(
    "user_id", ["", ".", "..", "../jwks", "user_a/../b", "user_a?b", "user_a#", "user%2Fa", "user_a\n", "üser", None, 7]
)
def test_an_id_that_is_none_is_not_asked_for(server, client, user_id):
    for call in (client.get_user, lambda value: client.update_user_metadata(value, public_metadata={})):
        with pytest.raises(ValueError, match="An id of Clerk's"):
            call(user_id)
    assert server.received == []


def test_arguments_that_cannot_be_right_are_refused_before_asking(server, client):
    for text, call in (
        ("page_size", lambda: client.users(page_size=0)),
        ("page_size", lambda: client.users(page_size=501)),
        ("deadline", lambda: client.get_user("user_ada", deadline=0)),
        ("deadline", lambda: client.get_user("user_ada", deadline=math.nan)),
        ("attempts", lambda: client.get_user("user_ada", attempts=0)),
        ("No metadata", lambda: client.update_user_metadata("user_ada")),
        ("JSON", lambda: client.update_user_metadata("user_ada", public_metadata={"x": math.nan})),
    ):
        with pytest.raises(ValueError, match=text):
            call()
    assert server.received == []


# What is made of the answers


def test_clerks_error_is_told_by_its_code_and_trace_alone(server, client):
    server.on("/v1/users/user_ada", status(404, data={**NOT_FOUND, "clerk_trace_id": "3f2a"}))
    with pytest.raises(APINotFound) as caught:
        client.get_user("user_ada")
    assert str(caught.value) == "GET /v1/users/user_ada: Clerk answered 404 (resource_not_found), trace 3f2a."
    assert (caught.value.status, caught.value.code, caught.value.trace_id) == (404, "resource_not_found", "3f2a")
    assert caught.value.errors == tuple(NOT_FOUND["errors"])


def test_without_a_trace_id_the_ray_of_the_network_in_front_is_told(server, client):
    server.on("/v1/users/count", status(422, {"cf-ray": "8d1-AMS"}, clerk_error("form_param_unknown")))
    with pytest.raises(APIError) as caught:
        client.count_users()
    assert (caught.value.trace_id, caught.value.code) == ("8d1-AMS", "form_param_unknown")
    assert "ada@example.com" not in str(caught.value)


def test_a_404_that_is_not_clerks_says_nothing_about_the_user(server, client):
    server.on("/v1/users/user_ada", html(404))
    with pytest.raises(APIError, match="CLERK_API_URL") as caught:
        client.get_user("user_ada")
    assert not isinstance(caught.value, APINotFound)


def test_a_revoked_key_stops_at_once_and_names_the_setting(server, client, waits):
    server.on("/v1/users/count", status(401, data=clerk_error("clerk_key_invalid")))
    with pytest.raises(APIUnauthorized, match="CLERK_SECRET_KEY") as caught:
        client.count_users()
    assert "sk_" not in str(caught.value) + repr(caught.value) + repr(client)
    assert (len(server.received), waits) == (1, [])


@pytest.mark.parametrize("code", [400, 401, 402, 403, 404, 409, 422])
def test_a_refusal_is_not_asked_about_again(server, client, code):
    server.on("/v1/users/count", status(code, data=clerk_error("no")))
    with pytest.raises(APIError) as caught:
        client.count_users()
    assert (caught.value.status, len(server.received)) == (code, 1)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b'{"total_count": 7', id="cut short"),
        pytest.param(b"\xff\xfe", id="not UTF-8"),
        pytest.param(b'{"total_count": NaN}', id="NaN"),
        pytest.param(b'{"total_count": ' + b"9" * 5000 + b"}", id="a number of 5,000 digits"),
        pytest.param(b"[" * 200_000, id="a bomb of brackets"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"null", id="null"),
        pytest.param(b"{}", id="no count"),
        pytest.param(b'{"total_count": true}', id="a truth"),
        pytest.param(b'{"total_count": "7"}', id="a string"),
        pytest.param(b'{"total_count": -1}', id="negative"),
    ],
)
def test_nonsense_with_200_is_an_error_and_not_a_crash(server, client, body):
    server.on("/v1/users/count", raw(body))
    with pytest.raises(APIError, match="GET /v1/users/count: the answer is "):
        client.count_users()
    assert len(server.received) == 1


def test_a_page_of_the_hotel_network_is_told_by_its_kind_alone(server, client):
    server.on("/v1/jwks", html())
    with pytest.raises(APIError, match="text/html") as caught:
        client.jwks()
    assert GUEST not in str(caught.value)
    assert caught.value.__context__ is None  # the decoder's error would carry the page


def test_another_user_than_the_one_asked_for_is_refused(server, client):
    server.on("/v1/users/user_eve", ok(ADA))
    server.on("/v1/users/count", ok(COUNT))
    for user_id in ("user_eve", "count"):
        with pytest.raises(APIError, match="not the user that was asked for"):
            client.get_user(user_id)


@pytest.mark.parametrize("data", [[], {}, {"keys": None}, {"keys": {"kid": "ins_1"}}])
def test_a_document_without_keys_is_no_jwks(server, client, data):
    server.on("/v1/jwks", ok(data))
    with pytest.raises(APIError, match="not a list of keys"):
        client.jwks()


# When it asks again


@pytest.mark.parametrize("fault", [status(500), status(502), status(504), status(429), refuse, truncated(COUNT)])
def test_what_may_pass_is_tried_again_with_growing_waits(server, client, waits, fault):
    server.on("/v1/users/count", fault, fault, fault, fault, ok(COUNT))
    assert client.count_users() == 7
    assert len(server.received) == 5
    for number, wait in enumerate(waits):
        assert 0.125 * 2**number <= wait <= 0.25 * 2**number


@pytest.mark.parametrize(("code", "kind"), [(500, APIUnavailable), (503, APIUnavailable), (429, APIRateLimited)])
def test_five_attempts_are_all(server, client, waits, code, kind):
    server.on("/v1/users/count", status(code))
    with pytest.raises(kind) as caught:
        client.count_users()
    assert (caught.value.status, len(server.received), len(waits)) == (code, 5, 4)


def test_retry_after_is_waited_for_exactly(server, client, waits):
    in_seconds = status(429, {"Retry-After": "2"})
    as_date = status(503, {"Retry-After": formatdate(time.time() + 40, usegmt=True)})
    server.on("/v1/users/count", in_seconds, as_date, ok(COUNT))
    assert client.count_users() == 7
    assert waits[0] == 2.0
    assert 38 <= waits[1] <= 40  # dates have whole seconds


def test_a_date_is_read_by_the_given_clock_where_the_server_does_not_tell_its_time(server, waits):
    def without_a_clock(handler: Handler) -> None:
        date = formatdate(1_800_000_030, usegmt=True)
        handler.wfile.write(f"HTTP/1.1 429 Wait\r\nRetry-After: {date}\r\nContent-Length: 0\r\n\r\n".encode())

    server.on("/v1/users/count", without_a_clock, ok(COUNT))
    client = ClerkClient(KEY, base_url=server.url, sleep=waits.append, clock=lambda: 1_800_000_000.0)
    assert client.count_users() == 7
    assert waits == [30.0]


@pytest.mark.parametrize("value", ["0", "-5", "soon", "٣", "Mon, 01 Jan 1990 00:00:00 GMT", "Mon, 99 Foo"])
def test_a_retry_after_that_says_nothing_leaves_the_usual_wait(server, client, waits, value):
    server.on("/v1/users/count", status(429, {"Retry-After": value.encode("utf-8").decode("latin-1")}), ok(COUNT))
    assert client.count_users() == 7
    assert 0.125 <= waits[0] <= 0.25


@pytest.mark.parametrize("value", ["3600", "9" * 5000])
def test_a_wait_beyond_the_budget_is_raised_at_once(server, client, waits, value):
    server.on("/v1/users/count", status(429, {"Retry-After": value}))
    with pytest.raises(APIRateLimited) as caught:
        client.count_users()
    assert caught.value.retry_after == min(float(value), 1e9)
    assert (len(server.received), waits) == (1, [])


def test_the_budget_is_for_all_waits_together(server, client, waits):
    server.on("/v1/users/count", status(429, {"Retry-After": "50"}))
    with pytest.raises(APIRateLimited):
        client.count_users()
    assert waits == [50.0, 50.0]


def test_the_wait_is_real(server):
    server.on("/v1/users/count", status(429, {"Retry-After": "1"}), ok(COUNT))
    assert ClerkClient(KEY, base_url=server.url).count_users() == 7
    first, second = server.received
    assert 1.0 <= second.at - first.at < 2.5


def test_keys_and_writes_are_asked_for_once(server, client, waits):
    server.on("/v1/jwks", status(429, {"Retry-After": "20"}))
    server.on("/v1/users/user_ada/metadata", status(503))
    server.on("/v1/users/user_ada", status(503))
    with pytest.raises(APIRateLimited) as caught:
        client.jwks()
    assert caught.value.retry_after == 20.0
    for call in (
        lambda: client.update_user_metadata("user_ada", public_metadata={"a": 1}),
        lambda: client.get_user("user_ada", deadline=1.0, attempts=1),
    ):
        with pytest.raises(APIUnavailable):
            call()
    assert (len(server.received), waits) == (3, [])


def test_a_stalled_call_takes_its_attempts_and_no_longer(server, client):
    server.on("/v1/users/user_ada", stall())
    started = time.monotonic()
    with pytest.raises(APIUnavailable, match=re.escape("no complete answer within 0.2 s")):
        client.get_user("user_ada", deadline=0.2, attempts=3)
    assert 0.6 <= time.monotonic() - started < SOON
    assert len(server.received) == 3


def test_a_redirect_is_an_error_with_a_hint(server, client):
    server.on("/v1/users/count", redirect("https://elsewhere.example/"))
    with pytest.raises(APIError, match="Redirects are not followed: check CLERK_API_URL") as caught:
        client.count_users()
    assert (caught.value.status, len(server.received)) == (302, 1)
