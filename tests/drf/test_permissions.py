"""The permission classes in a view: what they are given, how they combine, and what a refused caller can find out."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client, RequestFactory
from django.urls import include, path
from rest_framework.decorators import api_view, authentication_classes, permission_classes
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import SAFE_METHODS, BasePermission, IsAdminUser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from django_clerk import drf
from django_clerk.answers import reverification_error
from django_clerk.core import policies
from tests.callers import CALLERS, as_page, sign_up
from tests.mint import bearer, organization
from tests.testapp.models import Post
from tests.testapp.people import create_user

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

ADMIN, STALE, FRESH = {"metadata": {"role": "admin"}}, {"fva": [11, -1]}, {"fva": [0, -1]}


class ReadOnly(BasePermission):
    def has_permission(self, request: Request, view: APIView) -> bool:
        return request.method in SAFE_METHODS


class OnDrafts(BasePermission):
    """A project's own rule about objects, which REST framework asks for nothing before."""

    def has_object_permission(self, request: Request, view: APIView, obj: Any) -> bool:
        return bool(obj.title == "draft")


class Reporters(drf.ClerkPermission):
    policy = policies.has_feature("reports") & policies.reverified("strict")


class Door(APIView):
    authentication_classes = [drf.ClerkAuthentication]

    def get(self, request: Request) -> Response:
        return Response("in")

    post = get


@api_view(["GET"])
@authentication_classes([drf.ClerkAuthentication])
@permission_classes([drf.HasClerkRole("admin")])
def function(request: Request) -> Response:
    return Response("in")


admin, verify = drf.HasClerkRole("admin"), drf.RequiresClerkReverification()

DOORS: dict[str, Any] = {
    "bare": [drf.RequiresClerkReverification],
    "list": [admin, verify],
    "admin-and-verify": [admin & verify],
    "verify-and-admin": [verify & admin],
    "admin-or-verify": [admin | verify],
    "verify-or-admin": [verify | admin],
    "staff-or-verify": [IsAdminUser | verify],
    "not-verified": [~verify],
    "reporters": [Reporters],
    "clerk-or-read": [drf.IsClerkAuthenticated | ReadOnly],
    "verify-or-read": [verify | ReadOnly],
    "no-role": [drf.HasClerkRole],
    "foreign": [~(IsAdminUser | admin)],
    "foreign-nested": [~((IsAdminUser & IsAdminUser) | drf.IsClerkOwner)],
    "foreign-and": [~(IsAdminUser & admin)],
    "foreign-and-nested": [IsAdminUser | ~((IsAdminUser & IsAdminUser) & drf.IsClerkOwner)],
}  # fmt: skip

urlpatterns = [
    *(path(f"{name}/", Door.as_view(permission_classes=classes)) for name, classes in DOORS.items()),
    path("function/", function),
    path("", include("tests.testapp.api")),
]


@pytest.fixture
def ada() -> Any:
    return sign_up(CALLERS["owner"])


def get(url: str, **claims: Any) -> Any:
    return Client().get(url, headers={**bearer(**claims), "Accept": "application/json"})


@pytest.mark.parametrize(
    ("door", "claims", "answer"),
    [
        ("bare", FRESH, "in"),
        ("bare", STALE, "verify"),
        ("list", STALE, "no"),
        ("list", {**ADMIN, **STALE}, "verify"),
        ("admin-and-verify", STALE, "no"),
        ("admin-and-verify", {**ADMIN, **STALE}, "verify"),
        ("admin-and-verify", {**ADMIN, **FRESH}, "in"),
        ("verify-and-admin", STALE, "no"),
        ("verify-and-admin", {**ADMIN, **STALE}, "verify"),
        ("verify-and-admin", {**ADMIN, **FRESH}, "in"),
        ("verify-and-admin", FRESH, "no"),
        ("admin-or-verify", STALE, "verify"),
        ("admin-or-verify", FRESH, "in"),
        ("verify-or-admin", {**ADMIN, **STALE}, "in"),
        ("verify-or-admin", STALE, "verify"),
        ("staff-or-verify", STALE, "verify"),
        ("not-verified", STALE, "in"),
        ("not-verified", FRESH, "no"),
        ("reporters", {"fea": "u:reports", **STALE}, "verify"),
        ("reporters", {"fea": "u:reports", **FRESH}, "in"),
        ("reporters", STALE, "no"),
        ("verify-or-read", STALE, "in"),
    ],
)
def test_reverification_leaves_the_other_rules_their_say(ada: Any, door: str, claims: Any, answer: str) -> None:
    response = get(f"/{door}/", **claims)
    assert response.status_code == (200 if answer == "in" else 403)
    assert (response.json() == reverification_error("strict")) is (answer == "verify")


