"""The real admin, entered by Clerk and by password: who is in, who is not, and how everybody gets out again."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.test import Client, override_settings

from django_clerk.core.profiles import read_profile
from django_clerk.models import ClerkUser
from django_clerk.sync import apply_profiles
from tests.deliveries import clerk_user
from tests.loopback import Loopback, ok, refuse, serve, status
from tests.mint import bearer, mint
from tests.processes import PROJECT
from tests.settings import MIDDLEWARE
from tests.testapp.models import Post
from tests.testapp.people import create_user

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.admin_urls")]

PASSWORD = "correct horse"
OFF_SITE = [
    "https://evil.example/", "//evil.example/", "/\\evil.example/", "/\t/evil.example/", "///evil.example", "",
    "http:///evil.example", "https:evil.example", "\x08//evil.example", "http://testserver@evil.example/",
    "javascript:alert(1)",
]  # fmt: skip
REVOKE = "/v1/sessions/sess_1/revoke"


@pytest.fixture
def ada() -> Any:
    user = create_user("ada", is_staff=True, is_superuser=True)
    ClerkUser.objects.create(clerk_id="user_ada", user=user)
    return user


@pytest.fixture
def root() -> Any:
    """The one who is called when Clerk is down."""
    return create_user("root", password=PASSWORD, is_staff=True, is_superuser=True)


@pytest.fixture
def clerk(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serve() as server:
        settings.CLERK_API_URL, settings.CLERK_SECRET_KEY = server.url, "sk_live_VeryUnlikely"
        server.on(REVOKE, ok({"object": "session", "id": "sess_1", "status": "revoked"}))
        yield server


@pytest.fixture
def browser(client: Client) -> Client:
    """A browser that Clerk has signed Ada in to."""
    return sign_in(client)


def sign_in(client: Client, **claims: Any) -> Client:
    client.cookies["__session"] = mint(**claims)
    client.cookies["__client_uat"] = "1"
    return client


def log_in(client: Client, user: Any, password: str = PASSWORD, *, target: str = "/admin/") -> Any:
    data = {"username": user.get_username(), "password": password, "next": target}
    return client.post("/admin/login/", data)


def button(page: Any) -> str | None:
    """Return where "Sign in with Clerk" leads to."""
    found = re.search(r'href="([^"]+)">Sign in with Clerk', page.text)
    return unescape(found[1]) if found else None


def way_back(url: str | None) -> str:
    assert url is not None
    (back,) = parse_qs(urlsplit(url).query)["redirect_url"]
    return back


class TestTheWayIn:
    def test_a_stranger_is_offered_both(self, client: Client) -> None:
        page = client.get("/admin/testapp/post/?q=1", follow=True)
        assert page.redirect_chain == [("/admin/login/?next=/admin/testapp/post/%3Fq%3D1", 302)]
        link = button(page)
        assert str(link).startswith("https://accounts.example.com/sign-in?")
        assert way_back(link) == "http://testserver/admin/testapp/post/?q=1"
        assert 'name="password"' in page.text

    @override_settings(CLERK_SIGN_IN_URL="/sign-in/")
    def test_to_a_page_of_the_project(self, client: Client) -> None:
        link = button(client.get("/admin/login/"))
        assert str(link).startswith("/sign-in/?")
        assert way_back(link) == "http://testserver/admin/"

    @pytest.mark.parametrize("target", OFF_SITE)
    def test_back_to_this_site_only(self, target: str, client: Client, root: Any) -> None:
        assert way_back(button(client.get("/admin/login/", {"next": target}))) == "http://testserver/admin/"
        assert way_back(button(client.post("/admin/login/", {"next": target}))) == "http://testserver/admin/"
        where = log_in(client, root, target=target)
        assert "evil" not in where.get("Location", "")
        assert "alert" not in where.get("Location", "")

    def test_staff_are_simply_in(self, browser: Client, ada: Any) -> None:
        assert browser.get("/admin/").status_code == 200
        assert browser.get("/admin/testapp/post/").status_code == 200
        assert browser.get("/admin/login/")["Location"] == "/admin/"
        assert "sessionid" not in browser.cookies

    @override_settings(CLERK_STAFF_ROLES=["editor"], CLERK_SUPERUSER_ROLES=["admin"])
    def test_staff_by_role(self, browser: Client) -> None:
        for at, role, status_code in ((1, "reader", 302), (2, "editor", 200), (3, None, 302)):
            data = clerk_user(at=at, public_metadata={"role": role} if role else {})
            apply_profiles([read_profile(data)])
            assert browser.get("/admin/").status_code == status_code
        apply_profiles([read_profile(clerk_user(at=4, public_metadata={"role": "editor"}))])
        assert browser.get("/admin/testapp/post/").status_code == 403
        apply_profiles([read_profile(clerk_user(at=5, public_metadata={"role": "admin"}))])
        assert browser.get("/admin/").status_code == 302  # a superuser, and not staff: the check W060 warns of it

    def test_a_token_raises_nobody(self, client: Client, ada: Any) -> None:
        type(ada).objects.update(is_staff=False, is_superuser=False)
        sign_in(client, metadata={"role": "admin"}, is_staff=True, is_superuser=True)
        with override_settings(CLERK_STAFF_ROLES=["admin"], CLERK_SUPERUSER_ROLES=["admin"]):
            assert client.get("/admin/").status_code == 302

    def test_permissions_are_djangos(self, browser: Client, ada: Any) -> None:
        type(ada).objects.update(is_superuser=False)
        assert browser.get("/admin/testapp/post/").status_code == 403
        ada.user_permissions.add(Permission.objects.get(codename="view_post"))
        assert browser.get("/admin/testapp/post/").status_code == 200

    @override_settings(MIDDLEWARE=[*MIDDLEWARE, "django.contrib.auth.middleware.LoginRequiredMiddleware"])
    def test_under_login_required(self, client: Client) -> None:
        assert button(client.get("/admin/login/")) is not None


class TestThoseWhoAreNotStaff:
    @pytest.mark.parametrize("columns", [{"is_staff": False}, {"is_active": False}])
    def test_are_told_so(self, columns: dict[str, bool], browser: Client, ada: Any, root: Any) -> None:
        type(ada).objects.filter(pk=ada.pk).update(**columns)
        page = browser.get("/admin/", follow=True)
        assert page.status_code == 403
        assert "have no access" in page.text
        assert 'name="password"' not in page.text
        assert log_in(browser, root).status_code == 403  # two identities never mix
        assert "sessionid" not in browser.cookies

    def test_and_it_is_told(self, browser: Client, ada: Any, caplog: pytest.LogCaptureFixture) -> None:
        type(ada).objects.filter(pk=ada.pk).update(is_staff=False)
        browser.get("/admin/", follow=True)
        [record] = [record for record in caplog.records if record.name == "django_clerk.access"]
        told = {name: getattr(record, name) for name in ("rule", "answer", "user_id", "view", "status")}
        assert told == {
            "rule": "admin", "answer": "forbid", "user_id": "user_ada", "view": "admin:login", "status": 403
        }  # fmt: skip

    @pytest.mark.parametrize("columns", [{"banned": True}, {"locked": True}])
    def test_by_clerk(self, columns: dict[str, bool], browser: Client, ada: Any) -> None:
        ClerkUser.objects.update(**columns)
        assert browser.get("/admin/", follow=True).status_code == 403

    @pytest.mark.parametrize("columns", [{"banned": True}, {"locked": True}])
    def test_a_password_does_not_get_around_clerk(self, columns: dict[str, bool], client: Client, ada: Any) -> None:
        ada.set_password(PASSWORD)
        ada.save()
        assert log_in(client, ada)["Location"] == "/admin/"
        assert client.get("/admin/").status_code == 200
        ClerkUser.objects.update(**columns)
        assert client.get("/admin/").status_code == 302


class TestThePassword:
    def test_lets_in(self, client: Client, root: Any) -> None:
        assert log_in(client, root)["Location"] == "/admin/"
        assert client.get("/admin/").status_code == 200

    def test_also_beside_a_stale_cookie_of_clerks(self, client: Client, root: Any) -> None:
        client.cookies["__session"] = mint(exp=1)
        assert log_in(client, root)["Location"] == "/admin/"
        assert client.get("/admin/").status_code == 200

    def test_not_a_disabled_user(self, client: Client, root: Any) -> None:
        root.is_active = False
        root.save()
        assert log_in(client, root).status_code == 200
        assert client.get("/admin/").status_code == 302

    def test_not_with_the_wrong_one(self, client: Client, root: Any) -> None:
        assert log_in(client, root, "wrong").status_code == 200
        assert client.get("/admin/").status_code == 302

    def test_gives_way_to_clerk(self, client: Client, root: Any, ada: Any) -> None:
        log_in(client, root)
        type(ada).objects.filter(pk=ada.pk).update(is_staff=False)
        sign_in(client)
        assert client.get("/admin/").status_code == 302

    def test_logging_out_is_djangos(self, client: Client, root: Any, clerk: Loopback) -> None:
        log_in(client, root)
        assert client.post("/admin/logout/").status_code == 200
        assert client.get("/admin/").status_code == 302
        assert not clerk.received


class TestForgeries:
    def test_a_cookie_needs_a_csrf_token(self, ada: Any, clerk: Loopback) -> None:
        browser = sign_in(Client(enforce_csrf_checks=True))
        data = {"title": "Forged", "author": ada.pk}
        assert browser.post("/admin/testapp/post/add/", data).status_code == 403
        assert browser.post("/admin/logout/").status_code == 403
        assert browser.post("/admin/login/", {"username": "ada", "password": "x"}).status_code == 403
        assert not Post.objects.exists()
        assert not clerk.received
        page = browser.get("/admin/testapp/post/add/")
        data["csrfmiddlewaretoken"] = re.search(r'csrfmiddlewaretoken" value="(\w+)"', page.text)[1]  # type: ignore[index]
        assert browser.post("/admin/testapp/post/add/", data).status_code == 302
        assert Post.objects.get().title == "Forged"

    def test_logging_out_is_not_a_link(self, browser: Client, ada: Any, clerk: Loopback) -> None:
        assert browser.get("/admin/logout/").status_code == 405
        assert not clerk.received


class TestTheWayOut:
    def test_ends_the_session_at_clerk(self, browser: Client, ada: Any, clerk: Loopback) -> None:
        page = browser.post("/admin/logout/")
        assert page.status_code == 200
        assert "Clerk could not be told" not in page.text
        assert [(request.method, request.path) for request in clerk.received] == [("POST", REVOKE)]
        assert page.cookies["__session"].value == ""
        assert page.cookies["__session"]["max-age"] == 0
        suffixed = [name for name in page.cookies if name.startswith("__session_")]
        assert len(suffixed) == 1
        assert "__client_uat" not in page.cookies

    @override_settings(CLERK_REVOKE_SESSIONS=True)
    def test_and_its_tokens_at_once(self, ada: Any, clerk: Loopback) -> None:
        cache.clear()
        browser, other_tab = (sign_in(Client()) for _ in range(2))
        assert other_tab.get("/admin/").status_code == 200
        browser.post("/admin/logout/")
        assert other_tab.get("/admin/").status_code in (302, 307)

    @pytest.mark.parametrize("mode", [refuse, status(500), status(401), ok({"id": "sess_2"}), ok([])])
    def test_says_so_when_clerk_cannot_be_told(self, mode: Any, browser: Client, ada: Any, clerk: Loopback) -> None:
        clerk.on(REVOKE, mode)
        page = browser.post("/admin/logout/")
        assert page.status_code == 200
        assert "Clerk could not be told" in page.text
        assert page.cookies["__session"].value == ""

    def test_or_cannot_be_asked(self, browser: Client, ada: Any) -> None:
        assert "Clerk could not be told" in browser.post("/admin/logout/").text

    def test_of_both_identities(self, client: Client, root: Any, ada: Any, clerk: Loopback) -> None:
        log_in(client, root)
        sign_in(client)
        client.post("/admin/logout/")
        client.cookies.pop("__session")
        client.cookies.pop("__client_uat")
        assert client.get("/admin/").status_code == 302


def test_the_app_stands_for_djangos() -> None:
    """As a project lists it, in a process of its own: which site there is, is decided once."""
    program = """
    from tests import settings
    settings.INSTALLED_APPS[settings.INSTALLED_APPS.index("django.contrib.admin")] = "django_clerk.admin_site"
    import django
    django.setup()
    from django.contrib import admin
    from django.core.management import call_command
    from django_clerk.models import ClerkUser
    call_command("check", "--fail-level", "ERROR")
    print(type(admin.site._wrapped).__name__, admin.site.is_registered(ClerkUser))
    """
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    command = [sys.executable, "-W", "error", "-c", textwrap.dedent(program)]
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines()[-1:] == ["ClerkAdminSite True"], done.stderr


def test_a_header_is_as_good(client: Client, ada: Any) -> None:
    assert client.get("/admin/", headers=bearer()).status_code == 200
    assert client.get("/admin/login/", headers=bearer())["Location"] == "/admin/"
