"""Lists of users: whom they hold, in which order, and from page to page."""

from __future__ import annotations

import math

import pytest

from django_clerk.emulator.instance import Emulator
from tests.emulator.calls import Reply, in_process


class TestPaging:
    def test_paging_by_cursor_and_by_offset(self, emulator: Emulator) -> None:
        emulator.seed_users(25)
        everyone = [user["id"] for user in emulator.users()]
        assert self.pages("limit=10&order_by=created_at") == [everyone[:10], everyone[10:20], everyone[20:]]
        assert self.pages("limit=10&order_by=%2Bcreated_at") == [everyone[:10], everyone[10:20], everyone[20:]]
        newest = everyone[::-1]
        assert self.pages("limit=20") == [newest[:20], newest[20:]]
        assert in_process("GET", "/v1/users").ids == newest[:10]
        assert in_process("GET", "/v1/users?offset=10&limit=5").ids == newest[10:15]
        assert in_process("GET", "/v1/users/count").json == {"object": "total_count", "total_count": 25}

    def pages(self, query: str) -> list[list[str]]:
        pages = [in_process("GET", f"/v1/users?{query}").ids]
        limit = len(pages[0])
        while len(pages[-1]) == limit:
            pages.append(in_process("GET", f"/v1/users?{query}&starting_after={pages[-1][-1]}").ids)
        return pages

    @pytest.mark.parametrize(
        ("query", "param"),
        [
            ("limit=501", "limit"),
            ("limit=0", "limit"),
            ("limit=ten", "limit"),
            ("limit=%D9%A1", "limit"),
            ("offset=-1", "offset"),
            ("order_by=password", "order_by"),
            ("order_by=created_at;drop", "order_by"),
            ("order_by=-updated_at&starting_after=user_1", "starting_after"),
            ("offset=1&starting_after=user_1", "starting_after"),
            ("starting_after=user_nobody", "starting_after"),
            ("banned=maybe", "banned"),
            ("created_at_before=yesterday", "created_at_before"),
            ("&".join(["user_id=user_1"] * 101), "user_id"),
        ],
    )
    def test_a_list_that_makes_no_sense(self, query: str, param: str) -> None:
        reply = in_process("GET", f"/v1/users?{query}")
        assert reply.status == 422
        assert reply.error["code"] == "form_param_value_invalid"
        assert reply.error["meta"] == {"param_name": param}


class TestFilters:
    @pytest.fixture(autouse=True)
    def people(self, emulator: Emulator) -> dict[str, str]:
        many = [
            {"email_address": ["ada@example.com", "lovelace@other.org"], "first_name": "Ada", "last_name": "Lovelace"},
            {"email_address": "grace@example.com", "username": "Grace_H", "external_id": "1", "last_sign_in_at": 500},
            {"phone_number": "+15555550100", "first_name": "100%", "external_id": "-2", "banned": True},
            {"username": "zuse", "first_name": "Konrad", "last_active_at": 900, "last_sign_in_at": 900},
        ]
        users = emulator.create_users(many)
        return dict(zip(("ada", "grace", "phone", "zuse"), (user["id"] for user in users), strict=True))

    def found(self, query: str, people: dict[str, str]) -> str:
        names = {user_id: name for name, user_id in people.items()}
        reply = in_process("GET", f"/v1/users?order_by=created_at&{query.format(**people)}")
        assert reply.status == 200, reply.content
        count = in_process("GET", f"/v1/users/count?{query.format(**people)}").json["total_count"]
        assert count == len(reply.json)
        return " ".join(names[user_id] for user_id in reply.ids)

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("email_address=ADA@example.com", "ada"),
            ("email_address=lovelace@other.org&email_address=grace@example.com", "ada grace"),
            ("email_address[]=ada@example.com", "ada"),
            ("email_address=nobody@example.com", ""),
            ("username=grace_h", "grace"),
            ("phone_number=%2B15555550100", "phone"),
            ("external_id=1", "grace"),
            ("external_id=%2B1", "grace"),
            ("external_id=-1", "ada phone zuse"),
            ("user_id={ada}&user_id={zuse}", "ada zuse"),
            ("user_id=%2B{ada}", "ada"),
            ("user_id=-{ada}&user_id=-{zuse}", "grace phone"),
            ("query=lovelace", "ada"),
            ("query=ada%20love", "ada"),
            ("query={zuse}", "zuse"),
            ("query=example.com", "ada grace"),
            ("query=100%25", "phone"),
            ("query=%25", "phone"),
            ("query=%27%20OR%201=1--", ""),
            ("email_address_query=OTHER.org", "ada"),
            ("username_query=_h", "grace"),
            ("phone_number_query=5550", "phone"),
            ("name_query=konrad", "zuse"),
            ("banned=true", "phone"),
            ("banned=false", "ada grace zuse"),
            ("last_active_at_since=900", "zuse"),
            ("last_active_at_after=900", ""),
            ("last_sign_in_at_before=900", "grace"),
            ("created_at_after=0", "ada grace phone zuse"),
            ("created_at_before=1000", ""),
            ("banned=false&query=example.com&username=grace_h", "grace"),
            ("something=else", "ada grace phone zuse"),
            ("query=", "ada grace phone zuse"),
        ],
    )
    def test_who_is_found(self, people: dict[str, str], query: str, expected: str) -> None:
        assert self.found(query, people) == expected

    @pytest.mark.parametrize("order", ["created_at", "updated_at", "email_address", "last_sign_in_at", "username"])
    def test_orders_are_reversible(self, order: str) -> None:
        upwards = in_process("GET", f"/v1/users?order_by={order}").ids
        assert in_process("GET", f"/v1/users?order_by=-{order}").ids == upwards[::-1]
        assert in_process("GET", f"/v1/users?order_by=+{order}").ids == upwards


@pytest.mark.parametrize(
    "path",
    [
        "/v1/users?query={}",
        "/v1/users?email_address_query={}",
        "/v1/users/count?name_query={}",
        "/v1/organizations?query={}",
        "/v1/organizations/{organization}/memberships?query={}",
    ],
)
def test_a_search_is_as_long_as_somebody_types(emulator: Emulator, path: str) -> None:
    organization = emulator.organizations.create({"name": "Engines"})["id"]
    assert in_process("GET", path.format("%" * 900, organization=organization)).status == 200
    for length in (1001, 60_000):
        reply = in_process("GET", path.format("a" * length, organization=organization))
        assert (reply.status, reply.error["code"]) == (422, "form_param_value_invalid")


def test_many_users_are_listed_in_as_many_calls_as_pages(emulator: Emulator) -> None:
    total = 2_600
    emulator.create_users({"email_address": f"u{number}@example.com"} for number in range(total))
    seen: list[str] = []
    reply: Reply | None = None
    while reply is None or len(reply.json) == 500:
        cursor = f"&starting_after={seen[-1]}" if seen else ""
        reply = in_process("GET", f"/v1/users?limit=500&order_by=created_at{cursor}")
        seen += reply.ids
    assert len(set(seen)) == len(seen) == total
    assert len(emulator.api.calls) == math.ceil(total / 500)
