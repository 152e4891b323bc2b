"""Walking through lists by offset: nobody left out however they move, and an end whatever the server answers."""

from __future__ import annotations

import json
import random
from datetime import datetime, timedelta, timezone

import pytest

from django_clerk.api.resources import Membership, Organization, User
from django_clerk.exceptions import APIError, APIUnavailable
from tests.loopback import Handler, Mode, ok, status

PATH = "/v1/organizations"
NOON = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)


def organizations(count: int) -> list[dict[str, object]]:
    return [{"id": f"org_{number:05}", "name": str(number)} for number in range(count)]


def listing(items: list, *, total: int | None = None, between=lambda items: None, bare: bool = False) -> Mode:
    """Answer as Clerk does, from a list that ``between`` may change after each answer."""

    def mode(handler: Handler) -> None:
        start = int(handler.query["offset"][0])
        page = items[start : start + int(handler.query["limit"][0])]
        answer = page if bare else {"data": page, "total_count": len(items) if total is None else total}
        handler.answer(200, json.dumps(answer).encode())
        between(items)

    return mode


def read(pages) -> list[str]:
    return [item["id"] for page in pages for item in page]


@pytest.mark.parametrize(
    ("count", "page_size", "requests"), [(0, 20, 1), (19, 20, 1), (20, 20, 2), (29, 20, 2), (30, 20, 3), (3, 2, 3)]
)
def test_each_one_once(server, client, count, page_size, requests):
    server.on(PATH, listing(organizations(count)))
    assert list(read(client.organizations(page_size=page_size))) == read([organizations(count)])
    assert len(server.received) == requests


def test_what_is_asked(server, client):
    server.on(PATH, listing(organizations(501)))
    assert [len(page) for page in client.organizations()] == [500, 1]
    assert [request.query for request in server.received] == [
        {"limit": ["500"], "offset": ["0"], "order_by": ["created_at"]},
        {"limit": ["500"], "offset": ["490"], "order_by": ["created_at"]},
    ]


@pytest.mark.parametrize("removed", [1, 5, 10, 11, 60, 100])
def test_nobody_is_left_out_of_a_list_that_shrinks(server, client, removed):
    """The first ones are removed while the second page is read: the rest moves up."""
    once = iter([0, removed])
    server.on(PATH, listing(organizations(300), between=lambda items: items.__delitem__(slice(next(once, 0)))))
    found = read(client.organizations(page_size=50))
    assert {item["id"] for item in organizations(300)[removed:]} <= set(found)


@pytest.mark.parametrize("seed", range(20))
def test_nobody_is_left_out_of_a_list_in_motion(server, client, seed):
    chance = random.Random(seed)
    items = organizations(400)
    stays = set(read([items]))

    def stir(items: list) -> None:
        for _ in range(chance.randrange(12)):
            stays.discard(items.pop(chance.randrange(len(items)))["id"])
        items.insert(0, {"id": f"org_new{len(stays)}{chance.random()}".replace(".", "")})

    server.on(PATH, listing(items, between=stir))
    assert stays <= set(read(client.organizations(page_size=40)))


def test_an_emptied_list_is_the_end(server, client):
    server.on(PATH, listing(organizations(100), between=list.clear))
    assert len(read(client.organizations(page_size=50))) == 50
    assert len(server.received) == 3


