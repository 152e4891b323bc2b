"""
One truth table, and every door answers as it says: decorators, mixins, permission classes and the policy itself.

A page and an API call are refused differently (design.md, section 5), at each door in the same way.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient, Client

from django_clerk.answers import reverification_error
from tests.callers import CALLERS, as_api, as_page, create_post, sign_up
from tests.testapp.models import Post
from tests.testapp.rules import POLICIES

#: "in": allowed. "sign-in": nobody is signed in. "out": Clerk knows them, and Django shuts them out. "no": not allowed.
#: "verify": allowed once a factor has been verified again.
#:
#: Somebody who is out sees a page that says so: the sign-in page, to which they are signed in, would send them back for
#: ever. A program is told to sign in, and no more.
TABLE = """
              login    role     org-role permission org      feature  plan     reverify owner    owner-or-role
nobody        sign-in  sign-in  sign-in  sign-in    sign-in  sign-in  sign-in  sign-in  sign-in  sign-in
forged        sign-in  sign-in  sign-in  sign-in    sign-in  sign-in  sign-in  sign-in  sign-in  sign-in
pending       sign-in  sign-in  sign-in  sign-in    sign-in  sign-in  sign-in  sign-in  sign-in  sign-in
member        in       no       no       no         in       no       no       verify   no       no
org-admin     in       no       in       in         in       in       in       verify   no       no
app-admin     in       in       no       no         no       no       no       verify   no       in
synced-admin  in       in       no       no         no       no       no       verify   no       in
owner         in       no       no       no         no       no       no       in       in       in
impersonated  in       no       no       no         no       no       no       in       in       in
banned        out      out      out      out        out      out      out      out      out      out
inactive      out      out      out      out        out      out      out      out      out      out
tombstoned    out      out      out      out        out      out      out      out      out      out
superuser     sign-in  sign-in  sign-in  sign-in    sign-in  sign-in  sign-in  sign-in  sign-in  sign-in
"""

RULES, *_ROWS = (line.split() for line in TABLE.strip().splitlines())
ANSWERS = {caller: dict(zip(RULES, answers, strict=True)) for caller, *answers in _ROWS}


def test_the_table_is_whole() -> None:
    assert list(POLICIES) == RULES
    assert list(ANSWERS) == list(CALLERS)


@pytest.mark.django_db
class DoorContract:
    """The door is at ``/<door>/<rule>/<post>/``. What it answers is read back into a word of the table, or fails."""

    door: str
    out_as_page = "no"
    out_as_api = "sign-in"

    @pytest.mark.parametrize("caller", CALLERS)
    def test_page(self, caller: str) -> None:
        user = sign_up(CALLERS[caller])
        post = create_post(CALLERS[caller], user)
        answers = {rule: self.load(rule, post, as_page(CALLERS[caller], user)) for rule in RULES}
        assert answers == {rule: self.out_as_page if word == "out" else word for rule, word in ANSWERS[caller].items()}

    @pytest.mark.parametrize("caller", CALLERS)
    def test_api(self, caller: str) -> None:
        user = sign_up(CALLERS[caller])
        post = create_post(CALLERS[caller], user)
        answers = {rule: self.call(rule, post, as_api(CALLERS[caller], user)) for rule in RULES}
        assert answers == {rule: self.out_as_api if word == "out" else word for rule, word in ANSWERS[caller].items()}

    def load(self, rule: str, post: Post, headers: dict[str, str]) -> str:
        response = self.knock(f"/{self.door}/{rule}/{post.pk}/", headers)
        assert "WWW-Authenticate" not in response
        if response.status_code == 302:
            assert response["Location"].startswith(
                ("https://accounts.example.com/sign-in?", "https://accounts.example.com/sign-in/tasks?")
            )
            back = f"http://testserver/{self.door}/{rule}/{post.pk}/"
            assert parse_qs(urlsplit(response["Location"]).query) == {"redirect_url": [back]}
            return "sign-in"
        page = response.content.decode()
        if response.status_code == 403:
            assert ("403 Forbidden" in page) != ("Please verify again" in page)
            return "verify" if "Please verify again" in page else "no"
        assert (response.status_code, page) == (200, "in")
        return "in"

    def call(self, rule: str, post: Post, headers: dict[str, str]) -> str:
        response = self.knock(f"/{self.door}/{rule}/{post.pk}/", headers)
        assert response.get("WWW-Authenticate") == ("Bearer" if response.status_code == 401 else None)
        if response.status_code == 200:
            assert response.content.strip(b'"') == b"in"
            return "in"
        body = response.json()
        if body == reverification_error("strict"):
            assert response.status_code == 403
            return "verify"
        assert list(body) == ["detail"]
        return {401: "sign-in", 403: "no"}[response.status_code]

    def knock(self, path: str, headers: dict[str, str]) -> Any:
        response = self.get(path, headers)
        assert "private" in response["Cache-Control"]
        assert {"Authorization", "Cookie"} <= {name.strip() for name in response["Vary"].split(",")}
        return response

    def get(self, path: str, headers: dict[str, str]) -> Any:
        return Client().get(path, headers=headers)


class TestDecorator(DoorContract):
    door = "decorator"


class TestMixin(DoorContract):
    door = "mixin"


class AsyncDoorContract(DoorContract):
    def get(self, path: str, headers: dict[str, str]) -> Any:
        return async_to_sync(AsyncClient().get)(path, headers=headers)


class TestAsyncDecorator(AsyncDoorContract):
    door = "async-decorator"


class TestAsyncMixin(AsyncDoorContract):
    door = "async-mixin"


class TestPermission(DoorContract):
    """Django REST framework is an API, even for a browser that has come by cookie."""

    door = "permission"
    out_as_page = "sign-in"

    def load(self, rule: str, post: Post, headers: dict[str, str]) -> str:
        return self.call(rule, post, {**headers, "Accept": "application/json"})


class TestNinja(DoorContract):
    """Django Ninja is an API, even for a browser that has come by cookie."""

    door = "ninja"
    out_as_page = "sign-in"

    def load(self, rule: str, post: Post, headers: dict[str, str]) -> str:
        return self.call(rule, post, headers)


class TestAsyncNinja(AsyncDoorContract, TestNinja):
    door = "async-ninja"


class TestPolicy(DoorContract):
    """The policy itself knows no pages. Somebody whom Django shuts out is nobody to it."""

    door = "policy"
    out_as_page = "sign-in"

    def load(self, rule: str, post: Post, headers: dict[str, str]) -> str:
        answer: str = self.knock(f"/{self.door}/{rule}/{post.pk}/", headers).json()["answer"]
        return {"allow": "in", "sign-in": "sign-in", "forbid": "no", "reverify": "verify"}[answer]

    call = load
