"""Walking through all users: each one once, with as few requests as pages, and an end whatever the server answers."""

from __future__ import annotations

import json

import pytest

from django_clerk.exceptions import APIError, APIUnavailable
from tests.loopback import Handler, Mode, ok, status


def people(count: int) -> list[dict[str, object]]:
    return [{"id": f"user_{number:05}", "created_at": number} for number in range(count)]


def listing(users: list) -> Mode:
    """Answer as Clerk does: the users after the cursor, up to the limit."""

    def mode(handler: Handler) -> None:
        cursor = handler.query.get("starting_after", [None])[0]
        ids = [user.get("id") if isinstance(user, dict) else None for user in users]
        start = ids.index(cursor) + 1 if cursor else 0
        page = users[start : start + int(handler.query["limit"][0])]
        handler.answer(200, json.dumps(page).encode())

    return mode


@pytest.mark.parametrize(
    ("count", "page_size", "requests"), [(0, 10, 1), (1, 10, 1), (9, 10, 1), (10, 10, 2), (25, 10, 3), (3, 1, 4)]
)
def test_everyone_once_with_as_many_requests_as_pages(server, client, count, page_size, requests):
    server.on("/v1/users", listing(people(count)))
    assert [user for page in client.users(page_size=page_size) for user in page] == people(count)
    assert len(server.received) == requests


def test_the_pages_are_cursor_pages_of_five_hundred_oldest_first(server, client):
    server.on("/v1/users", listing(people(501)))
    assert [len(page) for page in client.users()] == [500, 1]
    assert [request.query for request in server.received] == [
        {"limit": ["500"], "order_by": ["created_at"]},
        {"limit": ["500"], "order_by": ["created_at"], "starting_after": ["user_00499"]},
    ]
    assert len({request.peer for request in server.received}) == 1  # one connection for all


def test_a_page_is_asked_for_when_it_is_needed(server, client):
    server.on("/v1/users", listing(people(30)))
    pages = client.users(page_size=10)
    assert server.received == []
    next(pages)
    assert len(server.received) == 1


def test_nobody_is_lost_between_429s_and_500s(server, client, waits):
    everyone = people(5000)
    answer, limit, failure = listing(everyone), status(429, {"Retry-After": "2"}), status(502)
    server.on("/v1/users", *[answer, limit, failure] * 11, answer)
    assert [user for page in client.users() for user in page] == everyone
    assert waits.count(2.0) == 10
    assert len(server.received) == 11 + 20


def test_an_item_that_is_no_user_is_handed_on(server, client):
    users = [*people(3), None, "x", {"id": 7}, {"id": "user_\ud800"}, *people(6)[3:], {}]
    server.on("/v1/users", listing(users))
    assert [len(page) for page in client.users(page_size=9)] == [9, 2]
    assert list(client.users(page_size=100)) == [users]


def test_a_server_that_ignores_the_cursor_is_found_out(server, client):
    server.on("/v1/users", ok(people(10)))
    pages = client.users(page_size=10)
    assert len(next(pages)) == 10
    with pytest.raises(APIError, match="same page twice"):
        next(pages)
    assert len(server.received) == 2


def test_a_server_that_goes_in_circles_is_found_out(server, client):
    first, second, third = people(30)[:10], people(30)[10:20], people(30)[20:]
    server.on("/v1/users", *[ok(first), ok(second), ok(third)] * 5)
    with pytest.raises(APIError, match="same page twice"):
        list(client.users(page_size=10))
    assert len(server.received) == 4


def test_a_server_that_shifts_its_pages_is_found_out(server, client):
    server.on("/v1/users", ok(people(10)), ok(people(15)[5:]), ok(people(20)[10:]))
    with pytest.raises(APIError, match="same page twice"):
        list(client.users(page_size=10))


def test_full_pages_of_nothing_end(server, client):
    server.on("/v1/users", ok([None] * 10))
    with pytest.raises(APIError, match="nothing to continue from"):
        list(client.users(page_size=10))
    assert len(server.received) == 1


@pytest.mark.parametrize("data", [{"data": []}, None, "users", 0])
def test_a_page_that_is_no_list_is_refused(server, client, data):
    server.on("/v1/users", ok(data))
    with pytest.raises(APIError, match="not a list"):
        list(client.users())


def test_a_failure_in_the_middle_is_raised_and_not_the_end(server, client):
    server.on("/v1/users", listing(people(100)), listing(people(100)), status(500))
    read = []
    with pytest.raises(APIUnavailable):
        read.extend(client.users(page_size=10))
    assert read == [people(10), people(20)[10:]]


def test_a_listing_can_begin_behind_a_user(server, client):
    server.on("/v1/users", listing(people(25)))
    assert [user for page in client.users(page_size=10, after="user_00014") for user in page] == people(25)[15:]


@pytest.mark.parametrize("code", [400, 404, 422])
def test_a_user_who_is_deleted_between_two_pages_is_no_cursor(server, client, code):
    """Nobody is missed, and nobody listed twice, when the last of a page go before the next page is asked for."""
    users = people(30)

    def mode(handler: Handler) -> None:
        cursor = handler.query.get("starting_after", [None])[0]
        ids = [user["id"] for user in users]
        if cursor is not None and cursor not in ids:
            handler.answer(code, b'{"errors": [{"code": "form_param_value_invalid"}]}')
            return
        start = ids.index(cursor) + 1 if cursor else 0
        page = users[start : start + 10]
        handler.answer(200, json.dumps(page).encode())
        del users[7:10]  # the last three of the first page

    server.on("/v1/users", mode)
    pages = client.users(page_size=10)
    first = next(pages)
    seen = [user["id"] for user in first] + [user["id"] for user in next(pages)]
    assert seen == [user["id"] for user in people(20)]


def test_a_cursor_that_is_refused_for_good_ends_the_listing(server, client):
    server.on("/v1/users", listing(people(25)), status(422))
    with pytest.raises(APIError):
        list(client.users(page_size=10))
    assert len(server.received) == 1 + 5
