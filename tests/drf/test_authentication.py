"""ClerkAuthentication: whom it lets in by header and by cookie, beside other classes, and in which words it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client, RequestFactory, override_settings
from django.urls import path
from django.views.decorators.cache import cache_page
from rest_framework.authentication import BasicAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import AllowAny, IsAdminUser, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from django_clerk.core.auth import Auth
from django_clerk.drf import ClerkAuthentication, HasClerkRole, IsClerkAuthenticated
from tests.callers import CALLERS, as_page, sign_up
from tests.mint import bearer, mint
from tests.testapp.people import create_user

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


class Whoami(APIView):
    def get(self, request: Request) -> Response:
        auth = request.auth
        return Response({"user": request.user.pk, "clerk_id": auth.user_id if isinstance(auth, Auth) else None})

    post = get


class Everywhere(APIView):
    authentication_classes = [ClerkAuthentication]
    permission_classes = [IsClerkAuthenticated]

    def get(self, request: Request) -> Response:
        below: Any = request._request
        ids = [request.auth.user_id, below.clerk.user_id]
        return Response({"clerk_ids": ids, "users": [request.user.pk, below.user.pk]})


class MachinesOnly(ClerkAuthentication):
    accepts = ("api_key",)


def whoami(permission: Any, *authentication: Any) -> Any:
    return Whoami.as_view(permission_classes=[permission], authentication_classes=authentication)


urlpatterns = [
    path("everywhere/", Everywhere.as_view()),
    path("cached/", cache_page(60)(whoami(IsClerkAuthenticated, ClerkAuthentication))),
    path("open/", whoami(AllowAny, ClerkAuthentication)),
    path("closed/", whoami(IsAuthenticated, ClerkAuthentication)),
    path("clerk/", whoami(IsClerkAuthenticated, ClerkAuthentication)),
    path("admins/", whoami(HasClerkRole("admin"), ClerkAuthentication)),
    path("clerk-or-session/", whoami(IsClerkAuthenticated, ClerkAuthentication, SessionAuthentication)),
    path("session-or-clerk/", whoami(IsClerkAuthenticated, SessionAuthentication, ClerkAuthentication)),
    path("session/", whoami(IsClerkAuthenticated, SessionAuthentication)),
    path("basic/", whoami(IsClerkAuthenticated, BasicAuthentication)),
    path("none/", whoami(IsClerkAuthenticated)),
    path("basic-or-clerk/", whoami(IsClerkAuthenticated, BasicAuthentication, ClerkAuthentication)),
    path("machines-or-session/", whoami(IsAuthenticated, MachinesOnly, SessionAuthentication)),
    path("staff/", whoami(IsAdminUser | IsClerkAuthenticated, ClerkAuthentication, SessionAuthentication)),
]

#: Claims that make a token worthless, or what is none.
BAD: list[dict[str, Any]] = [
    {"token": "x"},
    {"token": "a.b.c"},
    {"exp": 1},
    {"azp": "https://evil.example"},
    {"sts": "pending"},
]
COOKIE_URLS = ["/closed/", "/clerk/", "/clerk-or-session/", "/session-or-clerk/", "/session/"]


@pytest.fixture
def ada() -> Any:
    return sign_up(CALLERS["owner"])


def cookie(*, token: str | None = None, **claims: Any) -> dict[str, str]:
    return {"Cookie": f"__session={token or mint(**claims)}; __client_uat=1"}


@pytest.mark.parametrize("url", ["/open/", "/closed/", "/clerk/"])
@pytest.mark.parametrize("carry", [bearer, cookie])
@pytest.mark.parametrize("without", [(), ("middleware",)])
def test_lets_in_by_header_and_by_cookie(ada: Any, settings: Any, url: str, carry: Any, without: Any) -> None:
    settings.MIDDLEWARE = [] if without else settings.MIDDLEWARE
    assert Client().get(url, headers=carry()).json() == {"user": ada.pk, "clerk_id": "user_ada"}


def test_response_varies_with_the_caller_also_in_a_cache_around_the_view(ada: Any, settings: Any) -> None:
    settings.MIDDLEWARE = []
    cache.clear()
    assert Client().get("/cached/", headers=bearer()).json()["user"] == ada.pk
    response = Client().get("/cached/")
    assert (response.status_code, response["Vary"]) == (401, "Accept, Authorization, Cookie")


def test_synced_role_counts_without_the_middleware(settings: Any) -> None:
    settings.MIDDLEWARE = []
    sign_up(CALLERS["synced-admin"])
    assert Client().get("/admins/", headers=bearer()).status_code == 200


def test_everybody_sees_the_same_caller(ada: Any) -> None:
    seen = Client().get("/everywhere/", headers=bearer()).json()
    assert seen == {"clerk_ids": ["user_ada", "user_ada"], "users": [ada.pk, ada.pk]}


@pytest.mark.parametrize("url", ["/open/", "/closed/", "/clerk/"])
@pytest.mark.parametrize("bad", BAD)
def test_bad_header_is_401_everywhere_and_says_nothing(ada: Any, url: str, bad: dict[str, Any]) -> None:
    response = Client().get(url, headers={**bearer(**bad), **cookie()})
    assert (response.status_code, response["WWW-Authenticate"]) == (401, "Bearer")
    assert response.json() == {"detail": "Sign in, and send a valid session token."}


@pytest.mark.parametrize("url", ["/clerk-or-session/", "/session-or-clerk/", "/basic-or-clerk/"])
@pytest.mark.parametrize("bad", BAD)
def test_bad_header_is_401_wherever_the_class_stands(ada: Any, url: str, bad: dict[str, Any]) -> None:
    for method in ("get", "post"):
        response = getattr(Client(enforce_csrf_checks=True), method)(url, headers={**bearer(**bad), **cookie()})
        assert (response.status_code, response["WWW-Authenticate"]) == (401, "Bearer")
        assert response.json() == {"detail": "Sign in, and send a valid session token."}


def test_refusal_is_what_handlers_of_rest_framework_know() -> None:
    request = Request(RequestFactory().get("/", headers=bearer(token="x")))
    with pytest.raises(AuthenticationFailed) as caught:
        ClerkAuthentication().authenticate(request)
    assert caught.value.get_codes() == "authentication_failed"


@pytest.mark.parametrize(
    ("url", "status", "challenge"),
    [("/clerk/", 401, "Bearer"), ("/clerk-or-session/", 401, "Bearer"), ("/session-or-clerk/", 403, None),
     ("/basic-or-clerk/", 401, 'Basic realm="api"')],
)  # fmt: skip
def test_who_sends_nothing_is_asked_by_the_first_class(url: str, status: int, challenge: str | None) -> None:
    response = Client().get(url)
    assert (response.status_code, response.get("WWW-Authenticate")) == (status, challenge)


@pytest.mark.parametrize("bad", BAD)
def test_bad_cookie_is_nobody(ada: Any, bad: dict[str, Any]) -> None:
    assert Client().get("/open/", headers=cookie(**bad)).json() == {"user": None, "clerk_id": None}
    response = Client().get("/clerk/", headers=cookie(**bad))
    assert (response.status_code, response["WWW-Authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize("name", ["banned", "inactive", "tombstoned"])
@pytest.mark.parametrize("url", ["/closed/", "/clerk/", "/session-or-clerk/", "/staff/"])
def test_users_who_are_shut_out_are_nobody(name: str, url: str) -> None:
    sign_up(CALLERS[name])
    for headers in (bearer(), cookie()):
        assert Client().get(url, headers=headers).status_code in (401, 403)
    assert Client().get("/open/", headers=cookie()).json()["user"] is None


class TestCSRF:
    """A cookie travels by itself; a header never does."""

    @pytest.mark.parametrize("url", ["/open/", *COOKIE_URLS])
    @pytest.mark.parametrize("without", [(), ("clerk", "csrf")])
    def test_cookie_needs_a_csrf_token(self, ada: Any, settings: Any, url: str, without: tuple[str, ...]) -> None:
        settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if not any(word in name for word in without)]
        response = Client(enforce_csrf_checks=True).post(url, headers=cookie())
        assert response.status_code == 403
        assert without or "CSRF" in response.json()["detail"]

    @pytest.mark.parametrize("url", COOKIE_URLS)
    def test_cookie_with_a_csrf_token(self, ada: Any, url: str) -> None:
        token = "a" * 32
        headers = {"Cookie": f"{cookie()['Cookie']}; csrftoken={token}", "X-CSRFToken": token}
        assert Client(enforce_csrf_checks=True).post(url, headers=headers).status_code == 200

    @pytest.mark.parametrize("url", COOKIE_URLS)
    def test_header_needs_none(self, ada: Any, url: str) -> None:
        assert Client(enforce_csrf_checks=True).post(url, headers={**bearer(), **cookie()}).status_code == 200

    @pytest.mark.parametrize("authorization", ["Basic YTpi", "Token abc", "bearer", "Bearer", "Digest x"])
    def test_header_of_another_scheme_is_no_reason_to_skip(self, ada: Any, authorization: str) -> None:
        headers = {**cookie(), "Authorization": authorization}
        assert Client(enforce_csrf_checks=True).post("/closed/", headers=headers).status_code in (401, 403)

    @pytest.mark.parametrize("url", ["/basic/", "/none/"])
    @pytest.mark.parametrize("method", ["get", "post"])
    def test_view_that_checks_no_cookie_lets_none_in(self, ada: Any, url: str, method: str) -> None:
        for headers in (cookie(), bearer()):
            assert getattr(Client(enforce_csrf_checks=True), method)(url, headers=headers).status_code in (401, 403)


class TestBesideOtherClasses:
    def test_session_authentication_passes_on_the_user_of_clerk(self, ada: Any) -> None:
        for url in ("/clerk-or-session/", "/session-or-clerk/", "/session/"):
            assert Client().get(url, headers=cookie()).json()["user"] == ada.pk, url

    def test_password_session_is_not_of_clerk(self, ada: Any) -> None:
        boss = sign_up(CALLERS["superuser"], "boss")
        headers = as_page(CALLERS["superuser"], boss) | {"Accept": "application/json"}
        for url in ("/clerk-or-session/", "/session-or-clerk/", "/session/"):
            assert Client().get(url, headers=headers).status_code == 403, url
        assert Client().get("/staff/", headers=headers).json() == {"user": boss.pk, "clerk_id": None}

    @pytest.mark.parametrize("with_middleware", [True, False])
    def test_two_identities_never_mix(self, ada: Any, settings: Any, with_middleware: bool) -> None:
        if not with_middleware:
            settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "clerk" not in name]
        boss = sign_up(CALLERS["superuser"], "boss")
        both = {"Cookie": f"{as_page(CALLERS['superuser'], boss)['Cookie']}; {cookie()['Cookie']}"}
        assert Client().get("/clerk-or-session/", headers=both).json() == {"user": ada.pk, "clerk_id": "user_ada"}
        # With the middleware the session's user is Clerk's. Without, SessionAuthentication lets in another.
        expected = 200 if with_middleware else 403
        assert Client().get("/session-or-clerk/", headers=both).status_code == expected


class TestKeysUnavailable:
    @pytest.fixture(autouse=True)
    def _no_keys(self) -> Iterator[None]:
        with override_settings(CLERK_JWT_KEY=None):
            yield

    @pytest.mark.parametrize("url", ["/open/", "/closed/", "/clerk/"])
    def test_header(self, url: str) -> None:
        self.check(Client().get(url, headers=bearer()))

    @pytest.mark.parametrize("url", ["/clerk/", "/session/", "/admins/", "/none/"])
    def test_cookie_where_clerk_is_asked(self, url: str) -> None:
        self.check(Client().get(url, headers=cookie()))

    def test_cookie_does_not_shut_what_is_public(self) -> None:
        assert Client().get("/open/", headers=cookie()).status_code == 200

    def test_cookie_does_not_shut_out_a_password_session(self) -> None:
        boss = sign_up(CALLERS["superuser"], "boss")
        headers = {"Cookie": f"{as_page(CALLERS['superuser'], boss)['Cookie']}; {cookie()['Cookie']}"}
        assert Client().get("/staff/", headers=headers).json()["user"] == boss.pk

    def check(self, response: Any) -> None:
        assert (response.status_code, response["Retry-After"]) == (503, "10")
        assert list(response.json()) == ["detail"]


def test_where_clerks_session_is_not_accepted_djangos_is_not_taken_for_it(ada: Any, client: Client) -> None:
    """Two people's cookies in one browser: the session that the view refuses still says whose browser it is."""
    client.force_login(create_user("bob"), backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/machines-or-session/").status_code == 200
    client.cookies["__session"], client.cookies["__client_uat"] = mint(), "1"
    assert client.get("/machines-or-session/").status_code in (401, 403)
