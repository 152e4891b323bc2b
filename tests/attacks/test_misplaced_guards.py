"""
Guards where they were not meant to be: around views of Django REST framework, inside them, on classes and on methods.

Each combination lets in whom it should, or nobody. None lets a cookie act for its owner without a CSRF check: views of
REST framework are exempt from Django's.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt
from rest_framework.authentication import SessionAuthentication, TokenAuthentication
from rest_framework.decorators import api_view, authentication_classes, permission_classes
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

from django_clerk.decorators import clerk_login_required, clerk_role_required
from django_clerk.drf import ClerkAuthentication, IsClerkAuthenticated
from django_clerk.mixins import ClerkLoginRequiredMixin
from tests.callers import CALLERS, as_page, sign_up
from tests.mint import bearer

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


def function(*authentication: Any, permission: Any = AllowAny) -> Any:
    @api_view(["GET", "POST", "PUT", "PATCH", "DELETE"])
    @authentication_classes(list(authentication))
    @permission_classes([permission])
    def view(request: Request, **kwargs: Any) -> Response:
        return Response("in")

    return view


class Door(APIView):
    authentication_classes = []
    permission_classes = [AllowAny]

    def get(self, request: Request) -> Response:
        return Response("in")

    post = put = patch = delete = get


@method_decorator(clerk_login_required, name="dispatch")
class Dispatch(Door):
    pass


class Initialized(ClerkLoginRequiredMixin, Door):
    pass


class Set(ClerkLoginRequiredMixin, ViewSet):
    authentication_classes = []
    permission_classes = [AllowAny]

    def act(self, request: Request) -> Response:
        return Response("in")


class Handler(Door):
    @clerk_login_required  # type: ignore[arg-type]
    def get(self, request: Request) -> Response:
        return Response("in")

    post = get


class HandlerByMethodDecorator(Door):
    @method_decorator(clerk_login_required)
    def get(self, request: Request) -> Response:
        return Response("in")

    post = get


@api_view(["GET", "POST"])
@clerk_login_required
def below(request: Any) -> Response:
    return Response("in")


AROUND = {
    "above-none": clerk_login_required(function()),
    "above-token": clerk_login_required(function(TokenAuthentication)),
    "above-session": clerk_login_required(function(SessionAuthentication)),
    "above-clerk": clerk_login_required(function(ClerkAuthentication)),
    "above-guarded": clerk_login_required(function(ClerkAuthentication, permission=IsClerkAuthenticated)),
    "above-view": clerk_login_required(Door.as_view()),
    "dispatch": Dispatch.as_view(),
    "mixin": Initialized.as_view(),
    "viewset": Set.as_view(dict.fromkeys(["get", "post", "put", "patch", "delete"], "act")),
    "exempt-again": csrf_exempt(clerk_login_required(function())),
}
INSIDE = {"below": below, "handler": Handler.as_view(), "method-decorator": HandlerByMethodDecorator.as_view()}
#: REST framework's own way, which needs nothing else; without its authentication class it lets nobody in.
PERMISSIONS_ONLY = {
    "none": function(permission=IsClerkAuthenticated),
    "token": function(TokenAuthentication, permission=IsClerkAuthenticated),
    "exempt": csrf_exempt(function(permission=IsClerkAuthenticated)),
}


@csrf_exempt
@clerk_role_required("admin")
def exempt_on_purpose(request: HttpRequest) -> HttpResponse:
    return HttpResponse("in")


urlpatterns = [path(f"{name}/", view) for name, view in {**AROUND, **INSIDE, **PERMISSIONS_ONLY}.items()]
urlpatterns.append(path("on-purpose/", exempt_on_purpose))

UNSAFE = ["post", "put", "patch", "delete"]


@pytest.fixture(autouse=True)
def ada() -> Any:
    return sign_up(CALLERS["owner"])


def cookie(**extra: str) -> dict[str, str]:
    return {"Cookie": as_page(CALLERS["owner"])["Cookie"], "Accept": "application/json", **extra}


@pytest.mark.parametrize("name", AROUND)
class TestAround:
    @pytest.mark.parametrize("method", ["get", "head", "options", *UNSAFE])
    def test_stranger(self, name: str, method: str) -> None:
        response = getattr(Client(), method)(f"/{name}/", headers={"Accept": "application/json"})
        assert (response.status_code, response["WWW-Authenticate"]) == (401, "Bearer")

    @pytest.mark.parametrize("method", UNSAFE)
    def test_cookie_without_a_csrf_token(self, name: str, method: str) -> None:
        for origin in ({}, {"Origin": "https://evil.com"}, {"Origin": "http://testserver"}):
            response = getattr(Client(enforce_csrf_checks=True), method)(f"/{name}/", headers=cookie(**origin))
            assert response.status_code == 403

    @pytest.mark.parametrize("method", UNSAFE)
    def test_cookie_with_a_csrf_token(self, name: str, method: str) -> None:
        token = "a" * 32
        headers = cookie(**{"X-CSRFToken": token})
        headers["Cookie"] += f"; csrftoken={token}"
        assert getattr(Client(enforce_csrf_checks=True), method)(f"/{name}/", headers=headers).status_code == 200

    def test_cookie_to_read(self, name: str) -> None:
        assert Client(enforce_csrf_checks=True).get(f"/{name}/", headers=cookie()).status_code == 200

    @pytest.mark.parametrize("method", UNSAFE)
    def test_header(self, name: str, method: str) -> None:
        assert getattr(Client(enforce_csrf_checks=True), method)(f"/{name}/", headers=bearer()).status_code == 200


@pytest.mark.parametrize("name", INSIDE)
@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer x"}])
def test_inside_lets_nobody_in_and_says_why(name: str, method: str, headers: dict[str, str]) -> None:
    with pytest.raises(TypeError, match="permission classes"):
        getattr(Client(), method)(f"/{name}/", headers=headers)
    with pytest.raises(TypeError, match="permission classes"):
        getattr(Client(), method)(f"/{name}/", headers=bearer())


@pytest.mark.parametrize("name", PERMISSIONS_ONLY)
@pytest.mark.parametrize("method", ["get", *UNSAFE])
def test_permission_without_authentication_lets_nobody_in(name: str, method: str) -> None:
    for headers in ({}, cookie(), bearer()):
        response = getattr(Client(enforce_csrf_checks=True), method)(f"/{name}/", headers=headers)
        assert response.status_code in (401, 403)


def test_exemption_of_one_s_own_view_is_one_s_own_decision() -> None:
    admin = {"metadata": {"role": "admin"}}
    assert Client(enforce_csrf_checks=True).post("/on-purpose/", headers=bearer(**admin)).status_code == 200
    assert Client(enforce_csrf_checks=True).post("/on-purpose/", headers=cookie()).status_code == 403
