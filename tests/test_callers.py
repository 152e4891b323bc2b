"""Whose request it is: one identity, never a mixture of Clerk's and Django's."""

from __future__ import annotations

from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import AsyncClient, Client, RequestFactory, override_settings

from django_clerk.backends import ClerkBackend
from django_clerk.callers import aload_user, asubject_of, load_user, subject_of
from django_clerk.models import ClerkUser
from tests.asynchronous import in_this_thread
from tests.jwks import OTHER_KEY
from tests.mint import bearer, mint
from tests.testapp.people import create_user

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.pages")]

PASSWORD_BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def ada() -> Any:
    """Somebody whom Clerk knows."""
    user = create_user("ada")
    ClerkUser.objects.create(clerk_id="user_ada", user=user)
    return user


@pytest.fixture
def sessionid() -> str:
    """The cookie of Django's own session, of an administrator who signed in by password."""
    client = Client()
    client.force_login(create_user("root", is_staff=True), backend=PASSWORD_BACKEND)
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


def name(user: str) -> str:
    return user and (f"{user}@example.com" if get_user_model().USERNAME_FIELD == "email" else user)


#: Header and cookie of Clerk's, and whom the request is of when an administrator's session is there as well.
IDENTITIES: list[tuple[str, dict[str, str], str]] = [
    ("no credential of Clerk's", {}, "root"),
    ("a valid token in the header", {"Authorization": "Bearer <T>"}, "ada"),
    ("a valid token in the cookie", {"Cookie": "__session=<T>; __client_uat=1"}, "ada"),
    ("a broken token in the header", {"Authorization": "Bearer x.y.z"}, ""),
    ("a forged token in the header", {"Authorization": "Bearer <F>"}, ""),
    ("an expired token in the header", {"Authorization": "Bearer <X>"}, ""),
    ("a pending session in the header", {"Authorization": "Bearer <P>"}, ""),
    ("a token of somebody unknown in the header", {"Authorization": "Bearer <U>"}, ""),
    ("another scheme", {"Authorization": "Basic YTpi"}, "root"),
    ("a broken cookie", {"Cookie": "__session=x.y.z; __client_uat=1"}, "root"),
    ("a forged cookie", {"Cookie": "__session=<F>; __client_uat=1"}, "root"),
    ("an expired cookie", {"Cookie": "__session=<X>; __client_uat=1"}, "root"),
    ("a cookie of a browser that signed out", {"Cookie": "__session=<T>; __client_uat=0"}, "root"),
    ("a pending session in the cookie", {"Cookie": "__session=<P>; __client_uat=1"}, "root"),
    ("two cookies", {"Cookie": "__session=<T>; __session=<U>"}, "root"),
    ("a valid cookie of somebody unknown", {"Cookie": "__session=<U>; __client_uat=1"}, ""),
]


def fill(headers: dict[str, str], session: str) -> dict[str, str]:
    marks = {
        "<T>": mint(sub="user_ada"),
        "<F>": mint(sub="user_ada", key=OTHER_KEY),
        "<X>": mint(exp=1),
        "<P>": mint(sub="user_ada", sts="pending"),
        "<U>": mint(sub="user_unknown"),
    }
    # The last one is for Django 5.2, whose client puts a comma behind it.
    filled = {**headers, "Cookie": "; ".join(filter(None, [headers.get("Cookie"), session, "last=1"]))}
    for mark, value in marks.items():
        filled = {header: text.replace(mark, value) for header, text in filled.items()}
    return filled


@pytest.mark.parametrize(("headers", "expected"), [row[1:] for row in IDENTITIES], ids=[row[0] for row in IDENTITIES])
class TestBesideDjangosSession:
    @pytest.fixture(autouse=True)
    def _no_newcomers(self, settings: Any) -> None:
        settings.CLERK_PROVISION_USERS = "never"

    def test_sync(self, ada: Any, sessionid: str, headers: dict[str, str], expected: str) -> None:
        for path in ("/user/", "/async/user/"):
            response = Client().get(path, headers=fill(headers, sessionid))
            assert response.json() == {"user": name(expected)}

    @in_this_thread
    async def test_async(self, ada: Any, sessionid: str, headers: dict[str, str], expected: str) -> None:
        for path in ("/user/", "/async/user/"):
            response = await AsyncClient().get(path, headers=fill(headers, sessionid))
            assert response.json() == {"user": name(expected)}


