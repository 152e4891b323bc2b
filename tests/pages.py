"""Pages that look at the caller in each possible way, as sync views and as their async twins under ``/async/``."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path


def describe(auth: Any) -> dict[str, Any]:
    return {"user_id": auth.user_id, "source": auth.source, "reason": auth.reason}


def untouched(request: HttpRequest) -> HttpResponse:
    return HttpResponse("hello")


def clerk(request: HttpRequest) -> HttpResponse:
    return JsonResponse(describe(request.clerk))  # type: ignore[attr-defined]


def user(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"user": request.user.get_username()})


def both(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"user": request.user.get_username(), **describe(request.clerk)})  # type: ignore[attr-defined]


async def async_untouched(request: HttpRequest) -> HttpResponse:
    return HttpResponse("hello")


async def async_clerk(request: HttpRequest) -> HttpResponse:
    return JsonResponse(describe(request.clerk))  # type: ignore[attr-defined]


async def async_user(request: HttpRequest) -> HttpResponse:
    somebody = await request.auser()
    assert request.user == somebody  # without another query, which the event loop would not allow
    return JsonResponse({"user": somebody.get_username()})


async def async_both(request: HttpRequest) -> HttpResponse:
    somebody = await request.auser()
    return JsonResponse({"user": somebody.get_username(), **describe(request.clerk)})  # type: ignore[attr-defined]


urlpatterns = [
    path("untouched/", untouched, name="untouched"),
    path("clerk/", clerk),
    path("user/", user),
    path("both/", both),
    path("members/", login_required(user)),
    path("async/untouched/", async_untouched),
    path("async/clerk/", async_clerk),
    path("async/user/", async_user),
    path("async/both/", async_both),
]
