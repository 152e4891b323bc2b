"""What is told of callers who are refused: one record and one signal for each, at every door, and nothing personal."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, Client, RequestFactory, override_settings
from django.urls import path, re_path
from django.views import View
from rest_framework.permissions import IsAdminUser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from django_clerk import audit, decorators, drf, mixins
from django_clerk.core.policies import Answer, Decision
from django_clerk.signals import access_denied
from tests.callers import CALLERS, as_page, sign_up
from tests.mint import bearer, mint

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

ADMIN: dict[str, Any] = {"metadata": {"role": "admin"}}
ACTING: dict[str, Any] = {"act": {"iss": "https://dashboard.clerk.com", "sub": "user_op", "type": "agent"}}


def show(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    return HttpResponse("in")


async def ashow(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    return HttpResponse("in")


def forbid(request: HttpRequest) -> HttpResponse:
    return HttpResponse(status=403)


class Page(mixins.ClerkRoleRequiredMixin, View):
    role = "admin"

    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("in")


class AsyncPage(mixins.ClerkRoleRequiredMixin, View):
    role = "admin"

    async def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("in")


class Api(APIView):
    authentication_classes = [drf.ClerkAuthentication]

    def get(self, request: Request, **kwargs: Any) -> Response:
        return Response("in")

    post = get


class Refusing(Api):
    """A view that lets callers in and refuses what they want for a reason of its own."""

    def get(self, request: Request, **kwargs: Any) -> Response:
        return Response(status=403)


role, login = decorators.clerk_role_required("admin"), decorators.clerk_login_required
admin = drf.HasClerkRole("admin")

urlpatterns = [
    path("decorator/", role(show)),
    path("async/decorator/", role(ashow)),
    path("mixin/", Page.as_view()),
    path("async/mixin/", AsyncPage.as_view()),
    path("route/", show, name="route"),
    path("async/route/", ashow, name="aroute"),
    path("route-and-decorator/", login(role(login(show))), name="both"),
    path("stacked/", login(role(login(show)))),
    path("async/stacked/", login(role(login(ashow)))),
    path("accepts/", decorators.clerk_accepts("api_key", "session_token")(role(show))),
    path("permission/", Api.as_view(permission_classes=[drf.IsClerkAuthenticated, admin])),
    path("either/", Api.as_view(permission_classes=[admin | drf.IsClerkAuthenticated])),
    path("foreign/", Api.as_view(permission_classes=[IsAdminUser | admin])),
    path("refusing/", Refusing.as_view(permission_classes=[admin | drf.IsClerkAuthenticated])),
    path("no-admin/", Api.as_view(permission_classes=[~admin])),
    path("verified/", Api.as_view(permission_classes=[drf.RequiresClerkReverification])),
    path("open/", show),
    path("own/", forbid),
    path("named/<str:email>/", role(show), name="person"),
    re_path("^(?P<anything>old/.*)$", role(show)),
]

SYNC = ["/decorator/", "/mixin/", "/route/", "/stacked/", "/route-and-decorator/", "/accepts/", "/permission/"]
ASYNC = ["/async/decorator/", "/async/mixin/", "/async/route/", "/async/stacked/"]
ROUTES = {"CLERK_ROLE_ROUTES": {"route": "admin", "aroute": ["admin"], "both": "admin"}}


@pytest.fixture
def told() -> Iterator[list[dict[str, Any]]]:
    """What the signal has told so far."""
    heard: list[dict[str, Any]] = []

    def hear(**kwargs: Any) -> None:
        heard.append(kwargs)

    access_denied.connect(hear)
    yield heard
    access_denied.disconnect(hear)


@pytest.fixture
def routes(settings: Any) -> None:
    settings.CLERK_ROLE_ROUTES = ROUTES["CLERK_ROLE_ROUTES"]


@pytest.fixture
def ada() -> Any:
    return sign_up(CALLERS["owner"])


@pytest.fixture(autouse=True)
def _talkative(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    with caplog.at_level(logging.DEBUG):
        yield


def records(caplog: pytest.LogCaptureFixture, logger: str = "django_clerk.access") -> list[Any]:
    return [record for record in caplog.records if record.name == logger]


def get(url: str, headers: dict[str, str] | None = None, **more: Any) -> Any:
    headers = {"Accept": "application/json", **(headers or {})}
    if url.startswith("/async/"):
        return async_to_sync(AsyncClient().get)(url, headers=headers, **more)
    return Client().get(url, headers=headers, **more)


@pytest.mark.usefixtures("routes")
class TestOnce:
    @pytest.mark.parametrize("url", SYNC + ASYNC)
    @pytest.mark.parametrize(
        ("headers", "status", "answer"),
        [({}, 401, "sign-in"), ({"Authorization": "Bearer x.y.z"}, 401, "sign-in"), (None, 403, "forbid")],
    )
    def test_refusal(self, ada: Any, caplog: Any, told: Any, url: str, headers: Any, status: int, answer: str) -> None:
        assert get(url, bearer() if headers is None else headers).status_code == status
        [record] = records(caplog)
        [signal] = told
        assert (record.answer, record.status) == (answer, status)
        assert record.levelname == ("WARNING" if answer == "forbid" else "INFO")
        assert record.user_id == ("user_ada" if answer == "forbid" else None)
        assert record.session_id == ("sess_1" if answer == "forbid" else None)
        assert (record.actor_id, record.method) == (None, "GET")
        assert record.route == url
        assert record.rule
        assert signal["rule"] == signal["decision"].rule == record.rule
        assert signal["decision"].answer.value == answer
        assert signal["sender"] is Decision
        assert isinstance(signal["request"], HttpRequest)

    @pytest.mark.parametrize("url", SYNC + ASYNC)
    def test_who_is_let_in_is_not_told_of(self, ada: Any, caplog: Any, told: Any, url: str) -> None:
        assert get(url, bearer(**ADMIN)).status_code == 200
        assert records(caplog) == told == []

    @pytest.mark.parametrize("url", ["/decorator/", "/async/decorator/", "/route/", "/async/route/"])
    def test_page(self, ada: Any, caplog: Any, told: Any, url: str) -> None:
        assert get(url, as_page(CALLERS["nobody"])).status_code == 302
        assert get(url, as_page(CALLERS["owner"])).status_code == 403  # by way of an exception
        assert [record.status for record in records(caplog)] == [302, 403]
        assert len(told) == 2

    @pytest.mark.parametrize(
        ("url", "rule"),
        [
            ("/decorator/", "has_role(admin)"),
            ("/mixin/", "has_role(admin)"),
            ("/route/", "CLERK_ROLE_ROUTES route: has_role(admin)"),
            ("/stacked/", "has_role(admin)"),
            ("/accepts/", "has_role(admin)"),
            ("/permission/", "has_role(admin)"),
        ],
    )
    def test_rule_that_refused(self, ada: Any, caplog: Any, url: str, rule: str) -> None:
        get(url, bearer())
        assert [record.rule for record in records(caplog)] == [rule]


class TestRestFramework:
    """A rule that refuses has not decided yet: another may let the caller in."""

    def test_one_of_two_rules(self, ada: Any, caplog: Any, told: Any) -> None:
        assert get("/either/", bearer()).status_code == 200
        assert get("/foreign/", bearer(**ADMIN)).status_code == 200
        assert records(caplog) == told == []
        assert get("/foreign/", bearer()).status_code == 403
        assert [record.rule for record in records(caplog)] == ["has_role(admin)"]

    def test_bad_credential(self, caplog: Any, told: Any) -> None:
        assert get("/permission/", {"Authorization": "Bearer x.y.z"}).status_code == 401
        assert [(record.rule, record.status) for record in records(caplog)] == [("authentication", 401)]

    def test_forged_request(self, ada: Any, caplog: Any, told: Any) -> None:
        headers = {"Accept": "application/json", "Cookie": as_page(CALLERS["owner"])["Cookie"]}
        assert Client(enforce_csrf_checks=True).post("/permission/", headers=headers).status_code == 403
        assert [(record.rule, record.method) for record in records(caplog)] == [("csrf", "POST")]

    def test_negated_rule(self, ada: Any, caplog: Any, told: Any) -> None:
        assert get("/no-admin/", bearer()).status_code == 200
        assert told == []
        assert get("/no-admin/", bearer(**ADMIN)).status_code == 403
        assert get("/no-admin/").status_code == 401
        assert [(record.rule, record.answer) for record in records(caplog)] == [
            ("~HasClerkRole", "forbid"),
            ("signed_in", "sign-in"),
        ]

    def test_reverification(self, ada: Any, caplog: Any) -> None:
        assert get("/verified/", bearer(fva=[99, -1])).status_code == 403
        assert [(record.answer, record.levelname) for record in records(caplog)] == [("reverify", "INFO")]

    def test_keys_unavailable(self, caplog: Any) -> None:
        with override_settings(CLERK_JWT_KEY=None):
            assert get("/permission/", bearer()).status_code == 503
        assert [(record.answer, record.status) for record in records(caplog)] == [("unavailable", 503)]


class TestWhatIsNotADecision:
    @pytest.mark.parametrize("url", ["/open/", "/own/", "/refusing/", "/nowhere/"])
    def test_is_not_told(self, ada: Any, caplog: Any, told: Any, url: str) -> None:
        get(url, bearer())
        get(url)
        refused = [record for record in records(caplog) if record.user_id is not None]
        assert refused == []


class TestNothingPersonal:
    @pytest.mark.parametrize(
        "url", ["/named/ada@example.com/?token=secret&email=ada%40example.com", "/old/ada@example.com"]
    )
    @pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer secret"}, None])
    def test_in_the_log(self, ada: Any, caplog: Any, url: str, headers: Any) -> None:
        token = mint(email="ada@example.com", name="Ada")
        get(url, {"Authorization": f"Bearer {token}"} if headers is None else headers, REMOTE_ADDR="203.0.113.9")
        [record] = records(caplog)
        said = f"{record.getMessage()} {vars(record)}"
        for secret in ("example.com", "secret", token, "203.0.113.9", "/old/ada", "Ada"):
            assert secret not in said
        assert record.route in ("/named/<str:email>/", "/^(?P<anything>old/.*)$")

    @pytest.mark.parametrize("sub", ["user_ada\nINFO fake", "ada@example.com", "x" * 300, "", 7, None])
    def test_ids_of_another_form(self, ada: Any, caplog: Any, sub: Any) -> None:
        get("/decorator/", bearer(act={"sub": sub}))
        [record] = records(caplog)
        assert (record.user_id, record.actor_id) == ("user_ada", None)

    def test_methods_of_another_form(self, caplog: Any) -> None:
        request = RequestFactory().generic("GET\nfake", "/")
        audit.denied(request, Decision(Answer.SIGN_IN, "rule"))
        [record] = records(caplog)
        assert (record.method, record.route, record.view, record.status) == (None, None, None, 401)


class TestReceivers:
    @pytest.mark.parametrize("url", SYNC + ASYNC)
    def test_one_that_raises_opens_nothing(self, ada: Any, caplog: Any, told: Any, url: str) -> None:
        def fail(**kwargs: Any) -> None:
            raise RuntimeError("no disk")

        async def afail(**kwargs: Any) -> None:
            raise RuntimeError("no disk")

        for receiver in (fail, afail):
            access_denied.connect(receiver)
        try:
            with override_settings(**ROUTES):
                assert get(url, bearer()).status_code == 403
        finally:
            for receiver in (fail, afail):
                access_denied.disconnect(receiver)
        assert len(told) == len(records(caplog)) == 1
        assert len(records(caplog, "django.dispatch")) == 2

    @pytest.mark.parametrize("url", ["/decorator/", "/async/decorator/", "/async/route/"])
    def test_one_that_asks_the_database(self, ada: Any, url: str) -> None:
        users = []

        def look(request: HttpRequest, **kwargs: Any) -> None:
            users.append(request.user.get_username())
            users.append(type(ada)._default_manager.count())

        access_denied.connect(look)
        try:
            with override_settings(**ROUTES):
                assert get(url, bearer()).status_code == 403
        finally:
            access_denied.disconnect(look)
        assert users == [ada.get_username(), 1]


class TestWithoutTheMiddleware:
    def test_a_guard_tells_all_the_same(self, caplog: Any, told: Any) -> None:
        request = RequestFactory().get("/", headers={"Accept": "*/*"})
        request.user = AnonymousUser()
        assert role(show)(request).status_code == 401
        assert len(records(caplog)) == len(told) == 1


class TestWhoReallyActs:
    @pytest.mark.parametrize("url", ["/decorator/", "/async/decorator/", "/permission/"])
    def test_is_in_the_log(self, ada: Any, caplog: Any, url: str) -> None:
        assert get(url, bearer(**ADMIN, **ACTING)).status_code == 200
        [record] = records(caplog, "django_clerk.impersonation")
        assert record.getMessage() == f"user_op acts as user_ada at {url}"
        assert (record.actor_id, record.user_id, record.status) == ("user_op", "user_ada", 200)
        assert records(caplog) == []

    def test_is_in_the_log_of_refusals(self, ada: Any, caplog: Any) -> None:
        assert get("/decorator/", bearer(**ACTING)).status_code == 403
        assert [record.actor_id for record in records(caplog)] == ["user_op"]

    def test_nobody_else_is(self, ada: Any, caplog: Any) -> None:
        get("/decorator/", bearer(**ADMIN))
        get("/open/", bearer(**ACTING))  # where nobody has asked who it is
        assert records(caplog, "django_clerk.impersonation") == []
