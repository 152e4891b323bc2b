from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import override_settings

from django_clerk.emulator.instance import Emulator
from tests.emulator.browser import Browser
from tests.emulator.calls import in_process
from tests.emulator.receivers import received


class TestForgery:
    """No other site fills in these forms."""

    forms = pytest.mark.parametrize(
        "path",
        [
            "/__clerk/sign-in",
            "/__clerk/sign-out",
            "/__clerk/users",
            "/__clerk/users/{id}/ban",
            "/__clerk/webhooks/msg_1/send",
            "/__clerk/faults",
        ],
    )

    @forms
    @pytest.mark.parametrize("middleware", [True, False])
    def test_without_the_token(self, browser: Browser, ada: dict[str, Any], path: str, middleware: bool) -> None:
        own = ["django.middleware.csrf.CsrfViewMiddleware"] if middleware else []
        with override_settings(MIDDLEWARE=own):
            response = browser.client.post(
                path.format(id=ada["id"]), {"user_id": ada["id"]}, headers={"origin": browser.origin}
            )
        assert response.status_code == 403
        assert "__session" not in response.cookies

    @forms
    @pytest.mark.parametrize(
        "origin", ["http://evil.example", "http://localhost:3000", "https://localhost:8000", "null"]
    )
    def test_from_another_origin(self, browser: Browser, ada: dict[str, Any], path: str, origin: str) -> None:
        with override_settings(CSRF_TRUSTED_ORIGINS=["http://evil.example", "http://localhost:3000"]):
            response = browser.submit(
                "/__clerk/sign-in", path.format(id=ada["id"]), {"user_id": ada["id"]}, origin=origin
            )
        assert response.status_code == 403
        assert "__session" not in response.cookies

    def test_no_page_can_be_framed(self, browser: Browser) -> None:
        assert browser.get("/__clerk/sign-in")["X-Frame-Options"] == "DENY"


class TestUsers:
    def act(self, browser: Browser, user_id: str, action: str, **fields: str) -> Any:
        return browser.submit("/__clerk/users", f"/__clerk/users/{user_id}/{action}", fields)

    def test_a_user_is_created(self, browser: Browser, emulator: Emulator) -> None:
        fields = {"email_address": " new@example.com ", "first_name": "New", "last_name": "", "role": "editor"}
        assert browser.submit("/__clerk/users", "/__clerk/users", fields).status_code == 302
        [user] = emulator.users()
        assert user["email_addresses"][0]["email_address"] == "new@example.com"
        assert (user["first_name"], user["last_name"], user["public_metadata"]) == ("New", None, {"role": "editor"})
        assert [delivery.event["type"] for delivery in received] == ["user.created"]

    def test_a_mistake_is_told_and_nothing_lost(self, browser: Browser, ada: dict[str, Any]) -> None:
        fields = {"email_address": "ada@example.com", "first_name": "Twice"}
        response = browser.submit("/__clerk/users", "/__clerk/users", fields)
        assert response.status_code == 422
        assert "That email address is taken" in response.content.decode()
        assert 'value="Twice"' in response.content.decode()

    @pytest.mark.parametrize(
        ("action", "name", "value"),
        [("ban", "banned", True), ("lock", "locked", True), ("unban", "banned", False), ("unlock", "locked", False)],
    )
    def test_flags(
        self, browser: Browser, emulator: Emulator, ada: dict[str, Any], action: str, name: str, value: bool
    ) -> None:
        assert self.act(browser, ada["id"], action).status_code == 302
        assert emulator.user(ada["id"])[name] is value

    def test_a_role_is_set_and_taken_away(self, browser: Browser, emulator: Emulator, ada: dict[str, Any]) -> None:
        self.act(browser, ada["id"], "role", role="owner")
        assert emulator.user(ada["id"])["public_metadata"] == {"role": "owner"}
        self.act(browser, ada["id"], "role", role="")
        assert emulator.user(ada["id"])["public_metadata"] == {}

    def test_a_search_stays(self, browser: Browser, ada: dict[str, Any]) -> None:
        assert 'name="q" value="ada"' in browser.get("/__clerk/users?q=ada").content.decode()
        assert self.act(browser, ada["id"], "role", q="a&b")["Location"] == "/__clerk/users?q=a%26b"

    def test_a_user_is_deleted(self, browser: Browser, emulator: Emulator, ada: dict[str, Any]) -> None:
        assert self.act(browser, ada["id"], "delete").status_code == 302
        assert emulator.count_users() == 0
        assert self.act(browser, ada["id"], "delete").status_code == 404

    def test_other_actions_are_none(self, browser: Browser, ada: dict[str, Any]) -> None:
        assert self.act(browser, ada["id"], "promote").status_code == 404
        assert browser.get(f"/__clerk/users/{ada['id']}/ban").status_code == 405


class TestWebhooks:
    def test_what_happened_is_listed_and_sent_again(self, browser: Browser, emulator: Emulator) -> None:
        assert "Nothing has happened yet" in browser.get("/__clerk/webhooks").content.decode()
        emulator.webhook_url = "/hooks/busy/"
        emulator.create_user(email_address="ada@example.com", first_name="<script>")
        emulator.webhook_url = None
        page = browser.get("/__clerk/webhooks").content.decode()
        assert "user.created" in page
        assert ">failed<" in page
        assert ">503<" in page
        assert "busy" in page
        assert "<script>" not in page
        [delivery] = emulator.deliveries()
        assert browser.submit("/__clerk/webhooks", f"/__clerk/webhooks/{delivery.id}/send", {}).status_code == 302
        assert emulator.deliveries()[0].status == "delivered"
        assert browser.submit("/__clerk/webhooks", "/__clerk/webhooks/msg_1/send", {}).status_code == 404

    def test_the_secret_is_on_no_page(self, browser: Browser, emulator: Emulator, ada: dict[str, Any]) -> None:
        for path in ("/__clerk/sign-in", "/__clerk/users", "/__clerk/webhooks"):
            page = browser.get(path).content.decode()
            assert emulator.credentials.secret_key not in page
            assert emulator.credentials.webhook_secret not in page


