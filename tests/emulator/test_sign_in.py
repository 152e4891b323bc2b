from __future__ import annotations

import re
import time
from typing import Any

import jwt
import pytest
from django.test import override_settings

from django_clerk.answers import sign_up_url
from django_clerk.emulator.credentials import INSTANCE
from django_clerk.emulator.instance import Emulator
from tests.emulator.browser import Browser
from tests.emulator.receivers import received

SESSION_COOKIES = ("__session", INSTANCE.suffixed("__session"))
UAT_COOKIES = ("__client_uat", INSTANCE.suffixed("__client_uat"))
DEV_BROWSER_COOKIES = ("__clerk_db_jwt", INSTANCE.suffixed("__clerk_db_jwt"))


def session_of(response: Any) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(response.cookies["__session"].value, options={"verify_signature": False})
    return claims


class TestSignIn:
    def test_the_page_lists_who_there_is(self, browser: Browser, emulator: Emulator, ada: dict[str, Any]) -> None:
        banned = emulator.create_user(email_address="eve@example.com", first_name="<b>Eve", banned=True)
        page = browser.get("/__clerk/sign-in?redirect_url=/dashboard/").content.decode()
        assert "Ada Lovelace" in page
        assert ">admin<" in page
        assert 'name="redirect_url" value="/dashboard/"' in page
        assert "&lt;b&gt;Eve" in page
        assert re.search(rf'value="{banned["id"]}" disabled', page)

    def test_an_empty_instance_says_so(self, browser: Browser) -> None:
        assert "There are no users yet" in browser.get("/__clerk/sign-in").content.decode()

    def test_many_users_are_searched(self, browser: Browser, emulator: Emulator) -> None:
        emulator.seed_users(60)
        assert "50 of 60 users" in browser.get("/__clerk/sign-in").content.decode()
        page = browser.get("/__clerk/sign-in?q=grace").content.decode()
        assert "Grace Hopper" in page
        assert "Ada Lovelace" not in page
        assert "Nobody is called “&lt;x&gt;”" in browser.get("/__clerk/sign-in?q=<x>").content.decode()

    def test_signing_in_sets_clerks_cookies(self, browser: Browser, emulator: Emulator, ada: dict[str, Any]) -> None:
        before = int(time.time())
        response = browser.sign_in(ada["id"], "/dashboard/?a=b")
        assert (response.status_code, response["Location"]) == (302, "/dashboard/?a=b")
        assert response["Cache-Control"] == "no-store"
        for name in (*SESSION_COOKIES, *UAT_COOKIES, *DEV_BROWSER_COOKIES):
            cookie = response.cookies[name]
            assert (cookie["samesite"], cookie["path"], cookie["domain"]) == ("Lax", "/", "")
            assert not cookie["httponly"], "Clerk's JavaScript reads it"
            assert not cookie["secure"]
        token = response.cookies["__session"].value
        uat = response.cookies["__client_uat"].value
        assert response.cookies[SESSION_COOKIES[1]].value == token
        assert response.cookies[UAT_COOKIES[1]].value == uat
        claims = jwt.decode(token, emulator.signer.public_key_pem(), algorithms=["RS256"])
        assert claims["sub"] == ada["id"]
        assert claims["azp"] == "http://localhost:8000"
        assert claims["exp"] - claims["iat"] == 60
        assert before <= int(uat) <= claims["iat"]
        session = emulator.directory.sessions.get(claims["sid"])
        assert session is not None
        assert session["status"] == "active"
        assert [delivery.event["type"] for delivery in received] == ["session.created", "user.updated"]
        assert "signed in now" in browser.get("/__clerk/sign-in").content.decode()

    def test_the_local_clerks_own_cookie_is_not_for_the_site(self, browser: Browser, ada: dict[str, Any]) -> None:
        cookie = browser.sign_in(ada["id"]).cookies["__client"]
        assert (cookie["path"], cookie["samesite"]) == ("/__clerk/", "Lax")
        assert cookie["httponly"]
        assert not any(name.startswith("__refresh") for name in browser.client.cookies)

    def test_one_browser_stays_one_client(self, browser: Browser, emulator: Emulator, ada: dict[str, Any]) -> None:
        grace = emulator.create_user(email_address="grace@example.com")
        first = browser.sign_in(ada["id"]).cookies
        received.clear()
        second = browser.sign_in(grace["id"]).cookies
        for name in ("__client", *DEV_BROWSER_COOKIES):
            assert first[name].value == second[name].value
        types = [delivery.event["type"] for delivery in received]
        assert types == ["session.created", "user.updated", "session.ended"]
        ended, created = received[2].event["data"], received[0].event["data"]
        assert (ended["user_id"], ended["status"], ended["client_id"]) == (ada["id"], "ended", created["client_id"])
        assert "Grace" not in str(ended["user"])

    def test_who_cannot_sign_in_ends_nobodys_session(
        self, browser: Browser, emulator: Emulator, ada: dict[str, Any]
    ) -> None:
        eve = emulator.create_user(email_address="eve@example.com", banned=True)
        session_id = session_of(browser.sign_in(ada["id"]))["sid"]
        assert browser.sign_in(eve["id"]).status_code == 403
        assert emulator.directory.sessions.live(session_id) is not None

    def test_another_name_of_this_machine_is_told_who_comes(self, browser: Browser, ada: dict[str, Any]) -> None:
        response = browser.sign_in(ada["id"], "http://127.0.0.1:8000/dashboard/?a=b#c")
        dev_browser = response.cookies["__clerk_db_jwt"].value
        assert response["Location"] == f"http://127.0.0.1:8000/dashboard/?a=b&__clerk_db_jwt={dev_browser}#c"

    def test_over_https_the_cookies_are_secure(self, ada: dict[str, Any]) -> None:
        with override_settings(ALLOWED_HOSTS=["*"]):
            response = Browser("https://localhost:8000").sign_in(ada["id"])
        assert response.cookies["__session"]["secure"]
        claims = jwt.decode(response.cookies["__session"].value, options={"verify_signature": False})
        assert claims["azp"] == "https://localhost:8000"

    def test_the_token_is_for_the_page_that_sent_the_browser(self, browser: Browser, ada: dict[str, Any]) -> None:
        response = browser.sign_in(ada["id"], "http://localhost:3000/spa")
        assert response["Location"] == "http://localhost:3000/spa"
        claims = jwt.decode(response.cookies["__session"].value, options={"verify_signature": False})
        assert claims["azp"] == "http://localhost:3000"

    @pytest.mark.parametrize("target", ["", "https://evil.example/", "//evil.example", "javascript:alert(1)"])
    def test_elsewhere_is_home(self, browser: Browser, ada: dict[str, Any], target: str) -> None:
        assert browser.sign_in(ada["id"], target)["Location"] == "/"
        with override_settings(CLERK_AFTER_SIGN_IN_URL="/welcome/"):
            assert browser.sign_in(ada["id"], target)["Location"] == "/welcome/"

    @pytest.mark.parametrize("state", ["banned", "locked"])
    def test_banned_and_locked_users_stay_out(self, browser: Browser, emulator: Emulator, state: str) -> None:
        user = emulator.create_user(email_address="eve@example.com", **{state: True})
        received.clear()
        response = browser.sign_in(user["id"])
        assert response.status_code == 403
        assert f"This user is {state}" in response.content.decode()
        assert "__session" not in response.cookies
        assert received == []

    def test_nobody_cannot_sign_in(self, browser: Browser) -> None:
        assert browser.sign_in("user_nobody").status_code == 404
        assert browser.sign_in("").status_code == 404

    def test_an_origin_that_is_not_authorized_is_pointed_out(self, browser: Browser, ada: dict[str, Any]) -> None:
        hint = "which <code>CLERK_AUTHORIZED_PARTIES</code> does not name"
        assert hint not in browser.get("/__clerk/sign-in").content.decode()
        with override_settings(CLERK_AUTHORIZED_PARTIES=["http://localhost:9999"]):
            assert hint in browser.get("/__clerk/sign-in").content.decode()


