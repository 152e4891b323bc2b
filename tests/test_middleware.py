"""What the middleware puts on a request, when it looks, and what it says to caches."""

from __future__ import annotations

import copy
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from asgiref.sync import async_to_sync, iscoroutinefunction
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import AsyncClient, AsyncRequestFactory, Client, RequestFactory, override_settings
from django.views.decorators.cache import cache_control

from django_clerk.core.auth import Auth
from django_clerk.middleware import ClerkMiddleware
from django_clerk.models import ClerkUser
from tests.mint import bearer, mint
from tests.settings import MIDDLEWARE
from tests.testapp.people import create_user

pytestmark = pytest.mark.urls("tests.pages")

LOGIN_REQUIRED = [*MIDDLEWARE, "django.contrib.auth.middleware.LoginRequiredMiddleware"]


def passed(view: Any, **headers: str) -> HttpRequest:
    """Return the request as a view got it."""
    request = RequestFactory().get("/", headers=headers)
    ClerkMiddleware(view)(request)
    return request


def nothing(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


class TestLaziness:
    def test_a_request_that_nobody_asks_about_is_not_judged(self) -> None:
        request = passed(nothing, **bearer())
        assert "_clerk_auth" not in request.__dict__

    def test_the_first_question_settles_it(self) -> None:
        request: Any = passed(nothing, **bearer())
        lazy = request.clerk
        assert isinstance(lazy, Auth)
        assert "_clerk_auth" not in request.__dict__
        assert lazy.user_id == "user_ada"
        assert type(request.clerk) is Auth
        assert lazy == request.clerk
        assert hash(lazy) == hash(request.clerk)
        assert repr(lazy) == repr(request.clerk)
        assert mint() not in repr(lazy)

    def test_it_cannot_be_changed(self) -> None:
        request: Any = passed(nothing, **bearer())
        with pytest.raises(AttributeError):
            request.clerk.reason = "x"
        with pytest.raises(AttributeError):
            request.clerk.nonsense  # noqa: B018

    def test_a_copied_request_is_the_same_caller(self) -> None:
        request: Any = copy.copy(passed(nothing, **bearer()))
        assert request.clerk.user_id == "user_ada"


class TestWithoutDjangosMiddleware:
    def test_nobody(self) -> None:
        request = passed(nothing)
        assert isinstance(request.user, AnonymousUser)
        assert isinstance(async_to_sync(request.auser)(), AnonymousUser)

    @pytest.mark.django_db
    def test_somebody(self) -> None:
        user = create_user()
        ClerkUser.objects.create(clerk_id="user_ada", user=user)
        assert passed(nothing, **bearer()).user == user
        assert async_to_sync(passed(nothing, **bearer()).auser)() == user


class TestAsync:
    def test_it_is_what_is_behind_it(self) -> None:
        async def view(request: HttpRequest) -> HttpResponse:
            return HttpResponse()

        assert iscoroutinefunction(ClerkMiddleware(view))
        assert not iscoroutinefunction(ClerkMiddleware(nothing))

    async def test_a_request_that_nobody_asks_about_is_not_judged(self) -> None:
        async def view(request: HttpRequest) -> HttpResponse:
            return HttpResponse()

        request: Any = AsyncRequestFactory().get("/", headers=bearer())
        response: Any = await ClerkMiddleware(view)(request)  # type: ignore[misc]
        assert response.status_code == 200
        assert "_clerk_auth" not in request.__dict__
        assert request.clerk.user_id == "user_ada"


class TestCaches:
    @pytest.mark.parametrize("prefix", ["", "/async"])
    @pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer x"}, {"Cookie": "__session=x"}])
    def test_a_page_that_looked_is_private(self, prefix: str, headers: dict[str, str]) -> None:
        for page in ("clerk", "user"):
            response = Client().get(f"{prefix}/{page}/", headers=headers)
            assert {"Authorization", "Cookie"} <= set(response["Vary"].split(", "))
            assert response["Cache-Control"] == "private"

    async def test_under_asgi(self) -> None:
        response = await AsyncClient().get("/async/clerk/", headers=bearer())
        assert (response["Vary"], response["Cache-Control"]) == ("Authorization, Cookie", "private")

    @pytest.mark.parametrize("prefix", ["", "/async"])
    def test_a_page_that_did_not_is_everybodys(self, prefix: str) -> None:
        response = Client().get(f"{prefix}/untouched/", headers=bearer())
        assert "Vary" not in response
        assert "Cache-Control" not in response

    def test_what_the_view_says_is_kept_unless_it_is_public(self) -> None:
        @cache_control(public=True, max_age=60)
        def page(request: Any) -> HttpResponse:
            assert not request.clerk.is_signed_in
            return HttpResponse(headers={"Vary": "Accept-Language"})

        response: Any = ClerkMiddleware(page)(RequestFactory().get("/"))
        assert response["Vary"] == "Accept-Language, Authorization, Cookie"
        assert set(response["Cache-Control"].split(", ")) == {"max-age=60", "private"}

    def test_a_redirect_and_a_stream_are_responses_too(self) -> None:
        def redirect(request: Any) -> Any:
            return redirect_to_login("/") if request.user.is_anonymous else HttpResponse()

        def stream(request: Any) -> Any:
            return StreamingHttpResponse(iter([str(request.clerk.user_id).encode()]))

        for view in (redirect, stream):
            response: Any = ClerkMiddleware(view)(RequestFactory().get("/"))
            assert response["Cache-Control"] == "private"
            assert "Cookie" in response["Vary"]


@pytest.mark.django_db
class TestDjangosGuards:
    def test_login_required(self) -> None:
        ClerkUser.objects.create(clerk_id="user_ada", user=create_user())
        assert Client().get("/members/").status_code == 302
        assert Client().get("/members/", headers=bearer()).status_code == 200
        assert Client().get("/members/", headers=bearer(sts="pending")).status_code == 302

    @override_settings(MIDDLEWARE=LOGIN_REQUIRED)
    def test_login_required_middleware(self) -> None:
        ClerkUser.objects.create(clerk_id="user_ada", user=create_user())
        for prefix in ("", "/async"):
            assert Client().get(f"{prefix}/untouched/").status_code == 302
            assert Client().get(f"{prefix}/untouched/", headers={"Cookie": "__session=x"}).status_code == 302
            assert Client().get(f"{prefix}/untouched/", headers=bearer()).status_code == 200


def test_many_callers_at_once_stay_themselves() -> None:
    tokens = [(number, mint(sub=f"user_{number}") if number % 10 else "x.y.z") for number in range(50)]

    def ask(caller: tuple[int, str]) -> bool:
        number, token = caller
        answer = Client().get("/clerk/", headers=bearer(token=token)).json()
        return bool(answer["user_id"] == (f"user_{number}" if number % 10 else None))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, tokens * 10))
