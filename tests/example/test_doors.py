"""The doors of a team: the route policy, roles in Django, organizations, API keys, and the neighbours' APIs."""

from __future__ import annotations

from uuid import uuid4

import pytest

from example_project.demo.tour.visitor import Browser, Program

from .project import Site, manage
from .test_pages import Page, csrf_token

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def ada(site: Site) -> Browser:
    return site.signed_in("ada")


@pytest.fixture(scope="module")
def grace(site: Site) -> Browser:
    return site.signed_in("grace")


@pytest.fixture
def organization(site: Site, grace: Browser) -> str:
    """The id of an organization that Grace runs, and that is active in her session."""
    session = site.claims(grace)
    made = site.back_office.post("v1/organizations", {"name": f"Harbour {uuid4()}", "created_by": session["sub"]})
    choose(site, grace, made.json()["id"])
    return str(made.json()["id"])


def choose(site: Site, browser: Browser, organization_id: str) -> None:
    """Make an organization the active one, as Clerk's switcher does, and take the token that says so."""
    session_id = site.claims(browser)["sid"]
    path = f"/__clerk/v1/client/sessions/{session_id}/touch"
    assert browser.post(path, {"active_organization_id": organization_id}).status_code == 200
    browser.replace_token(site.back_office.post(f"v1/sessions/{session_id}/tokens", {}).json()["jwt"])