def test_negated_rules_at_an_object(ada: Any) -> None:
    draft, published = Post(title="draft", author=ada), Post(title="published", author=ada)
    for expression, passing in (
        (~(admin | OnDrafts), [False, True]),
        (~(admin & OnDrafts), [True, True]),
        (~verify & ~(admin | OnDrafts), [False, True]),
        (~(drf.RequiresClerkReverification("lax") | OnDrafts), [False, False]),
    ):
        request = Request(
            RequestFactory().get("/", headers=bearer(**STALE)), authenticators=[drf.ClerkAuthentication()]
        )
        rule, view = expression(), Door(permission_classes=[expression])
        assert rule.has_permission(request, view) is (passing != [False, False])
        assert [rule.has_object_permission(request, view, post) for post in (draft, published)] == passing


def test_a_rule_may_be_asked_without_a_view(ada: Any) -> None:
    for headers, passes in ((bearer(**ADMIN), True), (bearer(), False), ({}, False)):
        request = Request(RequestFactory().get("/", headers=headers), authenticators=[drf.ClerkAuthentication()])
        assert admin.has_permission(request, None) is passes  # type: ignore[arg-type]


def test_what_is_public_to_read_stays_public(ada: Any, settings: Any) -> None:
    for door in ("clerk-or-read", "verify-or-read"):
        assert Client().get(f"/{door}/").status_code == 200
        assert Client().post(f"/{door}/").status_code == 401
        settings.CLERK_JWT_KEY = None
        assert Client().get("/not-verified/", headers=as_page(CALLERS["owner"])).status_code == 503
        cookie = as_page(CALLERS["owner"])
        assert Client().get(f"/{door}/", headers=cookie).status_code == 200
        assert Client().post(f"/{door}/", headers=cookie).status_code == 503
        del settings.CLERK_JWT_KEY