class TestLooks:
    @pytest.mark.parametrize("path", ["/__clerk/sign-in", "/__clerk/users", "/__clerk/webhooks"])
    def test_a_page_needs_nothing_from_elsewhere(self, browser: Browser, ada: dict[str, Any], path: str) -> None:
        page = browser.get(path).content.decode()
        assert re.findall(r'(?:src|href)="(?:https?:)?//', page) == []
        assert "<script" not in page
        assert "<style" not in page
        assert " style=" not in page, "so that style-src 'self' is enough"

    def test_the_stylesheet(self, browser: Browser) -> None:
        response = browser.get("/__clerk/style.css")
        assert response["Content-Type"].startswith("text/css")
        assert "prefers-color-scheme: dark" in response.content.decode()
        assert "url(" not in response.content.decode()

    def test_the_projects_templates_play_no_part(self, browser: Browser) -> None:
        with override_settings(TEMPLATES=[]):
            assert browser.get("/__clerk/sign-in").status_code == 200

    def test_the_front_door(self, browser: Browser) -> None:
        assert browser.get("/__clerk/")["Location"] == "/__clerk/sign-in"


class TestWhatIsOdd:
    """No value that somebody could store or ask for takes a page down."""

    pages = pytest.mark.parametrize("path", ["/__clerk/sign-in", "/__clerk/users", "/__clerk/webhooks"])

    @pages
    def test_half_a_character_of_an_older_version(self, browser: Browser, emulator: Emulator, path: str) -> None:
        user = emulator.create_user(email_address="odd@example.com")
        emulator.directory.change_user(user["id"], lambda user: {**user, "public_metadata": {"role": "a\ud800"}})
        response = browser.get(path)
        assert (response.status_code, b"\\ud800" in response.content) == (200, True)

    @pytest.mark.parametrize("path", ["/__clerk/sign-in", "/__clerk/users"])
    def test_a_search_for_more_than_anybody_types(self, browser: Browser, ada: dict[str, Any], path: str) -> None:
        response = browser.get(f"{path}?q={'a' * 60_000}")
        assert response.status_code == 200
        assert b"Nobody is called" in response.content
        assert len(response.content) < 20_000


class TestInbox:
    def test_it_shows_the_codes(self, browser: Browser, emulator: Emulator) -> None:
        assert b"No mail yet" in browser.get("/__clerk/inbox").content
        emulator.codes.send("sia_1", "ada+clerk_test@example.com", purpose="<b>Sign in</b>")
        page = browser.get("/__clerk/inbox").content.decode()
        assert "ada+clerk_test@example.com" in page
        assert '<code class="code">424242</code>' in page
        assert "<b>Sign in" not in page


class TestFaults:
    def arm(self, browser: Browser, **fields: str) -> Any:
        given = {"kind": "busy", "api": "back end", "times": "2", "path": "/v1/users", **fields}
        return browser.submit("/__clerk/faults", "/__clerk/faults", given)

    def test_the_back_end_meets_them(self, browser: Browser, emulator: Emulator) -> None:
        assert self.arm(browser).status_code == 302
        assert b"status 429" in browser.get("/__clerk/faults").content
        for _ in range(2):
            reply = in_process("GET", "/v1/users")
            assert (reply.status, reply.headers["Retry-After"]) == (429, "5")
        assert in_process("GET", "/v1/users").status == 200
        assert b"Everything works" in browser.get("/__clerk/faults").content

    def test_so_do_browsers(self, browser: Browser) -> None:
        self.arm(browser, api="browser", kind="broken", path="/v1/client")
        self.arm(browser, api="browser", kind="silent", path="/v1/client", times="1")
        assert [browser.get("/__clerk/v1/client").status_code for _ in range(4)] == [500, 500, 503, 200]

    def test_they_can_be_forgotten(self, browser: Browser) -> None:
        self.arm(browser)
        browser.submit("/__clerk/faults", "/__clerk/faults", {"forget": ""})
        assert in_process("GET", "/v1/users").status == 200

    @pytest.mark.parametrize(
        "wrong",
        [
            {"kind": "x"},
            {"api": "x"},
            {"times": "0"},
            {"times": "1001"},
            {"times": "-1"},
            {"times": "²"},
            {"times": "1" * 5000},
        ],
        ids=range(7),
    )
    def test_nonsense_is_refused(self, browser: Browser, emulator: Emulator, wrong: dict[str, str]) -> None:
        assert self.arm(browser, **wrong).status_code == 400
        assert emulator.faults.pending() == []


def test_without_clerks_javascript_the_page_says_how_to_get_it(browser: Browser, tmp_path: Any) -> None:
    with override_settings(CLERK_EMULATOR_BUNDLE_DIR=str(tmp_path)):
        assert b"npm install" in browser.get("/__clerk/sign-in").content
        for package in ("clerk-js", "ui"):
            (tmp_path / "@clerk" / package / "dist").mkdir(parents=True)
        assert b"npm install" not in browser.get("/__clerk/sign-in").content
