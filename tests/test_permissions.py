"""Django's own permission system, asked about what a session token allows."""

from __future__ import annotations

from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth import aauthenticate, authenticate, get_user_model
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.contrib.auth.models import AnonymousUser, Group, Permission
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.test import AsyncClient, Client, RequestFactory, override_settings
from django.urls import path
from django.views import View

from django_clerk.models import ClerkUser
from tests.asynchronous import in_this_thread
from tests.mint import bearer, mint, organization
from tests.testapp.people import create_user

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

CREATE, READ = "org:invoices:create", "org:reports:read"
#: Both permissions, in a token of version 2.
GRANTED = {"o": organization(per="create,read", fpm="1,2"), "fea": "o:invoices,o:reports"}


def in_templates(request: HttpRequest) -> HttpResponse:
    asked = ("org:invoices:create", "org:invoices", "org:invoices:delete", "org:inv", "org:", "org", "testapp.add_post")
    source = "".join(f'{{% if "{name}" in perms %}}{name} {{% endif %}}' for name in asked)
    return HttpResponse(engines["django"].from_string(source).render({}, request))


@permission_required(CREATE, raise_exception=True)
def decorated(request: HttpRequest) -> HttpResponse:
    return HttpResponse("in")


@permission_required([CREATE, "testapp.add_post"], raise_exception=True)
async def async_decorated(request: HttpRequest) -> HttpResponse:
    return HttpResponse("in")


class Mixed(PermissionRequiredMixin, View):
    permission_required = (CREATE, READ)
    raise_exception = True

    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("in")


urlpatterns = [
    path("templates/", in_templates),
    path("decorated/", decorated),
    path("async-decorated/", async_decorated),
    path("mixed/", Mixed.as_view()),
]


@pytest.fixture
def ada() -> Any:
    user = create_user("ada")
    ClerkUser.objects.create(clerk_id="user_ada", user=user)
    return user


def signed_in(**claims: Any) -> Any:
    return authenticate(RequestFactory().get("/", headers=bearer(**claims)))


def permit(user: Any) -> None:
    """Give a user a permission of Django's."""
    user.user_permissions.add(Permission.objects.get(codename="add_post"))


class TestAllPermissions:
    def test_both_kinds(self, ada: Any) -> None:
        permit(ada)
        user = signed_in(**GRANTED)
        assert user.get_all_permissions() == {"testapp.add_post", CREATE, READ}
        assert user.get_user_permissions() == {"testapp.add_post"}
        assert user.get_all_permissions(ada) == set()

    @in_this_thread
    async def test_async(self) -> None:
        user = await sync_to_async(create_user)()
        await ClerkUser.objects.acreate(clerk_id="user_ada", user=user)
        await sync_to_async(permit)(user)
        found = await aauthenticate(RequestFactory().get("/", headers=bearer(**GRANTED)))
        assert found is not None
        assert await found.aget_all_permissions() == {"testapp.add_post", CREATE, READ}
        assert await found.ahas_module_perms("org:reports")
        assert await found.ahas_module_perms("testapp")
        assert not await found.ahas_module_perms("org:other")
        assert not await found.ahas_module_perms("auth")

    def test_a_set_of_ours_does_not_reach_other_backends(self, ada: Any) -> None:
        """Django's own backend keeps its set on the user. A permission of the token must not be remembered there."""
        user = signed_in(**GRANTED)
        user.get_all_permissions()
        assert user._perm_cache == set()

    def test_of_groups_and_of_superusers(self, ada: Any) -> None:
        group = Group.objects.create(name="Writers")
        group.permissions.add(Permission.objects.get(codename="change_post"))
        ada.groups.add(group)
        user = signed_in(**GRANTED)
        assert user.has_perm("testapp.change_post")
        assert user.has_perms(["testapp.change_post", CREATE])
        get_user_model().objects.update(is_superuser=True)
        assert signed_in().has_perm("org:anything:whatever")  # as Django has it for every backend
        assert CREATE not in signed_in().get_all_permissions()

    def test_a_token_cannot_grant_what_is_djangos(self, ada: Any) -> None:
        user = signed_in(v=None, org_id="org_1", org_permissions=["testapp.add_post", "auth.change_user", CREATE])
        assert user.get_all_permissions() == {CREATE}
        assert not user.has_perm("testapp.add_post")
        assert not user.has_module_perms("auth")