def test_function_view(ada: Any) -> None:
    assert [get("/function/", **claims).status_code for claims in (ADMIN, {})] == [200, 403]
    response = Client().get("/function/")
    assert (response.status_code, response["WWW-Authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize(
    ("door", "error", "message"),
    [
        ("no-role", ValueError, "at least one name"),
        ("foreign", ImproperlyConfigured, "would let strangers in"),
        ("foreign-nested", ImproperlyConfigured, "would let strangers in"),
        ("foreign-and", ImproperlyConfigured, "would let strangers in"),
        ("foreign-and-nested", ImproperlyConfigured, "would let strangers in"),
    ],
)
def test_misuse_lets_nobody_in(ada: Any, door: str, error: type[Exception], message: str) -> None:
    for headers in (bearer(**ADMIN), {}):
        with pytest.raises(error, match=message):
            Client().get(f"/{door}/", headers=headers)


def test_forgotten_names_are_noticed_at_import() -> None:
    for rule in (drf.HasClerkRole, drf.HasClerkPermission, drf.IsClerkOwnerOrRole):
        for names in ((), ("",), (None,)):
            with pytest.raises(ValueError, match="at least one name"):
                rule(*names)  # type: ignore[arg-type]
    for use in (lambda: admin and verify, lambda: admin or verify, lambda: not admin):
        with pytest.raises(TypeError, match="&"):
            use()


def test_owner_field_is_the_view_s_or_the_rule_s(ada: Any) -> None:
    request = Request(RequestFactory().get("/", headers=bearer()), authenticators=[drf.ClerkAuthentication()])
    mine, hers = Post.objects.create(author=ada), Post.objects.create(author=create_user("eve"))
    for rule in (drf.IsClerkOwner(field="author"), drf.IsClerkOwnerOrRole("admin", field="author")):
        view = Door(permission_classes=[rule])
        view.check_object_permissions(request, mine)
        with pytest.raises(PermissionDenied):
            view.check_object_permissions(request, hers)
    with pytest.raises(ImproperlyConfigured, match="Door needs owner_field"):
        Door(permission_classes=[drf.IsClerkOwner]).check_object_permissions(request, mine)


class TestWhatARefusedCallerFindsOut:
    """About the API of posts, one of which is eve's."""

    @pytest.fixture
    def post(self, ada: Any) -> Post:
        return Post.objects.create(author=create_user("eve"), title="Secret")

    @pytest.mark.parametrize("method", ["get", "head", "options", "put", "patch", "delete", "post"])
    @pytest.mark.parametrize(
        "where", ["/api/posts/", "/api/posts/1/", "/api/hidden-posts/", "/api/hidden-posts/1/", "/api/posts/x/"]
    )
    def test_stranger(self, post: Post, method: str, where: str) -> None:
        for headers in ({"Accept": "application/json"}, {"Accept": "text/html"}):
            response = getattr(Client(), method)(where, headers=headers)
            assert (response.status_code, response["WWW-Authenticate"]) == (401, "Bearer")
            assert "Secret" not in response.content.decode()

    @pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete"])
    def test_another_s_object(self, post: Post, method: str) -> None:
        for where, status in ((f"/api/posts/{post.pk}/", 403), (f"/api/hidden-posts/{post.pk}/", 404)):
            for headers in (bearer(), as_page(CALLERS["owner"])):
                response = getattr(Client(), method)(where, headers=headers)
                assert response.status_code == status
                assert "Secret" not in response.content.decode()

    def test_hidden_object_looks_like_none(self, post: Post) -> None:
        answers = [get(f"/api/hidden-posts/{pk}/") for pk in (post.pk, post.pk + 1, "x")]
        assert {answer.status_code for answer in answers} == {404}
        assert answers[0].content == answers[1].content

    def test_metadata_offer_no_change_of_it(self, post: Post) -> None:
        for where in (f"/api/posts/{post.pk}/", f"/api/hidden-posts/{post.pk}/"):
            response = Client().options(where, headers=bearer())
            assert "PUT" not in response.json().get("actions", {})
            assert "Secret" not in response.content.decode()

    def test_browsable_api_works_by_cookie_and_shows_one_s_own(self, ada: Any, post: Post) -> None:
        mine = Post.objects.create(author=ada, title="Mine")
        for where in ("/api/posts/", f"/api/posts/{mine.pk}/", "/api/hidden-posts/"):
            response = Client().get(where, headers=as_page(CALLERS["owner"]))
            assert (response.status_code, response["Content-Type"]) == (200, "text/html; charset=utf-8")
            assert "Mine" in response.content.decode()
            assert "Secret" not in response.content.decode()


def test_they_may_be_the_defaults_of_rest_framework() -> None:
    """It imports its default classes in the middle of its own imports."""
    program = (
        "import django; from django.conf import settings; settings.configure(USE_TZ=True, INSTALLED_APPS=["
        "'django.contrib.auth', 'django.contrib.contenttypes', 'rest_framework', 'django_clerk'], REST_FRAMEWORK={"
        "'DEFAULT_AUTHENTICATION_CLASSES': ['django_clerk.drf.ClerkAuthentication'],"
        "'DEFAULT_PERMISSION_CLASSES': ['django_clerk.drf.IsClerkAuthenticated']}); django.setup();"
        "from rest_framework.views import APIView; print(APIView.authentication_classes, APIView.permission_classes)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "ClerkAuthentication" in done.stdout
    assert "IsClerkAuthenticated" in done.stdout


def test_organization_role_and_application_role_are_two_things(ada: Any) -> None:
    assert get("/function/", o=organization("admin")).status_code == 403
