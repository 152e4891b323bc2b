"""What every door has in common: who knocks there, how, and how its answers are read back into words of the table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from asgiref.sync import async_to_sync
from django.test import AsyncClient, Client, override_settings

from django_clerk.answers import reverification_error
from tests.callers import CALLERS, Caller, as_api, as_page, create_post, sign_up
from tests.doors.table import ANSWERS, RULES
from tests.testapp.models import Post

#: The answers by rule.
Words = dict[str, str]


class Door:
    """The door is at ``/<name>/<rule>/<post>/``. What it answers is read back into a word of the table, or fails."""

    name: ClassVar[str]
    #: The rules that can be said here, and why the others cannot.
    carries: ClassVar[Sequence[str]] = RULES
    why_not_others: ClassVar[str] = ""
    #: What a page and a program see of a word of the table, where that is another word.
    as_page: ClassVar[Mapping[str, str]] = {"out": "no"}
    as_api: ClassVar[Mapping[str, str]] = {"out": "sign-in"}
    #: Callers, by name and rule, about whom this door says something else than the table.
    differs: ClassVar[Mapping[tuple[str, str], str]] = {}
    why_it_differs: ClassVar[str] = ""
    settings: ClassVar[Mapping[str, Any]] = {}

    def word(self, caller: str, rule: str) -> str:
        """Return what the door should say, in the table's words."""
        return self.differs.get((caller, rule), ANSWERS[caller][rule])

    def expected(self, caller: str) -> tuple[Words, Words]:
        """Return what a page and a program should see."""
        words = {rule: self.word(caller, rule) for rule in self.carries}
        page = {rule: self.as_page.get(word, word) for rule, word in words.items()}
        return page, {rule: self.as_api.get(word, word) for rule, word in words.items()}

    def answers(self, caller: str) -> tuple[Words, Words]:
        """Return what a page and a program do see."""
        who = CALLERS[caller]
        with override_settings(**self.settings):
            user = self.sign_up(who)
            post, page, api = create_post(who, user), as_page(who, user), as_api(who, user)
            seen = {rule: self.load(rule, post, page) for rule in self.carries}
            return seen, {rule: self.call(rule, post, api) for rule in self.carries}

    def sign_up(self, caller: Caller) -> Any:
        return sign_up(caller)

    def load(self, rule: str, post: Post, headers: dict[str, str]) -> str:
        """Return what a browser that loads a page is told."""
        response = self.knock(f"/{self.name}/{rule}/{post.pk}/", headers)
        assert "WWW-Authenticate" not in response
        if response.status_code == 302:
            assert response["Location"].startswith(
                ("https://accounts.example.com/sign-in?", "https://accounts.example.com/sign-in/tasks?")
            )
            back = f"http://testserver/{self.name}/{rule}/{post.pk}/"
            assert parse_qs(urlsplit(response["Location"]).query) == {"redirect_url": [back]}
            return "sign-in"
        page = response.content.decode()
        if response.status_code == 403:
            assert ("403 Forbidden" in page) != ("Please verify again" in page)
            return "verify" if "Please verify again" in page else "no"
        assert (response.status_code, page) == (200, "in")
        return "in"

    def call(self, rule: str, post: Post, headers: dict[str, str]) -> str:
        """Return what a program is told."""
        response = self.knock(f"/{self.name}/{rule}/{post.pk}/", headers)
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


class AsyncDoor(Door):
    def get(self, path: str, headers: dict[str, str]) -> Any:
        headers, client = dict(headers), AsyncClient()
        client.cookies.load(headers.pop("Cookie", ""))  # as a header it would be a second one, joined with a comma
        return async_to_sync(client.get)(path, headers=headers)


class ApiDoor(Door):
    """An API, even for a browser that has come by cookie."""

    as_page = Door.as_api

    def load(self, rule: str, post: Post, headers: dict[str, str]) -> str:
        return self.call(rule, post, headers)


class YesOrNo(Door):
    """Where nobody is told more than whether they are in."""

    as_page: ClassVar[Mapping[str, str]] = dict.fromkeys(("out", "sign-in", "verify"), "no")
    as_api = as_page

    def load(self, rule: str, post: Post, headers: dict[str, str]) -> str:
        response = self.knock(f"/{self.name}/{rule}/{post.pk}/", headers)
        answer: str = response.content.decode()
        if response.status_code == 403:
            return "no"
        assert (response.status_code, answer in ("in", "no")) == (200, True)
        return answer

    call = load
