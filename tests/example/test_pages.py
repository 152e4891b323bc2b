"""The pages, as browsers get them: what they show, whom they let in, and that anybody can read them."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from .project import Site

pytestmark = pytest.mark.slow

PAGES = [
    "/",
    "/dashboard/",
    "/organization/",
    "/posts/new/",
    "/admin-area/",
    "/admin-area/refusals/",
    "/inbox/",
    "/account/delete/",
    "/posts/1/",
    "/posts/1/edit/",
    "/posts/1/delete/",
]


class Page(HTMLParser):
    """What is asked about a page: its elements, in order, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, *tags: str) -> list[dict[str, str]]:
        return [attributes for tag, attributes in self.elements if tag in tags]


@pytest.fixture(scope="module")
def ada(site: Site):
    return site.signed_in("ada")


@pytest.fixture(scope="module")
def grace(site: Site):
    return site.signed_in("grace")


@pytest.mark.parametrize("path", PAGES)
def test_page_is_whole_and_comes_from_here(ada, path):
    answer = ada.get(path)
    assert answer.status_code == 200
    page = Page(answer.text)
    assert page.all("html")[0]["lang"] == "en"
    assert any(meta.get("name") == "viewport" for meta in page.all("meta"))
    assert len(page.all("h1")) == 1
    assert page.all("a")[0]["href"] == "#main"
    assert page.all("main")[0]["id"] == "main"
    addresses = [tag.get("src") or tag.get("href", "") for tag in page.all("link", "script", "img", "a", "iframe")]
    assert all(address.startswith(("/", "#", "data:", "?")) for address in addresses), addresses
    assert page.all("script") == [{"src": "/__clerk/renew.js", "defer": ""}]  # nothing inline: a strict policy suits it
    assert not page.all("style")
    assert all("alt" in image for image in page.all("img"))


@pytest.mark.parametrize("path", PAGES)
def test_every_field_has_a_label_and_every_form_that_posts_a_csrf_token(ada, path):
    page = Page(ada.get(path).text)
    labelled = {label["for"] for label in page.all("label")}
    for field in page.all("input", "textarea", "select"):
        assert field.get("type") == "hidden" or field["id"] in labelled, field
    posting = [form for form in page.all("form") if form.get("method") == "post"]
    assert len([field for field in page.all("input") if field.get("name") == "csrfmiddlewaretoken"]) == len(posting)


def test_home_shows_everybody_s_posts_to_everybody_and_nobody_s_address(site):
    answer = site.browser().get("/")
    assert answer.status_code == 200
    for title in ("What the engine cannot do", "A moth in the relay", "Check it by hand"):
        assert title in answer.text
    assert "Grace Hopper" in answer.text
    assert "@example.com" not in answer.text


@pytest.mark.parametrize(
    "path", ["/dashboard/", "/organization/", "/posts/new/", "/inbox/", "/posts/1/edit/", "/posts/99999/edit/"]
)
def test_signed_out_leads_to_sign_in_and_back(site, path):
    browser = site.browser()
    answer = browser.get(path)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/__clerk/sign-in?redirect_url=")
    arrival = browser.press(browser.get(path, follow=True), "ada@example.com")
    assert arrival.headers["Location"] == site.origin + path


@pytest.mark.parametrize(
    "path",
    ["/admin-area/", "/admin-area/refusals/", "/inbox/", "/organization/books/", "/posts/1/edit/", "/posts/1/delete/"],
)
def test_who_may_not_is_told_so_on_a_page_of_the_site(grace, path):
    """Post 1 is Ada's."""
    answer = grace.get(path)
    assert answer.status_code == 403
    page = Page(answer.text)
    assert "not yours to open" in page.text
    assert "Grace Hopper" in page.text


@pytest.mark.parametrize("path", ["/posts/99999/", "/posts/99999/edit/", "/posts/99999/delete/"])
def test_a_post_that_is_not_there_is_not_found(ada, path):
    assert ada.get(path).status_code == 404


def test_a_post_is_written_changed_and_deleted_by_hand(grace):
    arrival = grace.press(grace.get("/dashboard/"), "Publish", title="Draft <b>one</b>", body="Text")
    assert arrival.headers["Location"] == "/dashboard/"
    dashboard = grace.get("/dashboard/").text
    assert "“Draft &lt;b&gt;one&lt;/b&gt;” is published." in dashboard
    assert "<b>one</b>" not in grace.get("/").text

    number = re.search(r"/posts/(\d+)/edit/", dashboard)
    assert number is not None
    post = f"/posts/{number.group(1)}/"
    grace.press(grace.get(f"{post}edit/"), "Save", title="Final", body="Text")
    assert Page(grace.get(post).text).all("h1")
    assert "Final" in grace.get(post).text

    assert "Final" in grace.get(f"{post}delete/").text
    assert grace.get(post).status_code == 200
    grace.press(grace.get(f"{post}delete/"), "Delete")
    assert grace.get(post).status_code == 404


def test_a_form_without_a_title_comes_back_and_says_why(grace):
    answer = grace.press(grace.get("/posts/new/"), "Publish", title="", body="Kept")
    assert answer.status_code == 200
    assert "This field is required." in answer.text
    assert "Kept" in answer.text


@pytest.mark.parametrize("path", ["/posts/1/edit/", "/posts/1/delete/"])
def test_another_s_post_is_not_changed_by_form_either(grace, ada, path):
    before = ada.get("/posts/1/").text
    fields = {"title": "Mine now", "body": "Mine", "csrfmiddlewaretoken": csrf_token(grace)}
    assert grace.post(path, fields).status_code == 403
    after = ada.get("/posts/1/")
    assert after.status_code == 200
    assert Page(after.text).text == Page(before).text


def test_signing_out_ends_it(site):
    browser = site.signed_in("alan")
    assert browser.get("/dashboard/").status_code == 200
    browser.press(browser.get("/"), "Sign out")
    assert browser.get("/dashboard/").status_code == 302
    assert "Sign in" in browser.get("/").text


def test_the_keyholder_s_password_opens_django_s_admin_and_nothing_of_clerk_s(site):
    keyholder = site.browser()
    found = re.search(r"keyholder, password (\w+)", site.output)
    assert found is not None, site.output
    login = keyholder.get("/admin/login/?next=/admin/django_clerk/clerkuser/")
    # The button of the admin's login is an input: there is nothing to press.
    fields = {"username": "keyholder", "password": found.group(1), "csrfmiddlewaretoken": token_in(login.text)}
    assert keyholder.post(login.url, fields).status_code == 302
    listing = keyholder.get("/admin/django_clerk/clerkuser/")
    assert listing.status_code == 200
    assert "ada@example.com" in listing.text
    assert keyholder.get("/admin/posts/post/").status_code == 200
    assert keyholder.get("/dashboard/").status_code == 302


def csrf_token(browser) -> str:
    return token_in(browser.get("/posts/new/").text)


def token_in(html: str) -> str:
    return next(field["value"] for field in Page(html).all("input") if field.get("name") == "csrfmiddlewaretoken")
