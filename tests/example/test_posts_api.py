"""The API, over HTTP: whose posts, and which answer to whom."""

from __future__ import annotations

import pytest

from example_project.demo.tour.visitor import Program

from .project import Site

pytestmark = pytest.mark.slow

POST = {"title": "By API", "body": "Text"}


@pytest.fixture(scope="module")
def ada(site: Site) -> Program:
    return site.program("ada")


@pytest.fixture(scope="module")
def grace(site: Site) -> Program:
    return site.program("grace")


@pytest.fixture
def post(grace: Program) -> str:
    """A post of Grace's."""
    answer = grace.post("/api/posts/", POST)
    assert answer.status_code == 201, answer.text
    return f"/api/posts/{answer.json()['id']}/"


@pytest.mark.parametrize("path", ["/api/me/", "/api/posts/", "/api/posts/1/", "/api/posts/99999/"])
def test_nobody_is_asked_for_a_token(site, path):
    answer = Program(site.origin).get(path)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "null"])
def test_what_is_no_token_is_nobody(site, token):
    assert Program(site.origin, token).get("/api/posts/").status_code == 401


def test_me_is_who_the_token_says(ada):
    me = ada.get("/api/me/").json()
    assert me["email"] == "ada@example.com"
    assert me["role"] == "admin"
    assert me["source"] == "header"
    assert me["clerk_id"].startswith("user_")
    assert me["session_id"].startswith("sess_")
    assert me["organization"] is None


def test_the_list_is_one_s_own_for_an_admin_too(ada, grace, post):
    me = grace.get("/api/me/").json()["django_user"]
    assert {item["author"] for item in grace.get("/api/posts/").json()} == {me}
    assert me not in {item["author"] for item in ada.get("/api/posts/").json()}


def test_owner_reads_changes_and_deletes(grace, post):
    assert grace.get(post).json()["title"] == "By API"
    assert grace.patch(post, {"title": "Changed"}).json()["title"] == "Changed"
    assert grace.delete(post).status_code == 204
    assert grace.get(post).status_code == 404
    assert grace.delete(post).status_code == 404


def test_nobody_gives_a_post_away(ada, grace, post):
    other = ada.get("/api/me/").json()["django_user"]
    assert grace.patch(post, {"author": other}).json()["author"] != other
    assert grace.post("/api/posts/", {**POST, "author": other}).json()["author"] != other


def test_another_s_post_is_refused_and_stays(site, grace, post):
    alan = site.program("alan")
    for answer in (alan.get(post), alan.patch(post, {"title": "Mine"}), alan.delete(post)):
        assert answer.status_code == 403
    assert grace.get(post).json()["title"] == "By API"
    assert alan.delete("/api/posts/99999/").status_code == 404


def test_an_admin_may(ada, post):
    assert ada.get(post).status_code == 200
    assert ada.delete(post).status_code == 204


def test_a_cookie_is_believed_only_with_a_csrf_token(site):
    browser = site.signed_in("grace")
    assert browser.get("/api/me/").status_code == 200
    assert browser.post("/api/posts/", POST).status_code == 403