class TestNothingCrosses:
    def test_between_requests(self, ada: Any) -> None:
        first, second = signed_in(**GRANTED), signed_in(o=organization(id="org_other"))
        assert first.has_perm(CREATE)
        assert not second.has_perm(CREATE)
        assert not get_user_model().objects.get().has_perm(CREATE)

    def test_between_users(self, ada: Any) -> None:
        eve = create_user("eve")
        ClerkUser.objects.create(clerk_id="user_eve", user=eve)
        other = signed_in(sub="user_eve")
        other.clerk_auth = signed_in(**GRANTED).clerk_auth
        assert not other.has_perm(CREATE)
        assert other.get_all_permissions() == set()

    @pytest.mark.parametrize("columns", [{"banned": True}, {"locked": True}])
    def test_to_those_who_are_shut_out(self, columns: dict[str, bool], ada: Any, client: Client) -> None:
        ClerkUser.objects.update(**columns)
        assert client.get("/decorated/", headers=bearer(**GRANTED)).status_code == 403
        assert client.get("/templates/", headers=bearer(**GRANTED)).text == ""

    def test_to_the_inactive(self, ada: Any) -> None:
        permit(ada)
        user = signed_in(**GRANTED)
        user.is_active = False
        assert user.get_all_permissions() == set()
        assert not user.has_module_perms("org:invoices")
        assert not user.has_module_perms("testapp")

    def test_to_anonymous_users(self) -> None:
        nobody = AnonymousUser()
        assert not nobody.has_perm(CREATE)
        assert not nobody.has_module_perms("org:invoices")
        assert nobody.get_all_permissions() == set()


class TestDoors:
    def test_permission_required(self, ada: Any, client: Client) -> None:
        assert client.get("/decorated/", headers=bearer(**GRANTED)).text == "in"
        assert client.get("/decorated/", headers=bearer()).status_code == 403
        assert client.get("/decorated/").status_code == 403

    @in_this_thread
    async def test_permission_required_async(self) -> None:
        user = await sync_to_async(create_user)()
        await ClerkUser.objects.acreate(clerk_id="user_ada", user=user)
        client = AsyncClient()
        assert (await client.get("/async-decorated/", headers=bearer(**GRANTED))).status_code == 403
        await sync_to_async(permit)(user)
        assert (await client.get("/async-decorated/", headers=bearer(**GRANTED))).content == b"in"
        assert (await client.get("/async-decorated/", headers=bearer())).status_code == 403

    def test_the_mixin_asks_for_all(self, ada: Any, client: Client) -> None:
        assert client.get("/mixed/", headers=bearer(**GRANTED)).status_code == 200
        fewer = {"o": organization(per="create", fpm="1"), "fea": "o:invoices"}
        assert client.get("/mixed/", headers=bearer(**fewer)).status_code == 403

    def test_templates(self, ada: Any, client: Client) -> None:
        cookie = {"Cookie": f"__session={mint(**GRANTED)}; __client_uat=1"}
        assert client.get("/templates/", headers=cookie).text.split() == [CREATE, "org:invoices"]
        permit(ada)
        assert client.get("/templates/", headers=bearer(**GRANTED)).text.split()[-1] == "testapp.add_post"
        assert client.get("/templates/").text == ""

    @override_settings(AUTHENTICATION_BACKENDS=["django_clerk.backends.ClerkBackend"])
    def test_with_our_backend_alone(self, ada: Any, client: Client) -> None:
        permit(ada)
        assert client.get("/templates/", headers=bearer(**GRANTED)).text.split()[-1] == "testapp.add_post"
