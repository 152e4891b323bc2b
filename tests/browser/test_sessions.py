"""Signed in: what keeps the session, what ends it, and that the page follows."""

from __future__ import annotations

from typing import Any

import pytest

from django_clerk.emulator.instance import Emulator
from tests.example.project import ROOT

from .conftest import PASSWORD
from .visitor import Visitor

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def at_dashboard(visitor: Visitor, grace: dict[str, Any]) -> Visitor:
    """Grace, signed in at her dashboard."""
    visitor.open("/dashboard/")
    visitor.sign_in("grace@example.com", PASSWORD)
    visitor.arrives("/dashboard/")
    visitor.has_clerk()
    return visitor


def expire(visitor: Visitor, emulator: Emulator, user_id: str, session_id: str) -> None:
    """Leave the site for long: put an expired session token in the place of the one that is there."""
    token = emulator.mint_session_token(user_id, azp=visitor.origin, session_id=session_id, lifetime=-60)
    visitor.driver.get("about:blank")
    for cookie in visitor.driver.execute_cdp_cmd("Storage.getCookies", {})["cookies"]:
        if cookie["name"].startswith("__session"):
            given = {"name": cookie["name"], "value": token, "url": visitor.origin}
            assert visitor.driver.execute_cdp_cmd("Network.setCookie", given)["success"]
        elif cookie["name"].startswith("__refresh"):
            visitor.driver.execute_cdp_cmd("Network.deleteCookies", {"name": cookie["name"], "url": visitor.origin})


def test_an_expired_token_is_renewed_on_the_way(
    at_dashboard: Visitor, emulator: Emulator, grace: dict[str, Any]
) -> None:
    expire(at_dashboard, emulator, grace["id"], at_dashboard.run("Clerk.session.id"))
    at_dashboard.hosts()
    at_dashboard.open("/posts/new/")
    at_dashboard.arrives("/posts/new/")
    at_dashboard.reads("A new entry")
    assert any("/v1/client/handshake" in url for url in at_dashboard.urls())


def test_two_tabs_and_signing_out_ends_both(at_dashboard: Visitor, allowed: list[str]) -> None:
    allowed.append("/api/me/ - Failed to load resource: the server responded with a status of 401")
    driver = at_dashboard.driver
    first = driver.current_window_handle
    driver.switch_to.new_window("tab")
    at_dashboard.open("/posts/new/")
    at_dashboard.reads("A new entry")
    at_dashboard.has_clerk()
    at_dashboard.press("Open user menu")
    at_dashboard.press("Sign out")
    at_dashboard.arrives("/")
    at_dashboard.reads("Sign in and write")
    assert at_dashboard.run("(await fetch('/api/me/')).status") == 401
    driver.close()
    driver.switch_to.window(first)
    at_dashboard.arrives("/sign-in/")  # the page of the other tab noticed, loaded itself anew, and was sent here


def test_signing_out_everywhere(at_dashboard: Visitor, emulator: Emulator, grace: dict[str, Any]) -> None:
    """In Clerk's own profile box: a browser left elsewhere is out at once, though its token is good for a while."""
    visitor, here = at_dashboard, at_dashboard.run("Clerk.session.id")

    def others() -> list[str]:
        return [item["id"] for item in emulator.directory.sessions.of_user(grace["id"]) if item["id"] != here]

    emulator.directory.sessions.revoke_all(grace["id"], but=here)
    elsewhere = emulator.browser_cookies(grace["id"], azp=visitor.origin)
    visitor.press("Open user menu")
    visitor.press("Manage account")
    visitor.press("Security")
    visitor.click("return document.querySelector('.cl-activeDeviceListItem .cl-menuButton')")
    visitor.press("Sign out of device")
    visitor.persist(lambda: not others(), "sign out of the other browser")
    assert visitor.asks("/api/me/")["email"] == "grace@example.com", "this one is still signed in"
    visitor.forget()
    visitor.set_cookies(elsewhere)
    visitor.open("/dashboard/")
    visitor.arrives("/sign-in/")


def test_who_is_deleted_is_signed_out(visitor: Visitor, emulator: Emulator, allowed: list[str]) -> None:
    allowed += ["status of 401", "status of 404"]
    user = emulator.create_user(email_address="emmy@example.com", password=PASSWORD)
    visitor.open("/dashboard/")
    visitor.sign_in("emmy@example.com", PASSWORD)
    visitor.arrives("/dashboard/")
    visitor.has_clerk()
    session_id = visitor.run("Clerk.session.id")
    emulator.delete_user(user["id"])
    assert visitor.run("(await fetch('/api/me/')).status") == 401
    # Her token may be good for a minute still, and Django lets her in nowhere. After that, nobody is signed in.
    allowed.append("/posts/new/ - Failed to load resource: the server responded with a status of 403")
    visitor.open("/posts/new/")
    assert "A new entry" not in visitor.text
    expire(visitor, emulator, user["id"], session_id)
    visitor.open("/posts/new/")
    visitor.arrives("/sign-in/")