class TestTickets:
    """The page without npm takes what links bring, too."""

    def use(self, browser: Browser, url: str) -> Any:
        """Follow a link to the page that it ends at, and use it there."""
        response = browser.get(url.removeprefix(browser.origin))
        while response.status_code in (302, 303):
            response = browser.get(response["Location"].removeprefix(browser.origin))
        ticket = re.search(r'name="ticket" value="([^"]+)"', response.content.decode())
        assert ticket is not None, response.content.decode()
        return browser.submit("/__clerk/sign-in", "/__clerk/sign-in", {"ticket": ticket[1], "redirect_url": ""})

    def test_a_sign_in_token(self, browser: Browser, emulator: Emulator, ada: dict[str, Any]) -> None:
        url = emulator.sign_in_tokens.create({"user_id": ada["id"]})["url"]
        response = self.use(browser, url)
        assert (response["Location"], session_of(response)["sub"]) == ("/", ada["id"])
        with pytest.raises(AssertionError, match="is not good, or not any more"):
            self.use(browser, url)

    def test_somebody_who_acts_for_another(self, browser: Browser, emulator: Emulator, ada: dict[str, Any]) -> None:
        grace = emulator.create_user(email_address="grace@example.com")
        browser.sign_in(grace["id"])
        actor = {"sub": grace["id"]}
        url = emulator.sign_in_tokens.create_actor({"user_id": ada["id"], "actor": actor})["url"]
        claims = session_of(self.use(browser, url))
        assert (claims["sub"], claims["act"]) == (ada["id"], actor)

    def test_an_invitation_of_somebody_new(self, browser: Browser, emulator: Emulator, ada: dict[str, Any]) -> None:
        organization = emulator.organizations.create({"name": "Engines", "max_allowed_memberships": 1})
        emulator.organizations.add_member(organization["id"], {"user_id": ada["id"], "role": "org:admin"})
        fields = {"email_address": "grace@example.com", "role": "org:member"}
        url = emulator.invitations.create_for(organization["id"], fields)["url"]
        response = self.use(browser, url)
        assert (response.status_code, b"may not have more" in response.content) == (403, True)
        assert emulator.directory.find("grace@example.com") is None
        emulator.organizations.update(organization["id"], {"max_allowed_memberships": 2})
        user_id = session_of(self.use(browser, url))["sub"]
        assert emulator.organizations.membership(organization["id"], user_id)["role"] == "org:member"

    def test_an_invitation_to_the_application(self, browser: Browser, emulator: Emulator) -> None:
        fields = {"email_address": "grace@example.com", "public_metadata": {"role": "editor"}}
        user_id = session_of(self.use(browser, emulator.invitations.create(fields)["url"]))["sub"]
        assert emulator.user(user_id)["public_metadata"] == {"role": "editor"}


