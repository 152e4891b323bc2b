"""The browsable API, used by somebody whom Clerk's cookie has signed in."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import include, path
from rest_framework import serializers, viewsets
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.renderers import BrowsableAPIRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.routers import SimpleRouter

from django_clerk.drf import ClerkAuthentication, ClerkBrowsableAPIRenderer, ClerkOwnedMixin, HasClerkRole, IsClerkOwner
from tests.callers import CALLERS, as_page, sign_up
from tests.mint import mint
from tests.testapp.models import Post

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


class PostSerializer(serializers.ModelSerializer[Post]):
    class Meta:
        model = Post
        fields = ["id", "title"]


class Posts(ClerkOwnedMixin, viewsets.ModelViewSet[Post]):
    authentication_classes = [ClerkAuthentication, SessionAuthentication]
    permission_classes = [IsClerkOwner]
    queryset = Post.objects.order_by("pk")
    serializer_class = PostSerializer
    renderer_classes = [JSONRenderer, ClerkBrowsableAPIRenderer]
    owner_field = "author"


class Plain(Posts):
    renderer_classes = [JSONRenderer, BrowsableAPIRenderer]


class Open(Posts):
    permission_classes = []


class ReadOnly(BasePermission):
    def has_permission(self, request: Request, view: Any) -> bool:
        return request.method in SAFE_METHODS


class Catalogue(Posts):
    permission_classes = [ReadOnly | HasClerkRole("admin")]
    authentication_classes = [ClerkAuthentication]


router = SimpleRouter()
for view in (Posts, Plain, Open, Catalogue):
    router.register(view.__name__, view, basename=view.__name__)
urlpatterns = [path("", include(router.urls)), path("auth/", include("rest_framework.urls"))]


@pytest.fixture
def ada() -> Any:
    return sign_up(CALLERS["owner"])


def browser(**claims: Any) -> Client:
    """Return a browser that is signed in, and whose every POST is checked for CSRF."""
    client = Client(enforce_csrf_checks=True, headers={"Accept": "text/html"})
    client.cookies["__session"], client.cookies["__client_uat"] = mint(**claims), "1"
    return client


@pytest.mark.parametrize("name", ["Posts", "Plain"])
def test_forms_work(ada: Any, name: str) -> None:
    client = browser()
    page = client.get(f"/{name}/").content.decode()
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert found is not None
    assert f'"csrfToken": "{found[1]}"' in page
    assert client.post(f"/{name}/", {"title": "new"}).status_code == 403
    made = client.post(f"/{name}/", {"title": "new", "csrfmiddlewaretoken": found[1]})
    assert (made.status_code, Post.objects.get().author) == (201, ada)
    detail = f"/{name}/{Post.objects.get().pk}/"
    page = client.get(detail).content.decode()
    for method in ("PUT", "DELETE"):
        assert f'data-method="{method}"' in page  # forms that csrf.js sends with the token in a header
    assert client.delete(detail).status_code == 403
    assert b"204 No Content" in client.delete(detail, headers={"X-CSRFToken": found[1]}).content
    assert not Post.objects.exists()


def test_forms_are_for_who_may_use_them(ada: Any) -> None:
    assert b'method="POST"' not in browser().get("/Catalogue/").content
    assert b'method="POST"' not in Client().get("/Catalogue/", headers={"Accept": "text/html"}).content
    assert b'method="POST"' in browser(metadata={"role": "admin"}).get("/Catalogue/").content


def test_shows_who_is_signed_in_and_where_to_sign_out(ada: Any) -> None:
    page = browser().get("/Posts/").content.decode()
    assert ada.get_username() in page
    assert 'href="https://accounts.example.com/user"' in page
    assert "logoutForm" not in page  # of Django's session, which there is none of


def test_name_is_escaped(ada: Any) -> None:
    type(ada)._default_manager.filter(pk=ada.pk).update(**{type(ada).USERNAME_FIELD: "<b>ada</b>"})
    page = browser().get("/Posts/").content.decode()
    assert "&lt;b&gt;ada" in page
    assert "<b>ada" not in page


@pytest.mark.parametrize("name", ["Posts", "Open"])
def test_strangers_are_shown_where_to_sign_in(name: str) -> None:
    response = Client().get(f"/{name}/?q=1", headers={"Accept": "text/html"})
    assert (response.status_code, response.get("WWW-Authenticate")) == (
        (401, "Bearer") if name == "Posts" else (200, None)
    )
    link = f"https://accounts.example.com/sign-in?redirect_url=http%3A%2F%2Ftestserver%2F{name}%2F%3Fq%3D1"
    assert f'href="{link}"' in response.content.decode()


def test_page_of_a_bad_token_is_a_page() -> None:
    headers = {"Accept": "text/html", "Authorization": "Bearer x"}
    response = Client().get("/Posts/", headers=headers)
    assert (response.status_code, response["WWW-Authenticate"]) == (401, "Bearer")
    assert "Sign in" in response.content.decode()


def test_password_session_has_django_s_own_way_out(ada: Any) -> None:
    boss = sign_up(CALLERS["superuser"], "boss")
    page = Client().get("/Open/", headers=as_page(CALLERS["superuser"], boss)).content.decode()
    assert "logoutForm" in page
    assert "accounts.example.com/user" not in page
