"""``manage.py clerk_routes``: the table that an auditor wants, and what the system checks say of the lists."""

from __future__ import annotations

import io
import json
from functools import wraps
from typing import Any

import pytest
from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required, login_required, permission_required
from django.contrib.auth.mixins import LoginRequiredMixin, UserPassesTestMixin
from django.contrib.auth.views import LoginView
from django.core.management import CommandError, call_command
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path, re_path
from django.utils.decorators import method_decorator
from django.views import View
from django.views.generic import RedirectView
from django.views.generic.detail import SingleObjectMixin
from ninja import NinjaAPI
from ninja.security import django_auth
from rest_framework.permissions import AllowAny, IsAdminUser, IsAuthenticated
from rest_framework.views import APIView

from django_clerk import decorators, drf, mixins
from django_clerk.checks.routes import check_routes
from django_clerk.contrib.ninja import ClerkAuth
from django_clerk.core import policies
from tests.settings import MIDDLEWARE
from tests.test_checks import found
from tests.testapp.models import Post


def show(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    return HttpResponse("in")


async def ashow(request: HttpRequest) -> HttpResponse:
    return HttpResponse("in")


class Page(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("in")

    post = get


class Mixed(mixins.ClerkRoleRequiredMixin, mixins.ClerkOrgRequiredMixin, Page):
    role, org_kwarg = ("admin", "org:admin"), "org"


class OfAcme(mixins.ClerkPolicyRequiredMixin, Page):
    policy = policies.in_organization("acme")


class Computed(mixins.ClerkPolicyRequiredMixin, Page):
    def get_policy(self) -> policies.Policy:
        return policies.has_plan("pro")


class Unset(mixins.ClerkRoleRequiredMixin, Page):
    pass


class Owned(mixins.ClerkOwnerRequiredMixin, SingleObjectMixin, Page):
    owner_field, or_role = "author", "admin"


class Accepting(mixins.ClerkAcceptsMixin, Page):
    accepts = ("api_key",)


@method_decorator(decorators.clerk_login_required, name="dispatch")
class Dispatch(Page):
    pass


class Methods(View):
    @method_decorator(decorators.clerk_login_required)
    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("in")

    @method_decorator(decorators.clerk_role_required("admin"))
    def post(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("in")


class OneMethod(Methods):
    def delete(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("in")


class Django(LoginRequiredMixin, UserPassesTestMixin, Page):
    pass


def counting(view: Any) -> Any:
    @wraps(view)
    def wrapper(request: HttpRequest) -> HttpResponse:
        wrapper.calls += 1  # type: ignore[attr-defined]
        response: HttpResponse = view(request)
        return response

    wrapper.calls = 0  # type: ignore[attr-defined]
    return wrapper


def api(*permissions: Any) -> Any:
    return APIView.as_view(permission_classes=permissions)


shop = ([path("", show, name="index"), path("<int:pk>/", show, name="item")], "shop")

VIEWS: dict[str, tuple[Any, list[str]]] = {
    "nothing": (show, []),
    "class": (Page.as_view(), []),
    "redirect": (RedirectView.as_view(url="/"), []),
    "refers-to-itself": (counting(show), []),
    "login": (decorators.clerk_login_required(show), ["signed_in"]),
    "async": (decorators.clerk_role_required("admin")(ashow), ["has_role(admin)"]),
    "stacked": (
        decorators.clerk_org_required("acme")(decorators.clerk_role_required("admin")(show)),
        ["in_organization_named", "has_role(admin)"],
    ),
    "owner": (decorators.clerk_owner_required(Post, field="author")(show), ["is_owner(author)"]),
    "accepts": (decorators.clerk_accepts("api_key")(show), ["accepted(api_key)"]),
    "mixed": (Mixed.as_view(), ["has_role(admin, org:admin)", "in_organization_named"]),
    "of-acme": (OfAcme.as_view(), ["in_organization_named"]),
    "given": (OfAcme.as_view(policy=policies.has_plan("pro")), ["has_plan(pro)"]),
    "computed": (Computed.as_view(), ["Computed.get_policy"]),
    "unset": (Unset.as_view(), ["ClerkRoleRequiredMixin"]),
    "owned": (Owned.as_view(), ["(is_owner(author) | has_role(admin))"]),
    "accepting": (Accepting.as_view(), ["accepted(api_key)"]),
    "dispatch": (Dispatch.as_view(), ["signed_in"]),
    "methods": (Methods.as_view(), ["get: signed_in", "post: has_role(admin)"]),
    "one-method": (OneMethod.as_view(), []),
    "django-login": (login_required(show), ["user_passes_test"]),
    "django-permission": (permission_required("app.view")(show), ["user_passes_test"]),
    "django-mixins": (Django.as_view(), ["LoginRequiredMixin", "UserPassesTestMixin"]),
    "api-none": (api(), []),
    "api-open": (api(AllowAny), []),
    "api-either-open": (api(IsAdminUser | AllowAny), []),
    "api-or-open": (api(AllowAny | IsAdminUser), []),
    "api-default": (APIView.as_view(), []),
    "api": (api(IsAuthenticated), ["IsAuthenticated"]),
    "api-and-open": (api(IsAdminUser & AllowAny), ["IsAdminUser"]),
    "api-clerk": (
        api(drf.HasClerkRole("admin") | drf.IsClerkOwner, ~drf.IsClerkMachine),
        ["(has_role(admin) | IsClerkOwner)", "~IsClerkMachine"],
    ),
}

ninja = NinjaAPI(urls_namespace="ninja", docs_url=None, openapi_url=None)
OPERATIONS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "open": ({"get": None}, []),
    "login": ({"get": ClerkAuth()}, ["get: accepted(session_token)"]),
    "some": ({"get": ClerkAuth(), "post": None}, []),
    "each": (
        {"get": ClerkAuth(accepts=["api_key"]), "post": [ClerkAuth(policies.has_role("admin")), django_auth, bool]},
        ["get: accepted(api_key)", "post: (accepted(session_token) & has_role(admin)) | SessionAuth | bool"],
    ),
}
for name, (auths, _) in OPERATIONS.items():
    for method, auth in auths.items():
        getattr(ninja, method)(f"{name}/", auth=auth, url_name=name, operation_id=f"{name} {method}")(show)

urlpatterns = [
    *(path(f"{name}/", view, name=name) for name, (view, _) in VIEWS.items()),
    path("public/", decorators.clerk_public(show), name="public"),
    path("open/", login_not_required(lambda request: HttpResponse()), name="open"),
    path("sign-in/", LoginView.as_view(), name="sign-in"),
    path("shop/", include(shop)),
    path("mall/", include(shop, namespace="mall")),
    re_path(r"^archive/(?P<year>[0-9]{4})/$", show, name="archive"),
    re_path(r"loose/", show, name="loose"),
    re_path(r"^left/|^right/", show, name="left-or-right"),
    path("outer/", include([re_path(r"inner/", show, name="loose-inner"), re_path(r"^", show, name="outer")])),
    re_path(r"", include([path("same/<int:pk>/", show, name="same")])),
    *i18n_patterns(path("language/", show, name="language")),
    path("hidden/", include([path("a/", show), path("b/<slug:x>/", show)])),
    path("admin/", admin.site.urls),
    path("webhooks/", include("django_clerk.webhooks.urls")),
    path("ninja/", ninja.urls),
]

pytestmark = pytest.mark.urls(__name__)


def table(**options: Any) -> dict[str, Any]:
    out = io.StringIO()
    call_command("clerk_routes", json=True, stdout=out, **options)
    return {row["name"] or row["route"]: row for row in json.loads(out.getvalue())}


def text(**options: Any) -> str:
    out = io.StringIO()
    call_command("clerk_routes", stdout=out, no_color=True, **options)
    return out.getvalue()


class TestGuards:
    @pytest.mark.parametrize("name", VIEWS)
    def test_on_the_view(self, name: str) -> None:
        row = table()[name]
        assert row["guards"] == VIEWS[name][1]
        assert row["unguarded"] is (VIEWS[name][1] == [])

    @pytest.mark.parametrize("name", OPERATIONS)
    def test_on_operations_of_ninja(self, name: str) -> None:
        row = table()[f"ninja:{name}"]
        assert row["guards"] == OPERATIONS[name][1]
        assert row["unguarded"] is (not OPERATIONS[name][1])

    def test_of_the_admin(self) -> None:
        rows = {name: row for name, row in table().items() if name.startswith("admin:")}
        assert len(rows) > 10
        assert {name for name, row in rows.items() if row["guards"] != ["admin"]} == {"admin:login"}
        assert rows["admin:login"]["public"] == ["login_not_required"]

    def test_public_on_purpose(self) -> None:
        rows = table()
        for name in ("public", "clerk_webhook"):
            assert (rows[name]["public"], rows[name]["unguarded"]) == (["clerk_public"], False)
        for name in ("open", "sign-in"):
            assert rows[name]["public"] == ["login_not_required"]

    def test_middleware_of_django(self, settings: Any) -> None:
        settings.MIDDLEWARE = [*MIDDLEWARE, "django.contrib.auth.middleware.LoginRequiredMiddleware"]
        rows = table()
        assert rows["nothing"]["guards"] == ["LoginRequiredMiddleware"]
        assert rows["open"]["guards"] == rows["api-open"]["guards"] == []

    def test_every_url_is_there(self) -> None:
        assert {
            "/hidden/a/",
            "/hidden/b/<slug:x>/",
            "shop:index",
            "shop:item",
            "mall:item",
            "archive",
        } <= table().keys()
        assert table()["nothing"]["view"] == "tests.test_clerk_routes.show"
        assert table()["class"]["view"] == "tests.test_clerk_routes.Page"


class TestRouteRules:
    @pytest.mark.parametrize(
        ("lists", "name", "guards", "public", "partly"),
        [
            ({"CLERK_PROTECTED_ROUTES": ["*"]}, "nothing", ["CLERK_PROTECTED_ROUTES *"], [], []),
            ({"CLERK_PROTECTED_ROUTES": ["*"]}, "open", [], ["login_not_required"], []),
            ({"CLERK_PROTECTED_ROUTES": ["*"]}, "public", [], ["clerk_public"], []),
            ({"CLERK_PROTECTED_ROUTES": ["*"]}, "login", ["CLERK_PROTECTED_ROUTES *", "signed_in"], [], []),
            ({"CLERK_PROTECTED_ROUTES": ["*"], "CLERK_PUBLIC_ROUTES": ["nothing"]}, "nothing", [],
             ["CLERK_PUBLIC_ROUTES nothing"], []),
            ({"CLERK_PROTECTED_ROUTES": ["mall:"]}, "mall:item", ["CLERK_PROTECTED_ROUTES mall:"], [], []),
            ({"CLERK_PROTECTED_ROUTES": ["mall:"]}, "shop:item", [], [], []),
            ({"CLERK_ROLE_ROUTES": {"/shop/.*": "clerk"}}, "shop:item",
             ["CLERK_ROLE_ROUTES /shop/.*: has_role(clerk)"], [], []),
            ({"CLERK_PROTECTED_ROUTES": ["/shop/"]}, "shop:index", ["CLERK_PROTECTED_ROUTES /shop/"], [], []),
            # Only some of the paths, for all that anybody can tell: nothing that an auditor may count on.
            ({"CLERK_PROTECTED_ROUTES": ["/shop/1/"]}, "shop:item", [], [], ["CLERK_PROTECTED_ROUTES /shop/1/"]),
            ({"CLERK_PROTECTED_ROUTES": ["/shop/[0-9]+/"]}, "shop:item", [], [],
             ["CLERK_PROTECTED_ROUTES /shop/[0-9]+/"]),
            ({"CLERK_PROTECTED_ROUTES": ["*"], "CLERK_PUBLIC_ROUTES": ["/shop/1/"]}, "shop:item",
             ["CLERK_PROTECTED_ROUTES *"], [], ["CLERK_PUBLIC_ROUTES /shop/1/"]),
            ({"CLERK_PROTECTED_ROUTES": ["/archive/.*"]}, "archive", ["CLERK_PROTECTED_ROUTES /archive/.*"], [], []),
            ({"CLERK_PROTECTED_ROUTES": ["/loose/.*"]}, "loose", [], [], ["CLERK_PROTECTED_ROUTES /loose/.*"]),
            ({"CLERK_PROTECTED_ROUTES": ["/left/.*"]}, "left-or-right", [], [], ["CLERK_PROTECTED_ROUTES /left/.*"]),
            ({"CLERK_PROTECTED_ROUTES": ["/outer/inner/.*"]}, "loose-inner", [], [],
             ["CLERK_PROTECTED_ROUTES /outer/inner/.*"]),
            ({"CLERK_PROTECTED_ROUTES": ["/outer/.*"]}, "loose-inner", ["CLERK_PROTECTED_ROUTES /outer/.*"], [], []),
            ({"CLERK_PROTECTED_ROUTES": ["/same/.*"]}, "same", ["CLERK_PROTECTED_ROUTES /same/.*"], [], []),
            ({"CLERK_PROTECTED_ROUTES": ["/en/.*"]}, "language", [], [], ["CLERK_PROTECTED_ROUTES /en/.*"]),
        ],
    )  # fmt: skip
    def test_row(self, settings: Any, lists: Any, name: str, guards: Any, public: Any, partly: Any) -> None:
        for setting, value in lists.items():
            setattr(settings, setting, value)
        row = table()[name]
        assert (row["guards"], row["public"], row["partly"]) == (guards, public, partly)
        assert row["unguarded"] is not bool(guards or public)

    @pytest.mark.parametrize(
        ("pattern", "name", "inside", "outside"),
        [
            ("/loose/.*", "loose", "/loose/", "/behind/anything/loose/"),
            ("/left/.*", "left-or-right", "/left/", "/right/"),
            ("/outer/inner/.*", "loose-inner", "/outer/inner/", "/outer/behind/inner/"),
            ("/en/.*", "language", "/en/language/", "/de/language/"),
        ],
    )
    def test_what_is_open_is_not_called_guarded(
        self, settings: Any, pattern: str, name: str, inside: str, outside: str
    ) -> None:
        settings.CLERK_PROTECTED_ROUTES = [pattern]
        settings.MIDDLEWARE = ["django.middleware.locale.LocaleMiddleware", *MIDDLEWARE]
        assert [Client().get(url).status_code for url in (inside, outside)] == [302, 200]
        assert table()[name]["unguarded"]


class TestCommand:
    def test_table(self) -> None:
        lines = text().splitlines()
        assert lines[0].split() == ["URL", "Name", "Guarded", "by"]
        assert "/nothing/" in lines[1]
        assert lines[1].endswith("nothing            UNGUARDED") or lines[1].split()[-1] == "UNGUARDED"
        assert any(line.endswith("public: clerk_public") for line in lines)
        assert lines[-1].endswith("of them unguarded.")

    def test_unguarded(self, settings: Any) -> None:
        out = io.StringIO()
        with pytest.raises(CommandError, match=r"of \d+ URLs are unguarded") as caught:
            call_command("clerk_routes", unguarded=True, stdout=out, no_color=True)
        assert caught.value.returncode == 1
        listed = [line.split()[0] for line in out.getvalue().splitlines()[1:]]
        assert "/nothing/" in listed
        assert "/login/" not in listed
        settings.CLERK_PROTECTED_ROUTES = ["*"]
        assert "0 of them unguarded" in text(unguarded=True)
        assert table(unguarded=True) == {}

    def test_another_urlconf(self) -> None:
        assert "post-list" in table(urlconf="tests.urls")
        with pytest.raises(CommandError, match="nowhere"):
            text(urlconf="nowhere")

    def test_bad_settings(self, settings: Any) -> None:
        settings.CLERK_PROTECTED_ROUTES = ["^/x"]
        with pytest.raises(CommandError, match="starts with a slash"):
            text()


class TestChecks:
    @pytest.mark.parametrize(
        ("settings", "expected"),
        [
            ({}, []),
            ({"CLERK_PROTECTED_ROUTES": ["*"], "CLERK_PUBLIC_ROUTES": ["public", "shop:", "/archive/.*"]}, []),
            ({"CLERK_PROTECTED_ROUTES": 5}, ["E001"]),
            ({"CLERK_ROLE_ROUTES": ["x"]}, ["E001"]),
            ({"CLERK_PROTECTED_ROUTES": ["^/x"]}, ["E040"]),
            ({"CLERK_ROLE_ROUTES": {"public": []}}, ["E040"]),
            ({"CLERK_PROTECTED_ROUTES": ["publik"]}, ["E041"]),
            ({"CLERK_ROLE_ROUTES": {"shops:": "admin"}}, ["E041"]),
            ({"CLERK_PUBLIC_ROUTES": ["publik"]}, ["W040"]),
            ({"CLERK_PUBLIC_ROUTES": ["public"], "CLERK_PROTECTED_ROUTES": ["public"]}, ["W041"]),
            ({"CLERK_PROTECTED_ROUTES": ["/shop/"]}, ["W042"]),
            ({"CLERK_PROTECTED_ROUTES": ["/shop/", "shop:"]}, []),
            ({"CLERK_PROTECTED_ROUTES": ["/nothing/"]}, []),
            (
                {
                    "CLERK_PROTECTED_ROUTES": ["*"],
                    "MIDDLEWARE": [*MIDDLEWARE, "django.contrib.flatpages.middleware.FlatpageFallbackMiddleware"],
                },
                ["W043"],
            ),
        ],
    )
    def test_findings(self, settings: dict[str, Any], expected: list[str]) -> None:
        assert found(ROOT_URLCONF=__name__, **settings) == expected

    def test_without_the_middleware(self) -> None:
        middleware = [path for path in MIDDLEWARE if "django_clerk" not in path]
        findings = found(ROOT_URLCONF=__name__, MIDDLEWARE=middleware, CLERK_PROTECTED_ROUTES=["*"])
        assert sorted(findings) == ["E042", "W001"]

    def test_hint_names_what_was_meant(self, settings: Any) -> None:
        settings.CLERK_PROTECTED_ROUTES = ["publik", "shop"]
        hints = [str(message.hint) for message in check_routes()]
        assert "public" in hints[0]
        assert "shop:" in hints[1]