@pytest.mark.parametrize("total", [0, 50, 10_000])
def test_a_server_that_ignores_the_offset_is_found_out(server, client, total):
    server.on(PATH, ok({"data": organizations(50), "total_count": total}))
    with pytest.raises(APIError, match="not come to an end"):
        list(client.organizations(page_size=50))
    assert len(server.received) <= 10 + 2 * (total // 40)


def test_a_list_without_end_is_found_out(server, client):
    def endless(handler: Handler) -> None:
        start = int(handler.query["offset"][0])
        page = [{"id": f"org_{start + number}"} for number in range(50)]
        handler.answer(200, json.dumps({"data": page, "total_count": 200}).encode())

    server.on(PATH, endless)
    with pytest.raises(APIError, match="not come to an end"):
        list(client.organizations(page_size=50))


def test_pages_that_have_nothing_in_common_are_found_out(server, client):
    pages = iter(range(10_000))

    def unrelated(handler: Handler) -> None:
        page = [{"id": f"org_{next(pages)}"} for _ in range(50)]
        handler.answer(200, json.dumps({"data": page, "total_count": 200}).encode())

    server.on(PATH, unrelated)
    with pytest.raises(APIError, match="not come to an end"):
        list(client.organizations(page_size=50))


def test_full_pages_of_nothing_end(server, client):
    server.on(PATH, ok({"data": [{}] * 50, "total_count": 50}))
    with pytest.raises(APIError, match="nothing to continue from"):
        list(client.organizations(page_size=50))


@pytest.mark.parametrize(
    "data",
    [
        [],
        None,
        {},
        {"data": {}, "total_count": 0},
        {"data": [None], "total_count": 1},
        {"data": []},
        {"data": [], "total_count": "0"},
        {"data": [], "total_count": -1},
    ],
)
def test_what_is_no_such_list_is_refused(server, client, data):
    server.on(PATH, ok(data))
    with pytest.raises(APIError, match="GET /v1/organizations: the answer is JSON, but not a"):
        list(client.organizations())


def test_a_failure_in_the_middle_is_raised_and_not_the_end(server, client):
    server.on(PATH, listing(organizations(100)), status(500))
    with pytest.raises(APIUnavailable):
        list(client.organizations(page_size=50))


def test_arguments_that_cannot_be_right_are_refused_before_asking(server, client):
    for text, call in (
        ("page_size", lambda: client.organizations(page_size=1)),
        ("page_size", lambda: client.organizations(page_size=501)),
        ("An id", lambda: client.memberships("../users")),
        ("An id", lambda: client.user_memberships("user_a/../..")),
        ("An id", lambda: client.organization("a?b")),
        ("time zone", lambda: client.users_since(datetime(2026, 1, 1))),  # noqa: DTZ001
        ("page_size", lambda: client.users_since(NOON, page_size=0)),
    ):
        with pytest.raises(ValueError, match=text):
            call()
    assert server.received == []


def test_memberships_of_an_organization_and_of_a_user(server, client):
    items = [{"id": "orgmem_1", "role": "org:admin", "organization": {"id": "org_1"}}]
    server.on("/v1/organizations/org_1/memberships", listing(items))
    server.on("/v1/users/user_1/organization_memberships", listing(items))
    for pages in (client.memberships("org_1"), client.user_memberships("user_1")):
        [[membership]] = list(pages)
        assert isinstance(membership, Membership)
        assert (membership, membership.organization_id) == (items[0], "org_1")


def test_an_organization_by_id_and_by_slug(server, client):
    acme = {"id": "org_1", "slug": "acme", "name": "Acme"}
    for name in ("org_1", "acme", "other"):
        server.on(f"{PATH}/{name}", ok(acme))
    assert client.organization("org_1") == client.organization("acme") == acme
    assert isinstance(client.organization("acme"), Organization)
    with pytest.raises(APIError, match="not the organization that was asked for"):
        client.organization("other")


# Users by when they changed


def changed(count: int) -> list[dict[str, object]]:
    """Users of whom each changed a minute before the one above."""
    minutes = [NOON - timedelta(minutes=number) for number in range(count)]
    return [{"id": f"user_{n:05}", "updated_at": int(when.timestamp() * 1000)} for n, when in enumerate(minutes)]


def serve_changed(server, users, **how):
    server.on("/v1/users", listing(users, bare=True, **how))
    server.on("/v1/users/count", ok({"object": "total_count", "total_count": len(users)}))


def test_users_since_a_moment_and_no_request_more(server, client):
    serve_changed(server, changed(500))
    pages = list(client.users_since(NOON - timedelta(minutes=99), page_size=50))
    assert read(pages) == read([changed(100)])
    assert isinstance(pages[0][0], User)
    asked = [request.query for request in server.received if request.path == "/v1/users"]
    assert [query["offset"] for query in asked] == [["0"], ["40"], ["80"]]
    assert {tuple(query["order_by"]) for query in asked} == {("-updated_at",)}


def test_users_since_who_move_while_they_are_read(server, client):
    users = changed(300)
    wanted = set(read([users[:200]]))

    def move(users: list) -> None:
        """One who is further down changes, and one is deleted."""
        wanted.discard(users.pop(150)["id"])
        wanted.discard(users.pop(3)["id"])
        users.insert(0, {"id": f"user_new{len(users)}", "updated_at": int(NOON.timestamp() * 1000) + 1})

    serve_changed(server, users, between=move)
    assert wanted <= set(read(client.users_since(NOON - timedelta(minutes=199), page_size=50)))


def test_a_user_without_a_time_is_handed_on(server, client):
    serve_changed(server, [{"id": "user_1"}, *changed(2), "x"])
    assert len([item for page in client.users_since(NOON) for item in page]) == 3