def test_no_url_is_unguarded(tmp_path):
    done = manage("clerk_routes", "--unguarded", cwd=tmp_path, EXAMPLE_STATE_DIR=str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr


class TestAdmin:
    def test_a_superuser_s_role_opens_it_all(self, ada: Browser) -> None:
        assert "ada@example.com" in ada.get("/admin/django_clerk/clerkuser/").text

    def test_an_editor_may_what_the_group_may(self, grace: Browser) -> None:
        assert grace.get("/admin/posts/post/1/change/").status_code == 200
        assert grace.get("/admin/posts/post/add/").status_code == 403
        assert grace.get("/admin/django_clerk/clerkuser/").status_code == 403

    def test_who_is_no_staff_is_told_so(self, site: Site) -> None:
        answer = site.signed_in("alan").get("/admin/", follow=True)
        assert (answer.status_code, "No access" in answer.text) == (403, True)

    def test_a_stranger_is_offered_both_ways_in(self, site: Site) -> None:
        page = site.browser().get("/admin/", follow=True)
        assert page.status_code == 200
        assert "Sign in with Clerk" in page.text
        assert 'name="password"' in page.text


class TestRefusals:
    def test_a_known_person_s_are_kept_with_the_rule(self, site: Site, ada: Browser) -> None:
        alan = site.signed_in("alan")
        assert alan.get("/admin-area/refusals/").status_code == 403
        assert alan.get("/inbox/").status_code == 403
        page = Page(ada.get("/admin-area/refusals/").text)
        assert site.claims(alan)["sub"] in page.text
        for rule in ("CLERK_ROLE_ROUTES /admin-area/.*", "has_role(admin)", "posts:inbox"):
            assert rule in page.text

    def test_they_are_in_the_log_without_anybody_s_address(self, site: Site) -> None:
        grace = site.signed_in("grace")
        assert grace.get("/posts/1/edit/").status_code == 403
        (line, *_) = [line for line in site.output.splitlines() if "is_owner(author)" in line]
        assert site.claims(grace)["sub"] in line
        assert "Access denied at /posts/<int:pk>/edit/" in line
        assert "@" not in line


class TestOrganization:
    def test_a_notice_is_put_up_and_seen_by_members_only(self, grace: Browser, ada: Browser, organization: str) -> None:
        page = grace.get("/organization/")
        assert grace.press(page, "Put it up", text="High tide at <six>").status_code == 302
        assert "High tide at &lt;six&gt;" in grace.get("/organization/").text
        assert "High tide" not in ada.get("/organization/").text

    def test_it_belongs_to_the_active_one_whatever_the_body_says(
        self, site: Site, grace: Browser, organization: str
    ) -> None:
        program = site.program(grace)
        made = program.post("/api/notices/", {"text": "By API", "organization": "org_of_others"})
        assert made.status_code == 201
        assert [notice["text"] for notice in program.get("/api/notices/").json()] == ["By API"]

    def test_those_of_another_do_not_exist(self, site: Site, grace: Browser, organization: str) -> None:
        notice = site.program(grace).post("/api/notices/", {"text": "First"}).json()["id"]
        other = site.back_office.post(
            "v1/organizations", {"name": f"Other {uuid4()}", "created_by": site.claims(grace)["sub"]}
        )
        choose(site, grace, other.json()["id"])
        assert site.program(grace).get(f"/api/notices/{notice}/").status_code == 404

    def test_without_the_permission_there_is_neither_form_nor_way(self, site: Site, organization: str) -> None:
        alan = site.signed_in("alan")
        member = {"user_id": site.claims(alan)["sub"], "role": "org:member"}
        assert site.back_office.post(f"v1/organizations/{organization}/memberships", member).status_code == 200
        choose(site, alan, organization)
        page = alan.get("/organization/")
        assert "org:member" in page.text
        assert "Put it up" not in page.text
        fields = {"text": "Mine", "csrfmiddlewaretoken": csrf_token(alan)}
        assert alan.post("/organization/notices/", fields).status_code == 403
        assert site.program(alan).get("/api/notices/").status_code == 403


class TestAccount:
    def test_who_acts_for_somebody_may_look_and_not_delete(self, site: Site) -> None:
        alan = site.claims("alan")["sub"]
        actor = {"sub": "user_support"}
        made = site.back_office.post("v1/actor_tokens", {"user_id": alan, "actor": actor}).json()
        support = site.browser()
        support.get("/")
        ticket = {"strategy": "ticket", "ticket": made["token"]}
        session = support.post("/__clerk/v1/client/sign_ins", ticket).json()["response"]["created_session_id"]
        token = site.back_office.post(f"v1/sessions/{session}/tokens", {}).json()["jwt"]
        program = Program(site.origin, token)
        assert "acts for this person" in program.get("/dashboard/").text
        assert program.get("/account/delete/").status_code == 403
        assert "user_support acts as" in site.output

    def test_it_is_deleted_at_clerk_and_closed_here(self, site: Site) -> None:
        edsger = site.signed_in("edsger")
        program = site.program(edsger)
        assert program.get("/api/me/").status_code == 200
        answer = edsger.press(edsger.get("/account/delete/"), "Delete the account")
        assert answer.headers["Location"] == "/"
        assert site.back_office.get(f"v1/users/{site.claims(edsger)['sub']}").status_code == 404
        assert program.get("/api/me/").status_code == 401


class TestAPIKey:
    @pytest.fixture
    def key(self, site: Site, grace: Browser) -> Program:
        """A program with an API key of Grace's."""
        wanted = {"name": "Backup", "subject": site.claims(grace)["sub"], "scopes": ["posts:read"]}
        return Program(site.origin, site.back_office.post("v1/api_keys", wanted).json()["secret"])

    def test_opens_what_says_so(self, key: Program) -> None:
        titles = [post["title"] for post in key.get("/export/").json()["posts"]]
        assert "A moth in the relay" in titles
        assert "What the engine cannot do" not in titles
        assert key.get("/api/posts/").status_code == 200

    @pytest.mark.parametrize("path", ["/api/me/", "/api/notices/", "/ninja/posts"])
    def test_opens_nothing_else(self, key: Program, path: str) -> None:
        assert key.get(path).status_code == 401

    def test_export_is_for_keys_with_the_scope(self, site: Site, grace: Browser) -> None:
        wanted = {"name": "Something else", "subject": site.claims(grace)["sub"]}
        other = Program(site.origin, site.back_office.post("v1/api_keys", wanted).json()["secret"])
        assert other.get("/export/").status_code == 403
        assert site.program(grace).get("/export/").status_code == 401


class TestNeighbours:
    def test_the_schema_is_shut_to_strangers_and_names_the_ways_to_call(self, site: Site, grace: Browser) -> None:
        assert Program(site.origin).get("/api/schema/").status_code == 401
        schema = site.program(grace).get("/api/schema/").json()
        assert set(schema["components"]["securitySchemes"]) == {"clerkApiKey", "clerkCookie", "clerkSession"}
        assert "403" in schema["paths"]["/api/posts/"]["get"]["responses"]

    def test_the_browsable_api_knows_who_is_there(self, grace: Browser) -> None:
        page = grace.get("/api/posts/")
        assert page.headers["Content-Type"].startswith("text/html")
        assert "Account and sign-out" in page.text

    def test_ninja_has_the_same_posts_and_the_same_rule(self, site: Site) -> None:
        grace, alan, ada = (site.program(name) for name in ("grace", "alan", "ada"))
        post = grace.post("/api/posts/", {"title": "By Ninja", "body": "Text"}).json()["id"]
        assert post in [item["id"] for item in grace.get("/ninja/posts").json()]
        assert Program(site.origin).get("/ninja/posts").status_code == 401
        assert alan.delete(f"/ninja/posts/{post}").status_code == 403
        assert ada.delete(f"/ninja/posts/{post}").status_code == 204
        assert grace.delete(f"/ninja/posts/{post}").status_code == 404

    def test_how_often_anybody_may_call_is_counted(self, site: Site, tmp_path) -> None:
        code = (
            "from rest_framework.settings import api_settings; from posts.api import PostViewSet;"
            "print([throttle.scope for throttle in PostViewSet().get_throttles()])"
        )
        done = manage("shell", "--no-imports", "-c", code, cwd=tmp_path, EXAMPLE_STATE_DIR=str(tmp_path))
        assert done.stdout.strip() == "['clerk_user', 'clerk_api_key']", done.stderr
