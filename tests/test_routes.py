"""The route policy before a view: who passes, how the others are answered, and what it leaves alone."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
from asgiref.sync import async_to_sync, iscoroutinefunction
from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, Client
from django.urls import include, path, re_path, set_script_prefix
from django.utils.decorators import method_decorator
from django.views import View
from django.views.static import serve
from rest_framework.authentication import TokenAuthentication
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

from django_clerk import decorators, drf
from django_clerk.core.machines import TokenType
from django_clerk.emulator.guards import local_only
from django_clerk.middleware import ClerkMiddleware
from django_clerk.wiring import forget
from tests.asynchronous import in_this_thread
from tests.callers import CALLERS, as_api, as_page, sign_up
from tests.machines import OPAQUE, clerk_on_loopback, m2m_jwt
from tests.mint import bearer, organization
from tests.settings import MIDDLEWARE

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

ADMIN: dict[str, Any] = {"metadata": {"role": "admin"}}


def show(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    return HttpResponse("in")


async def ashow(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    return HttpResponse("in")


class Page(View):
    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return HttpResponse("in")

    post = get


class AsyncPage(View):
    async def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return HttpResponse("in")


@method_decorator(decorators.clerk_public, name="dispatch")
class PublicPage(Page):
    pass


class Api(APIView):
    """A view that would let in everybody."""

    authentication_classes = [drf.ClerkAuthentication]
    permission_classes = [AllowAny]

    def get(self, request: Request, **kwargs: Any) -> Response:
        return Response("in")

    post = get


class WithMachines(drf.ClerkAuthentication):
    accepts: tuple[TokenType, ...] = ("session_token", "api_key", "m2m_token")


class Pending(drf.ClerkAuthentication):
    allow_pending = True


class PendingReads(Api):
    """Lets whoever has unfinished tasks look, and nothing else."""

    authentication_classes = [Pending]
    permission_classes = [drf.IsClerkAuthenticated]

    def get_authenticators(self) -> list[Any]:
        return [Pending() if self.request.method == "GET" else drf.ClerkAuthentication()]


class Set(ViewSet):
    authentication_classes = [drf.ClerkAuthentication]
    permission_classes = [AllowAny]

    def list(self, request: Request) -> Response:
        return Response("in")


machines = decorators.clerk_accepts("api_key", "m2m_token")

inner = ([path("page/", show, name="page"), path("open/", show, name="open")], "shop")
elsewhere = ModuleType("elsewhere")
elsewhere.urlpatterns = [path("page/", show, name="elsewhere"), path("free/", show, name="free")]  # type: ignore[attr-defined]

urlpatterns = [
    path("page/", show, name="page"),
    path("async/page/", ashow, name="apage"),
    path("class/", Page.as_view(), name="class"),
    path("async/class/", AsyncPage.as_view(), name="aclass"),
    path("api/", Api.as_view(), name="api"),
    path("api/machines/", Api.as_view(authentication_classes=[WithMachines]), name="api-machines"),
    path("api/pending/", Api.as_view(authentication_classes=[Pending]), name="api-pending"),
    path("api/pending/reading/", PendingReads.as_view(), name="api-pending-reading"),
    path("api/token/", Api.as_view(authentication_classes=[TokenAuthentication]), name="api-token"),
    path("api/none/", Api.as_view(authentication_classes=[]), name="api-none"),
    path("api/set/", Set.as_view({"get": "list"}), name="api-set"),
    path("machines/", machines(show), name="machines"),
    path("async/machines/", machines(ashow), name="amachines"),
    path("pending/", decorators.clerk_pending_allowed(show), name="pending"),
    path("sign-in/", show, name="sign-in"),
    path("sign-in/factor/", show, name="factor"),
    path("zutritt/für/alle/", show, name="zutritt"),
    re_path(r"^(?P<path>sign-in/*)$", show, name="another-view"),
    path("public/", decorators.clerk_public(show), name="public"),
    path("public/class/", PublicPage.as_view(), name="public-class"),
    path("open/", login_not_required(lambda request: HttpResponse("in")), name="open"),
    path("local/", local_only(lambda request: HttpResponse("in")), name="local"),
    path("shop/", include(inner)),
    path("other-shop/", include(inner, namespace="other")),
    path("webhooks/clerk/", include("django_clerk.webhooks.urls")),
    path("admin/", admin.site.urls),
    re_path(r"^archive/(?P<year>[0-9]{4})/$", show, name="archive"),
    re_path(r"^media/(?P<path>.*)$", serve, {"document_root": "/nowhere"}),
    *i18n_patterns(path("translated/", show, name="translated")),
    path("unnamed/", show),
]

EVERYWHERE = ["/page/", "/async/page/", "/class/", "/async/class/", "/api/", "/api/set/", "/shop/page/",
              "/archive/2026/", "/media/x", "/en-us/translated/", "/unnamed/", "/api/none/", "/api/token/"]  # fmt: skip


@pytest.fixture(autouse=True)
def ada() -> Any:
    return sign_up(CALLERS["owner"])


@pytest.fixture
def closed(settings: Any) -> Any:
    """A project in which everything is protected."""
    settings.CLERK_PROTECTED_ROUTES = ["*"]
    return settings


def get(url: str, headers: dict[str, str] | None = None, method: str = "get", **more: Any) -> Any:
    headers = {"Accept": "application/json", **(headers or {})}
    if url.startswith("/async/"):
        return async_to_sync(getattr(AsyncClient(), method))(url, headers=headers, **more)
    return getattr(Client(), method)(url, headers=headers, **more)


class TestNothingSaid:
    @pytest.mark.parametrize("url", EVERYWHERE)
    def test_nothing_is_asked(self, url: str, django_assert_num_queries: Any) -> None:
        with django_assert_num_queries(0):
            response = get(url)
        assert response.status_code == (404 if "media" in url else 200)
        assert "Authorization" not in response.get("Vary", "") or url.startswith("/api/")


class TestEverythingProtected:
    @pytest.mark.parametrize("url", EVERYWHERE)
    @pytest.mark.parametrize("caller", ["nobody", "forged", "pending", "banned", "inactive", "tombstoned"])
    def test_strangers(self, closed: Any, url: str, caller: str) -> None:
        who = CALLERS[caller]
        if caller in ("banned", "inactive", "tombstoned"):
            sign_up(who, "eve")
            who = type(who)(claims={**who.claims, "sub": "user_eve"})
        response = get(url, as_api(who))
        assert (response.status_code, response["WWW-Authenticate"]) == (401, "Bearer")
        assert list(response.json()) == ["detail"]
        assert "private" in response["Cache-Control"]

    @pytest.mark.parametrize("url", EVERYWHERE)
    def test_browser_of_a_stranger(self, closed: Any, url: str) -> None:
        response = get(url, as_page(CALLERS["nobody"]))
        if url.startswith("/api/"):
            assert (response.status_code, response["WWW-Authenticate"]) == (401, "Bearer")
        else:
            assert response.status_code == 302
            assert response["Location"].startswith("https://accounts.example.com/sign-in?redirect_url=")

    @pytest.mark.parametrize("url", EVERYWHERE)
    def test_user(self, closed: Any, url: str) -> None:
        for headers in (as_api(CALLERS["owner"]), as_page(CALLERS["owner"])):
            response = get(url, headers)
            # What the view itself has against it: a file that there is not.
            assert response.status_code == (404 if "media" in url else 200)
            assert "private" in response["Cache-Control"]

    @pytest.mark.parametrize("method", ["head", "options", "post", "put", "patch", "delete", "trace"])
    @pytest.mark.parametrize("url", ["/page/", "/class/", "/api/", "/async/class/"])
    def test_methods(self, closed: Any, url: str, method: str) -> None:
        assert get(url, method=method).status_code == 401

    def test_what_is_not_there_is_not_found(self, closed: Any) -> None:
        for url in ("/nowhere/", "/shop/nowhere/", "/archive/20/", "/async/nowhere/"):
            for headers in ({}, as_page(CALLERS["nobody"]), bearer()):
                assert get(url, headers).status_code == 404

    def test_slash_that_is_missing(self, closed: Any) -> None:
        response = get("/page")
        assert (response.status_code, response["Location"]) == (301, "/page/")
        assert get(response["Location"]).status_code == 401

    def test_keys_unavailable(self, closed: Any) -> None:
        closed.CLERK_JWT_KEY = None
        assert get("/page/", bearer()).status_code == get("/async/page/", bearer()).status_code == 503

    def test_password_is_no_identity_of_clerk_s(self, closed: Any) -> None:
        user = sign_up(CALLERS["superuser"], "root")
        headers = as_page(CALLERS["superuser"], user)
        assert get("/admin/", headers).status_code == 302
        closed.CLERK_PUBLIC_ROUTES = ["admin:"]
        assert get("/admin/", headers).status_code == 200
        assert get("/admin/")["Location"].startswith("/admin/login/")


class TestNeverLockedOut:
    @pytest.mark.parametrize(
        "policy", [{"CLERK_PROTECTED_ROUTES": ["*"]}, {"CLERK_ROLE_ROUTES": {"*": "admin"}}], ids=["protected", "role"]
    )
    @pytest.mark.parametrize("login_required", [False, True])
    def test_public_views(self, settings: Any, policy: dict[str, Any], login_required: bool) -> None:
        for name, value in policy.items():
            setattr(settings, name, value)
        if login_required:
            settings.MIDDLEWARE = [*MIDDLEWARE, "django.contrib.auth.middleware.LoginRequiredMiddleware"]
        assert get("/webhooks/clerk/", method="post").status_code == 400
        for url in ("/public/", "/public/class/"):
            assert get(url).status_code == 200
        with pytest.raises(ImproperlyConfigured, match="local Clerk is not switched on"):  # which the view itself says
            get("/local/")

    @pytest.mark.parametrize(
        "page", ["/sign-in/", "/sign-in", "sign-in", "http://testserver/sign-in/", "/sign-in/?theme=dark#form"]
    )
    @pytest.mark.parametrize(
        "policy", [{"CLERK_PROTECTED_ROUTES": ["*"]}, {"CLERK_ROLE_ROUTES": {"*": "admin"}}], ids=["protected", "role"]
    )
    def test_sign_in_page(self, settings: Any, page: str, policy: dict[str, Any], caplog: Any) -> None:
        for name, value in {**policy, "CLERK_SIGN_IN_URL": page}.items():
            setattr(settings, name, value)
        assert get("/sign-in/", as_page(CALLERS["nobody"])).status_code == 200
        assert get("/sign-in/", bearer()).status_code == 200
        assert [record for record in caplog.records if record.name == "django_clerk.access"] == []
        for url in ("/sign-in/factor/", "/page/", "/"):
            assert get(url, as_page(CALLERS["nobody"])).status_code in (302, 404)

    def test_sign_in_page_with_letters_that_a_url_quotes(self, closed: Any) -> None:
        closed.CLERK_SIGN_IN_URL = "zutritt"
        assert get("/zutritt/für/alle/", as_page(CALLERS["nobody"])).status_code == 200

    @pytest.mark.parametrize("page", ["/sign-in/", "sign-in"])
    def test_no_other_spelling_of_the_sign_in_page(self, closed: Any, page: str) -> None:
        closed.CLERK_SIGN_IN_URL = page
        for url in ("/sign-in", "/sign-in//", "/sign-in/////"):
            response = get(url, as_page(CALLERS["nobody"]))
            assert (response.status_code, response.resolver_match.view_name) == (302, "another-view")

    def test_sign_in_page_of_another_site(self, closed: Any) -> None:
        for page in ("https://example.org/sign-in/", "https://example.org", "/"):
            closed.CLERK_SIGN_IN_URL = page
            assert get("/sign-in/").status_code == 401

    def test_sign_in_page_of_django(self, closed: Any) -> None:
        assert get("/admin/login/", as_page(CALLERS["nobody"])).status_code == 200


class TestDecoratorsOnTheView:
    def test_login_not_required(self, settings: Any) -> None:
        for lists, status in (
            ({"CLERK_PROTECTED_ROUTES": ["*"]}, 200),
            ({"CLERK_PROTECTED_ROUTES": ["/open/"]}, 200),
            ({"CLERK_PROTECTED_ROUTES": ["open"]}, 401),
            ({"CLERK_PROTECTED_ROUTES": [], "CLERK_ROLE_ROUTES": {"*": "admin"}}, 401),
        ):
            for name, value in lists.items():  # type: ignore[attr-defined]
                setattr(settings, name, value)
            assert get("/open/").status_code == status

    def test_public_route_does_not_open_a_guarded_view(self, settings: Any) -> None:
        settings.CLERK_PUBLIC_ROUTES = ["*"]
        assert get("/machines/").status_code == 401
        assert decorators.clerk_login_required(decorators.clerk_public(show)).clerk_public is True  # type: ignore[attr-defined]

    def test_pending_sessions_where_some_methods_accept_them(self, settings: Any) -> None:
        for policy in ([], ["*"]):
            settings.CLERK_PROTECTED_ROUTES = policy
            for method, status in (("get", 200), ("post", 401)):
                assert get("/api/pending/reading/", bearer(sts="pending"), method).status_code == status

    def test_pending_sessions(self, closed: Any) -> None:
        for url, status in (("/pending/", 200), ("/api/pending/", 200), ("/page/", 401), ("/api/", 401)):
            assert get(url, bearer(sts="pending")).status_code == status
            assert get(url).status_code == 401

    def test_class_needs_method_decorator(self) -> None:
        with pytest.raises(TypeError, match="method_decorator"):
            decorators.clerk_public(Page)


class TestMachines:
    @pytest.mark.parametrize("url", ["/machines/", "/async/machines/", "/api/machines/"])
    def test_pass_where_the_view_accepts_them(self, closed: Any, monkeypatch: Any, url: str) -> None:
        with clerk_on_loopback(closed, monkeypatch) as clerk:
            for token in (OPAQUE["api_key"], OPAQUE["m2m_token"], m2m_jwt()):
                assert get(url, bearer(token=token)).status_code == 200
            assert len(clerk.received) == 2  # one question each, though the policy and the view both want to know
            for token in ("ak_unknown", OPAQUE["oauth_token"], "mt_unknown"):
                response = get(url, bearer(token=token))
                assert (response.status_code, response["WWW-Authenticate"]) == (401, "Bearer")

    @pytest.mark.parametrize("url", ["/page/", "/async/page/", "/api/", "/api/token/", "/api/none/"])
    def test_do_not_pass_elsewhere(self, closed: Any, monkeypatch: Any, url: str) -> None:
        with clerk_on_loopback(closed, monkeypatch) as clerk:
            for token in (*OPAQUE.values(), m2m_jwt()):
                assert get(url, bearer(token=token)).status_code == 401
            assert clerk.received == []

    @pytest.mark.parametrize("url", ["/machines/", "/async/machines/", "/api/machines/"])
    def test_have_no_role(self, settings: Any, monkeypatch: Any, url: str) -> None:
        settings.CLERK_ROLE_ROUTES = {"*": "admin"}
        with clerk_on_loopback(settings, monkeypatch):
            assert get(url, bearer(token=OPAQUE["api_key"])).status_code == 403
            assert get(url, bearer(token=OPAQUE["m2m_token"])).status_code == 403


class TestRoles:
    @pytest.mark.parametrize("url", ["/page/", "/async/page/", "/class/", "/api/"])
    def test_held_and_not(self, settings: Any, url: str) -> None:
        names = ["page", "apage", "class", "api"]
        settings.CLERK_ROLE_ROUTES = {name: ["admin", "org:admin"] for name in names}
        assert get(url, bearer(**ADMIN)).status_code == 200
        assert get(url, bearer(o=organization("admin"))).status_code == 200
        assert get(url, bearer()).status_code == 403
        assert get(url, bearer(act={"sub": "user_op", **ADMIN})).status_code == 403
        assert get(url).status_code == 401

    def test_page_for_who_lacks_it(self, settings: Any) -> None:
        settings.CLERK_ROLE_ROUTES = {"page": "admin"}
        assert b"403 Forbidden" in get("/page/", as_page(CALLERS["owner"])).content
        settings.CLERK_UNAUTHORIZED_URL = "/no-entry/"
        assert get("/page/", as_page(CALLERS["owner"]))["Location"] == "/no-entry/"

    def test_from_the_environment(self, monkeypatch: Any) -> None:
        monkeypatch.setenv("CLERK_ROLE_ROUTES", '{"page": "admin", "shop:": ["admin", "clerk"]}')
        monkeypatch.setenv("CLERK_PROTECTED_ROUTES", "class, /archive/.*")
        monkeypatch.setenv("CLERK_PUBLIC_ROUTES", "")
        forget(setting="CLERK_ROLE_ROUTES")
        try:
            for url, status in (("/page/", 403), ("/shop/page/", 403), ("/class/", 200), ("/unnamed/", 200)):
                assert get(url, bearer()).status_code == status
            assert get("/archive/2026/").status_code == 401
        finally:
            monkeypatch.undo()
            forget(setting="CLERK_ROLE_ROUTES")


class TestWhatIsMatched:
    @pytest.mark.parametrize(
        ("pattern", "kept"),
        [
            ("page", ["/page/"]),
            ("shop:", ["/shop/page/", "/shop/open/"]),
            ("other:", ["/other-shop/page/", "/other-shop/open/"]),
            ("shop:page", ["/shop/page/"]),
            ("/shop/.*", ["/shop/page/", "/shop/open/"]),
            ("/[a-z-]*shop/page/", ["/shop/page/", "/other-shop/page/"]),
            ("/unnamed/", ["/unnamed/"]),
            ("archive", ["/archive/2026/", "/archive/2027/"]),
            ("/archive/2026/", ["/archive/2026/"]),
            ("translated", ["/en-us/translated/"]),
            ("/en-us/.*", ["/en-us/translated/"]),
        ],
    )
    def test_and_nothing_else(self, settings: Any, pattern: str, kept: list[str]) -> None:
        settings.CLERK_PROTECTED_ROUTES = [pattern]
        urls = ["/page/", "/class/", "/shop/page/", "/shop/open/", "/other-shop/page/", "/other-shop/open/",
                "/unnamed/", "/archive/2026/", "/archive/2027/", "/en-us/translated/"]  # fmt: skip
        assert [url for url in urls if get(url).status_code == 401] == kept

    def test_path_is_without_the_script_name(self, settings: Any) -> None:
        settings.CLERK_PROTECTED_ROUTES = ["/page/"]
        try:
            assert Client().get("/page/", SCRIPT_NAME="/prefix").status_code == 302
            assert Client().get("/class/", SCRIPT_NAME="/page").status_code == 200
        finally:
            set_script_prefix("/")

    def test_every_language(self, settings: Any) -> None:
        settings.LANGUAGES = [("en-us", "English"), ("de", "Deutsch")]
        settings.MIDDLEWARE = [MIDDLEWARE[0], "django.middleware.locale.LocaleMiddleware", *MIDDLEWARE[1:]]
        settings.CLERK_PROTECTED_ROUTES = ["translated"]
        for url in ("/en-us/translated/", "/de/translated/"):
            assert get(url).status_code == 401
            assert get(url, bearer()).status_code == 200

    @pytest.mark.parametrize("asynchronous", [False, True])
    def test_urlconf_of_the_request(self, settings: Any, asynchronous: bool) -> None:
        settings.MIDDLEWARE = [f"{__name__}.other_urlconf", *MIDDLEWARE]
        settings.CLERK_PROTECTED_ROUTES = ["elsewhere"]
        headers = {"X-Elsewhere": "1", "Accept": "application/json"}
        knock = async_to_sync(AsyncClient().get) if asynchronous else Client().get
        assert knock("/page/", headers=headers).status_code == 401
        assert knock("/page/", headers={**headers, **bearer()}).status_code == 200
        assert knock("/free/", headers=headers).status_code == 200


def other_urlconf(get_response: Any) -> Any:
    def middleware(request: HttpRequest) -> HttpResponse:
        if request.headers.get("X-Elsewhere"):
            request.urlconf = elsewhere  # type: ignore[assignment]
        return get_response(request)  # type: ignore[no-any-return]

    return middleware


class TestCookieAtAnApi:
    """REST framework's views are exempt from Django's CSRF check, and this one has no authentication class to check."""

    @pytest.mark.parametrize("url", ["/api/none/", "/api/token/", "/api/"])
    def test_forged(self, closed: Any, url: str) -> None:
        headers = {"Accept": "application/json", "Cookie": as_page(CALLERS["owner"])["Cookie"]}
        assert Client(enforce_csrf_checks=True).post(url, headers=headers).status_code == 403
        assert Client(enforce_csrf_checks=True).get(url, headers=headers).status_code == 200
        assert Client(enforce_csrf_checks=True).post(url, headers=bearer()).status_code == 200


class TestBadSettings:
    """Whatever cannot be read keeps everybody out."""

    @pytest.mark.parametrize(
        "bad",
        [
            {"CLERK_PROTECTED_ROUTES": ["/("]},
            {"CLERK_PROTECTED_ROUTES": ["page", "^/x"]},
            {"CLERK_PROTECTED_ROUTES": [1]},
            {"CLERK_PROTECTED_ROUTES": {"page": "admin"}.items()},
            {"CLERK_PROTECTED_ROUTES": 5},
            {"CLERK_PUBLIC_ROUTES": ["a b"]},
            {"CLERK_ROLE_ROUTES": ["page"]},
            {"CLERK_ROLE_ROUTES": {"page": []}},
            {"CLERK_ROLE_ROUTES": {"page": ""}},
            {"CLERK_ROLE_ROUTES": {"page": None}},
            {"CLERK_ROLE_ROUTES": {"page": [1]}},
            {"CLERK_ROLE_ROUTES": {"": "admin"}},
            {"CLERK_ROLE_ROUTES": "page: admin"},
            # No URL has the name, so what was meant stands open.
            {"CLERK_PROTECTED_ROUTES": ["pgae"]},
            {"CLERK_PROTECTED_ROUTES": ["shops:"]},
            {"CLERK_ROLE_ROUTES": {"shop:pgae": "admin"}},
        ],
    )
    @pytest.mark.parametrize("url", ["/page/", "/async/page/", "/api/"])
    def test_fail_closed(self, settings: Any, url: str, bad: dict[str, Any]) -> None:
        for name, value in bad.items():
            setattr(settings, name, value)
        for headers in ({}, bearer(**ADMIN)):
            with pytest.raises(ImproperlyConfigured, match="CLERK_"):
                get(url, headers)

    def test_unknown_public_name_closes_nothing_and_opens_nothing(self, closed: Any) -> None:
        closed.CLERK_PUBLIC_ROUTES = ["pgae"]
        assert get("/page/").status_code == 401
        assert get("/page/", bearer()).status_code == 200

    def test_unknown_name_of_which_one_knows(self, settings: Any) -> None:
        settings.CLERK_PROTECTED_ROUTES = ["page", "of-a-third-urlconf"]
        settings.SILENCED_SYSTEM_CHECKS = ["django_clerk.E041"]
        assert get("/page/").status_code == 401
        assert get("/class/").status_code == 200


class TestCost:
    @in_this_thread
    async def test_async_view_is_not_left_for_a_thread(self) -> None:
        """The policy of an async stack is a coroutine function: Django would call any other in a thread."""
        assert iscoroutinefunction(ClerkMiddleware(ashow).process_view)
        assert not iscoroutinefunction(ClerkMiddleware(show).process_view)

    def test_one_query_for_the_user(self, closed: Any, django_assert_num_queries: Any) -> None:
        for url in ("/page/", "/api/"):
            with django_assert_num_queries(1):
                get(url, bearer())
            with django_assert_num_queries(0):
                get(url)
