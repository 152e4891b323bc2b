"""What drf-spectacular says of views that ClerkAuthentication guards."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import path
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema
from rest_framework.authentication import BasicAuthentication
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from django_clerk.contrib.spectacular import ClerkAutoSchema
from django_clerk.drf import ClerkAuthentication, HasClerkRole, IsClerkAuthenticated


class KeysOnly(ClerkAuthentication):
    accepts = ("api_key",)


class Everything(ClerkAuthentication):
    accepts = ("session_token", "oauth_token", "m2m_token")


class Door(APIView):
    serializer_class = Serializer

    def get(self, request: Request) -> Response:
        """Say hello."""
        return Response()

    post = get


class OwnSchema(ClerkAutoSchema):
    def get_response_serializers(self) -> Any:
        return {200: str, 401: str}


class Documented(Door):
    schema = OwnSchema()


def door(view: Any, permission: Any, *authentication: Any) -> Any:
    return view.as_view(permission_classes=[permission], authentication_classes=authentication)


urlpatterns = [
    path("session/", door(Door, IsClerkAuthenticated, ClerkAuthentication)),
    path("role/", door(Door, HasClerkRole("admin"), ClerkAuthentication)),
    path("open/", door(Door, AllowAny, ClerkAuthentication)),
    path("keys/", door(Door, IsClerkAuthenticated, KeysOnly)),
    path("all/", door(Door, IsClerkAuthenticated, Everything, BasicAuthentication)),
    path("basic/", door(Door, IsClerkAuthenticated, BasicAuthentication)),
    path("documented/", door(Documented, IsClerkAuthenticated, ClerkAuthentication)),
]


@pytest.fixture
def schema(settings: Any) -> Any:
    settings.REST_FRAMEWORK = {"DEFAULT_SCHEMA_CLASS": "django_clerk.contrib.spectacular.ClerkAutoSchema"}
    found: Any = SchemaGenerator(patterns=urlpatterns).get_schema(public=True)
    validate_schema(found)
    return found


def ways(schema: Any, url: str) -> list[str]:
    return [name for way in schema["paths"][url]["get"]["security"] for name in way or ["nobody"]]


def test_ways_to_call(schema: Any) -> None:
    assert ways(schema, "/session/") == ways(schema, "/role/") == ["clerkSession", "clerkCookie"]
    assert ways(schema, "/open/") == ["clerkSession", "clerkCookie", "nobody"]
    assert ways(schema, "/keys/") == ["clerkApiKey"]
    assert ways(schema, "/all/") == ["clerkSession", "clerkCookie", "clerkOAuth", "clerkMachine", "basicAuth"]
    schemes = schema["components"]["securitySchemes"]
    assert schemes["clerkSession"]["scheme"] == schemes["clerkApiKey"]["scheme"] == "bearer"
    assert (schemes["clerkCookie"]["in"], schemes["clerkCookie"]["name"]) == ("cookie", "__session")


def test_refusals(schema: Any) -> None:
    for url, codes in {
        "/session/": {"200", "401", "403"},
        "/keys/": {"200", "401", "403"},
        "/open/": {"200", "401"},
        "/basic/": {"200"},
    }.items():
        for method in ("get", "post"):
            responses = schema["paths"][url][method]["responses"]
            assert set(responses) == codes, url
    refusal = schema["paths"]["/session/"]["get"]["responses"]["401"]
    assert list(refusal["headers"]) == ["WWW-Authenticate"]
    assert refusal["content"]["application/json"]["schema"]["required"] == ["detail"]


def test_what_a_view_says_itself_stays(schema: Any) -> None:
    assert "headers" not in schema["paths"]["/documented/"]["get"]["responses"]["401"]
