"""Somebody who acts for a user: seen by every view, refused where it is asked for, and given nothing of their own."""

from __future__ import annotations

from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.test import AsyncClient, Client
from django.urls import path
from django.utils.decorators import method_decorator
from django.views import View
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from django_clerk import decorators, drf
from django_clerk.core.machines import classify
from django_clerk.mixins import ClerkNotImpersonatedMixin
from tests.callers import CALLERS, sign_up
from tests.machines import OPAQUE, clerk_on_loopback
from tests.mint import bearer

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


def actor(request: Any) -> JsonResponse:
    return JsonResponse({"actor": dict(request.clerk.actor) if request.clerk.actor is not None else None})


def show(request: HttpRequest) -> HttpResponse:
    return HttpResponse("in")


async def ashow(request: HttpRequest) -> HttpResponse:
    return HttpResponse("in")


class Page(ClerkNotImpersonatedMixin, View):
    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("in")


class AsyncPage(ClerkNotImpersonatedMixin, View):
    async def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("in")


@method_decorator(decorators.clerk_not_impersonated, name="dispatch")
class Dispatch(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("in")


class MachinesToo(drf.ClerkAuthentication):
    accepts = ("session_token", "api_key", "oauth_token", "m2m_token")


class Api(APIView):
    authentication_classes = [MachinesToo]
    permission_classes = [drf.IsNotClerkImpersonated]

    def get(self, request: Request) -> Response:
        return Response("in")


DOORS = {
    "decorator": decorators.clerk_not_impersonated(show),
    "async/decorator": decorators.clerk_not_impersonated(ashow),
    "mixin": Page.as_view(),
    "async/mixin": AsyncPage.as_view(),
    "dispatch": Dispatch.as_view(),
    "permission": Api.as_view(),
    "machines": decorators.clerk_accepts("session_token", "api_key", "oauth_token", "m2m_token")(
        decorators.clerk_not_impersonated(show)
    ),
}
urlpatterns = [path("actor/", actor), *(path(f"{name}/", view) for name, view in DOORS.items())]


@pytest.fixture(autouse=True)
def ada() -> Any:
    return sign_up(CALLERS["owner"])


def get(url: str, headers: dict[str, str]) -> Any:
    headers = {"Accept": "application/json", **headers}
    if url.startswith("/async/"):
        return async_to_sync(AsyncClient().get)(url, headers=headers)
    return Client().get(url, headers=headers)


@pytest.mark.parametrize(
    "act",
    [
        {"iss": "https://dashboard.clerk.com", "sid": "sess_2", "sub": "user_op"},
        {"sub": "agent_1", "type": "agent"},
        {"sub": "user_op", "act": {"sub": "user_chief"}},
    ],
)
def test_shape(act: dict[str, Any]) -> None:
    assert get("/actor/", bearer(act=act)).json() == {"actor": act}
    assert get("/actor/", bearer()).json() == {"actor": None}


@pytest.mark.parametrize("door", DOORS)
class TestDoor:
    def test_user(self, door: str) -> None:
        assert get(f"/{door}/", bearer()).status_code == 200

    def test_nobody(self, door: str) -> None:
        assert get(f"/{door}/", {}).status_code == 401

    @pytest.mark.parametrize(
        "act", [{"sub": "user_op"}, {"sub": "agent_1", "type": "agent"}, {}, [], "user_op", "", 0, False]
    )
    def test_somebody_who_acts_for_the_user(self, door: str, act: Any) -> None:
        """Whatever the claim looks like: it is there, and nobody can tell who it is."""
        assert get(f"/{door}/", bearer(act=act)).status_code == 403


@pytest.mark.parametrize("token", OPAQUE.values())
@pytest.mark.parametrize("door", ["permission", "machines"])
def test_machine(settings: Any, monkeypatch: Any, door: str, token: str) -> None:
    assert classify(token) in OPAQUE
    with clerk_on_loopback(settings, monkeypatch):
        assert get(f"/{door}/", bearer(token=token)).status_code == 403