class TestSignUp:
    def test_where_one_becomes_a_user(self, browser: Browser, emulator: Emulator) -> None:
        """Links to sign up lead to a page, and from there to the sign-in with the way back."""
        response = browser.get(f"{sign_up_url()}?redirect_url=/dashboard/")
        assert response["Location"] == "/__clerk/users?redirect_url=%2Fdashboard%2F"
        page = browser.get(response["Location"]).content.decode()
        assert '<input type="hidden" name="redirect_url" value="/dashboard/">' in page
        fields = {"email_address": "ada@example.com", "redirect_url": "/dashboard/"}
        response = browser.submit("/__clerk/users", "/__clerk/users", fields)
        assert response["Location"] == "/__clerk/sign-in?redirect_url=%2Fdashboard%2F"
        assert emulator.directory.find("ada@example.com") is not None

    @pytest.mark.parametrize("name", ["dashboard", "clerk:nowhere"])
    def test_a_page_that_is_not_there_is_home(self, browser: Browser, ada: dict[str, Any], name: str) -> None:
        with override_settings(CLERK_AFTER_SIGN_IN_URL=name):
            assert browser.sign_in(ada["id"])["Location"] == "/"
            assert browser.sign_in(ada["id"], "/page/")["Location"] == "/page/"


class TestSignOut:
    def test_the_cookies_go_and_the_session_ends(
        self, browser: Browser, emulator: Emulator, ada: dict[str, Any]
    ) -> None:
        token = browser.sign_in(ada["id"]).cookies["__session"].value
        received.clear()
        response = browser.submit("/__clerk/sign-in", "/__clerk/sign-out", {"redirect_url": "/bye/"})
        assert (response.status_code, response["Location"]) == (302, "/bye/")
        for name in SESSION_COOKIES:
            assert (response.cookies[name].value, response.cookies[name]["max-age"]) == ("", 0)
        for name in UAT_COOKIES:
            assert response.cookies[name].value == "0"
        refresh = response.cookies[INSTANCE.suffixed("__refresh")]
        assert (refresh.value, refresh["max-age"], refresh["httponly"]) == ("", 0, True)
        claims = jwt.decode(token, options={"verify_signature": False})
        session = emulator.directory.sessions.get(claims["sid"])
        assert session is not None
        assert session["status"] == "removed"
        assert [delivery.event["type"] for delivery in received] == ["session.removed"]
        assert "signed in now" not in browser.get("/__clerk/sign-in").content.decode()

    def test_by_link_nobody_is_signed_out(self, browser: Browser) -> None:
        assert browser.get("/__clerk/sign-out").status_code == 405

    def test_a_forged_session_ends_nothing(self, browser: Browser, emulator: Emulator, ada: dict[str, Any]) -> None:
        session = emulator.sign_in(ada["id"])
        browser.client.cookies["__session"] = jwt.encode({"sid": session["id"]}, "k" * 32, algorithm="HS256")
        browser.submit("/__clerk/sign-in", "/__clerk/sign-out", {})
        stored = emulator.directory.sessions.get(session["id"])
        assert stored is not None
        assert stored["status"] == "active"

    def test_a_deleted_user_is_signed_in_no_more(
        self, browser: Browser, emulator: Emulator, ada: dict[str, Any]
    ) -> None:
        browser.sign_in(ada["id"])
        emulator.delete_user(ada["id"])
        assert "signed in now" not in browser.get("/__clerk/sign-in").content.decode()
        assert browser.submit("/__clerk/sign-in", "/__clerk/sign-out", {}).status_code == 302
