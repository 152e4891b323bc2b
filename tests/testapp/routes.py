"""Views that would let in everybody, for the route policy to stand before. Whoever is let in is told "in"."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import path
from ninja import NinjaAPI
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from django_clerk.drf import ClerkAuthentication
from tests.testapp.async_views import let_in as alet_in
from tests.testapp.views import let_in


class Open(APIView):
    authentication_classes = [ClerkAuthentication]
    permission_classes = [AllowAny]

    def get(self, request: Request, **kwargs: Any) -> Response:
        return Response("in")


api = NinjaAPI(urls_namespace="routes", docs_url=None, openapi_url=None)


@api.get("{rule}/{pk}/")
def unguarded(request: HttpRequest, rule: str, pk: int) -> str:
    return "in"


urlpatterns = [
    path("route/<rule>/<int:pk>/", let_in),
    path("async-route/<rule>/<int:pk>/", alet_in),
    path("route-permission/<rule>/<int:pk>/", Open.as_view()),
    path("route-ninja/", api.urls),
]
