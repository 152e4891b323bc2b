"""Every rule as the authentication of a Django Ninja operation, sync and async."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import path
from ninja import NinjaAPI

from django_clerk.contrib.ninja import ClerkAuth, arequire, register_answers, require
from django_clerk.core.policies import Policy
from tests.testapp.models import Post
from tests.testapp.rules import POLICIES

api = NinjaAPI(urls_namespace="testapp", docs_url=None, openapi_url=None)
register_answers(api)


def add(rule: str, policy: Policy) -> None:
    is_about_object = rule.startswith("owner")
    auth: Any = ClerkAuth() if is_about_object else ClerkAuth(policy)

    @api.get(f"ninja/{rule}/{{pk}}/", auth=auth, operation_id=rule)
    def knock(request: HttpRequest, pk: int) -> str:
        if is_about_object:
            require(request, policy, Post.objects.get(pk=pk))
        return "in"

    @api.get(f"async-ninja/{rule}/{{pk}}/", auth=auth, operation_id=f"async {rule}")
    async def aknock(request: HttpRequest, pk: int) -> str:
        if is_about_object:
            await arequire(request, policy, await Post.objects.aget(pk=pk))
        return "in"


for name, policy_of_it in POLICIES.items():
    add(name, policy_of_it)

urlpatterns = [path("", api.urls)]