def test_without_a_session_everybody_else_is_anonymous(ada: Any) -> None:
    for _, headers, expected in IDENTITIES:
        with override_settings(CLERK_PROVISION_USERS="never"):
            response = Client().get("/user/", headers=fill(headers, ""))
        assert response.json() == {"user": name("ada" if expected == "ada" else "")}


@pytest.mark.parametrize("columns", [{"banned": True}, {"locked": True}, {"deleted_at": "2026-01-01T00:00:00Z"}])
def test_who_is_shut_out_is_not_let_in_by_a_session_either(ada: Any, sessionid: str, columns: dict[str, Any]) -> None:
    ClerkUser.objects.update(**columns)
    for headers in ({"Authorization": "Bearer <T>"}, {"Cookie": "__session=<T>; __client_uat=1"}):
        assert Client().get("/user/", headers=fill(headers, sessionid)).json() == {"user": ""}


def test_a_session_of_a_banned_users_backend_ends() -> None:
    user = create_user("ada")
    ClerkUser.objects.create(clerk_id="user_ada", user=user)
    client = Client()
    client.force_login(user, backend="django_clerk.backends.ClerkBackend")
    assert client.get("/user/").json() == {"user": name("ada")}
    ClerkUser.objects.update(banned=True)
    assert client.get("/user/").json() == {"user": ""}


class TestQueries:
    @pytest.mark.parametrize("prefix", ["", "/async"])
    @pytest.mark.parametrize(("page", "queries"), [("untouched", 0), ("clerk", 0), ("user", 1), ("both", 1)])
    def test_of_a_request(self, ada: Any, django_assert_num_queries: Any, prefix: str, page: str, queries: int) -> None:
        for headers in (bearer(), {"Cookie": f"__session={mint()}; __client_uat=1"}):
            with django_assert_num_queries(queries):
                assert Client().get(f"{prefix}/{page}/", headers=headers).status_code == 200

    def test_of_a_request_under_asgi(self, ada: Any, django_assert_num_queries: Any) -> None:
        for page, queries in (("untouched", 0), ("clerk", 0), ("user", 1), ("both", 1)):
            with django_assert_num_queries(queries):
                response = async_to_sync(AsyncClient().get)(f"/async/{page}/", headers=bearer())
            assert response.status_code == 200

    def test_nobody_costs_none(self, django_assert_num_queries: Any) -> None:
        with django_assert_num_queries(0):
            for headers in ({}, bearer(key=OTHER_KEY), {"Cookie": "__session=x"}):
                assert Client().get("/user/", headers=headers).json() == {"user": ""}

    def test_a_role_that_is_synced_costs_no_second_one(self, ada: Any, django_assert_num_queries: Any) -> None:
        ClerkUser.objects.update(role="editor")
        request = RequestFactory().get("/", headers=bearer())
        with django_assert_num_queries(1):
            subject = subject_of(request)
            assert subject.user == ada
            assert subject.auth.role == "editor"
            assert load_user(request) is subject.user

    def test_subjects_async(self, ada: Any, django_assert_num_queries: Any) -> None:
        ClerkUser.objects.update(role="editor")
        with django_assert_num_queries(1):
            subject = async_to_sync(asubject_of)(RequestFactory().get("/", headers=bearer()))
            assert subject.user == ada
            assert subject.auth.role == "editor"

    def test_asking_again_costs_none(self, ada: Any, django_assert_num_queries: Any) -> None:
        request = RequestFactory().get("/", headers=bearer())
        with django_assert_num_queries(1):
            first = async_to_sync(aload_user)(request)
            assert async_to_sync(aload_user)(request) is first
            assert load_user(request) is first


class OneOff(ClerkBackend):
    """A project's backend that keeps something on itself, as Django's custom allows: each request has its own."""

    made = 0

    def __init__(self) -> None:
        type(self).made += 1


@override_settings(AUTHENTICATION_BACKENDS=[f"{__name__}.OneOff"])
def test_each_request_has_its_own_backend(ada: Any) -> None:
    OneOff.made = 0
    for expected in (2, 3, 4):  # and one, once, to find out what it is
        assert load_user(RequestFactory().get("/", headers=bearer())) == ada
        assert OneOff.made == expected


@override_settings(AUTHENTICATION_BACKENDS=[PASSWORD_BACKEND])
def test_without_our_backend_in_the_settings(ada: Any) -> None:
    assert load_user(RequestFactory().get("/", headers=bearer())) == ada