class TestClerkFetch:
    def test_it_sends_the_token(self, at_dashboard: Visitor) -> None:
        me = at_dashboard.run("await (await clerkFetch('/api/me/')).json()")
        assert (me["email"], me["source"]) == ("grace@example.com", "header")

    def test_so_it_needs_no_csrf_token(self, at_dashboard: Visitor, allowed: list[str]) -> None:
        allowed.append("/api/posts/ - Failed to load resource: the server responded with a status of 403")
        post = "{ method: 'POST', body: new URLSearchParams({ title: 'By script', body: 'Text' }) }"
        assert at_dashboard.run(f"(await clerkFetch('/api/posts/', {post})).status") == 201
        assert at_dashboard.run(f"(await fetch('/api/posts/', {post})).status") == 403

    @pytest.mark.parametrize("url", ["https://evil.example/", "//evil.example/", "http://127.0.0.1:1/"])
    def test_to_this_site_only(self, at_dashboard: Visitor, url: str) -> None:
        assert "to this site only" in at_dashboard.run(f"await clerkFetch('{url}')")

    def test_401_leads_to_the_sign_in_page_and_back(
        self, at_dashboard: Visitor, emulator: Emulator, allowed: list[str]
    ) -> None:
        allowed += ["status of 401", "status of 404"]
        at_dashboard.driver.execute_script("Clerk.signOut({ redirectUrl: '/' })")
        at_dashboard.arrives("/")
        at_dashboard.open("/sign-up/")
        at_dashboard.has_clerk()
        at_dashboard.driver.execute_script("clerkFetch('/api/me/')")
        at_dashboard.arrives("/sign-in/")


class TestHtmx:
    @pytest.fixture
    def with_htmx(self, at_dashboard: Visitor) -> Visitor:
        """The page, as if it had loaded htmx."""
        source = ROOT / "example_project" / "node_modules" / "htmx.org" / "dist" / "htmx.js"
        if not source.exists():
            pytest.skip("htmx is not installed: npm ci --ignore-scripts in example_project")
        text = source.read_text(encoding="utf-8")
        at_dashboard.driver.execute_script(f"{text};\nwindow.htmx = htmx; htmx.config.selfRequestsOnly = false;")
        return at_dashboard

    def request(self, visitor: Visitor, url: str) -> dict[str, str]:
        """Have htmx ask for something, and return the headers that it sent."""
        visitor.urls()
        script = """
            const element = document.createElement("button");
            element.setAttribute("hx-get", arguments[0]);
            element.setAttribute("hx-swap", "none");
            document.querySelector("main").append(element);
            htmx.process(element);
            document.addEventListener("htmx:beforeSend", ({ detail }) => {
              window.sent = Object.fromEntries(Object.entries(detail.requestConfig.headers));
            }, { once: true });
            element.click();
        """
        visitor.driver.execute_script(script, url)
        return visitor.until("return window.sent")  # type: ignore[no-any-return]

    def test_a_request_carries_a_fresh_token(self, with_htmx: Visitor) -> None:
        assert self.request(with_htmx, "/api/me/")["Authorization"].startswith("Bearer ey")

    def test_not_to_another_site(self, with_htmx: Visitor, allowed: list[str]) -> None:
        allowed += ["http://127.0.0.1:1/", "htmx:"]  # nothing answers there
        assert "Authorization" not in self.request(with_htmx, "http://127.0.0.1:1/")
        with_htmx.hosts()

    def test_nor_to_one_that_the_page_has_for_its_base(self, with_htmx: Visitor, allowed: list[str]) -> None:
        allowed += ["http://127.0.0.1:1/", "htmx:"]  # nothing answers there
        with_htmx.driver.execute_script(
            "document.head.append(Object.assign(document.createElement('base'), { href: 'http://127.0.0.1:1/' }))"
        )
        assert "Authorization" not in self.request(with_htmx, "/api/me/")
        with_htmx.hosts()

    @pytest.fixture
    def refused(self, with_htmx: Visitor, emulator: Emulator, grace: dict[str, Any], allowed: list[str]) -> Visitor:
        """The page, whose requests are answered 401."""
        allowed += ["status of 401", "status of 404", "Response Status Error Code 401", "htmx:"]
        expired = emulator.mint_session_token(grace["id"], azp=with_htmx.origin, lifetime=-60)
        with_htmx.driver.execute_script(
            """const [token] = arguments;
            document.addEventListener("htmx:configRequest", ({ detail }) => {
              detail.headers.Authorization = `Bearer ${token}`;
            });""",
            expired,
        )
        return with_htmx

    def test_401_leads_to_the_sign_in_page(self, refused: Visitor, emulator: Emulator) -> None:
        emulator.sign_out(refused.run("Clerk.session.id"))
        self.request(refused, "/api/me/")
        refused.arrives("/sign-in/")

    def test_401_of_whom_clerk_has_signed_in_leads_nowhere(self, refused: Visitor) -> None:
        refused.driver.execute_script(
            "document.addEventListener('htmx:responseError', ({ detail }) => { window.failed = detail.xhr.status; })"
        )
        self.request(refused, "/api/me/")
        assert refused.until("return window.failed") == 401
        refused.run("await new Promise((done) => setTimeout(done, 1500))")
        assert refused.path == "/dashboard/"
        assert refused.run("Boolean(window.failed)"), "the page has been loaded anew"

    def test_components_come_and_go_with_what_is_swapped_in(self, with_htmx: Visitor) -> None:
        html = '<div id="new" data-clerk-component="UserProfile"><script type="application/json">{}</script></div>'
        with_htmx.driver.execute_script("htmx.swap('main', arguments[0], { swapStyle: 'innerHTML' })", html)
        with_htmx.until("return document.getElementById('new')?.innerText.includes('Profile details')")
        with_htmx.driver.execute_script("htmx.swap('main', '<h1>Gone</h1>', { swapStyle: 'innerHTML' })")
        with_htmx.until("return document.querySelector('main').innerText === 'Gone'")
