"""From a verified identity to a Django user: who is let in, who is created, and who is nobody."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth import aauthenticate, authenticate, get_user_model
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.db import models
from django.test import RequestFactory, override_settings
from django.utils import timezone

from django_clerk.backends import ClerkBackend
from django_clerk.core.auth import Auth
from django_clerk.models import ClerkUser
from tests.asynchronous import in_this_thread
from tests.mint import bearer, mint, organization
from tests.testapp.people import create_user

pytestmark = pytest.mark.django_db


class ProjectBackend(ClerkBackend):
    """A project's own rule on top."""

    def user_can_authenticate(self, user: Any) -> bool:
        return super().user_can_authenticate(user) and not user.email.startswith("blocked")


def request(**claims: Any) -> Any:
    return RequestFactory().get("/", headers=bearer(**claims))


def link(name: str = "ada", *, fields: dict[str, Any] | None = None, **columns: Any) -> Any:
    """Return a Django user with a row of Clerk's; ``columns`` are the row's, ``fields`` the user's."""
    user = create_user(name, **(fields or {}))
    ClerkUser.objects.create(clerk_id=f"user_{name}", user=user, **columns)
    return user


class TestAuthenticate:
    def test_a_known_user(self, django_assert_num_queries: Any) -> None:
        user = link()
        with django_assert_num_queries(1):
            found = authenticate(request())
        assert found == user
        assert found.backend == "django_clerk.backends.ClerkBackend"
        assert found.clerk.clerk_id == "user_ada"

    @in_this_thread
    async def test_a_known_user_async(self) -> None:
        user = await sync_to_async(create_user)()
        await ClerkUser.objects.acreate(clerk_id="user_ada", user=user)
        assert await aauthenticate(request()) == user
        assert await aauthenticate(request(azp="https://evil.example")) is None

    @pytest.mark.parametrize(
        ("columns", "fields"),
        [
            ({"banned": True}, {}),
            ({"locked": True}, {}),
            ({"deleted_at": timezone.now()}, {}),
            ({}, {"is_active": False}),
            ({"banned": True}, {"is_superuser": True, "is_staff": True}),
        ],
    )
    @in_this_thread
    async def test_those_who_are_shut_out(self, columns: dict[str, Any], fields: dict[str, Any]) -> None:
        user = await sync_to_async(create_user)(**fields)
        await ClerkUser.objects.acreate(clerk_id="user_ada", user=user, **columns)
        backend = ClerkBackend()
        assert await backend.aauthenticate(request()) is None
        assert await get_user_model().objects.acount() == 1

    def test_a_tombstone_without_a_user_stays_one(self, django_assert_max_num_queries: Any) -> None:
        ClerkUser.objects.create(clerk_id="user_ada", deleted_at=timezone.now())
        with django_assert_max_num_queries(3):
            assert authenticate(request()) is None
        assert not get_user_model().objects.exists()

    def test_letter_case_is_part_of_an_id(self) -> None:
        link("ada")
        with override_settings(CLERK_PROVISION_USERS="never"):
            assert authenticate(request(sub="user_ADA")) is None
            assert authenticate(request(sub="user_adA")) is None

    def test_nobody(self) -> None:
        link()
        for nobody in (None, RequestFactory().get("/"), request(sts="pending"), request(exp=1), request(v=2, sub="x")):
            assert ClerkBackend().authenticate(nobody) is None
        assert ClerkBackend().authenticate(request(), clerk_auth=Auth()) is None

    def test_passwords_and_names_are_not_its_business(self) -> None:
        user = link(fields={"password": "secret"})
        user.set_password("secret")
        user.save()
        backends = ["django_clerk.backends.ClerkBackend"]
        with override_settings(AUTHENTICATION_BACKENDS=backends):
            for credentials in ({"username": "ada", "password": "secret"}, {"clerk_id": "user_ada"}, {"token": mint()}):
                assert authenticate(None, **credentials) is None
                assert authenticate(request(), **credentials) is None

    @override_settings(AUTHENTICATION_BACKENDS=[f"{__name__}.ProjectBackend"])
    def test_a_project_may_add_its_own_rule(self) -> None:
        link("ada")
        user = link("blocked")
        assert authenticate(request()) is not None
        assert authenticate(request(sub="user_blocked")) is None
        assert ProjectBackend().get_user(user.pk) is None


class TestSessions:
    """Of people who were logged in to Django's session by this backend."""

    def test_who_may_sign_in_is_found(self) -> None:
        user, other = link(), create_user("eve")
        assert ClerkBackend().get_user(user.pk) == user
        assert ClerkBackend().get_user(other.pk) == other
        assert ClerkBackend().get_user(10**6) is None

    @pytest.mark.parametrize("columns", [{"banned": True}, {"locked": True}, {"deleted_at": timezone.now()}])
    @in_this_thread
    async def test_clerks_bans_count(self, columns: dict[str, Any]) -> None:
        user = await sync_to_async(create_user)()
        await ClerkUser.objects.acreate(clerk_id="user_ada", user=user, **columns)
        assert await ClerkBackend().aget_user(user.pk) is None


class TestPermissions:
    GRANTED = {"o": organization(per="create", fpm="1"), "fea": "o:invoices"}

    def user(self, **claims: Any) -> Any:
        link()
        return authenticate(request(**claims))

    async def both(self, user: Any, perm: str, obj: Any = None) -> bool:
        answers = {user.has_perm(perm, obj), await user.ahas_perm(perm, obj)}
        assert len(answers) == 1
        return answers.pop()

    def test_those_of_the_token(self) -> None:
        user = self.user(**self.GRANTED)
        assert user.has_perm("org:invoices:create")
        assert user.has_perms(["org:invoices:create"])
        for perm in ("org:invoices:delete", "org:", "invoices:create", "ORG:invoices:create", "org:invoices"):
            assert not user.has_perm(perm)

    def test_they_are_about_no_object(self) -> None:
        user = self.user(**self.GRANTED)
        assert not user.has_perm("org:invoices:create", user)

    def test_not_those_of_another_door(self) -> None:
        user = self.user(**self.GRANTED)
        again = get_user_model().objects.get(pk=user.pk)
        assert not again.has_perm("org:invoices:create")
        again.clerk_auth = {"permissions": ["org:invoices:create"]}
        assert not again.has_perm("org:invoices:create")

    def test_not_of_the_inactive(self) -> None:
        user = self.user(**self.GRANTED)
        user.is_active = False
        assert not user.has_perm("org:invoices:create")

    def test_not_out_of_a_cache(self) -> None:
        """There the session may have ended long ago."""
        user = self.user(**self.GRANTED, email="ada@clerk.example")
        cache.set("user", user)
        kept = cache.get("user")
        assert kept == user
        assert not kept.has_perm("org:invoices:create")
        assert user.clerk_auth.token.encode() not in pickle.dumps(user)

    @in_this_thread
    async def test_async(self) -> None:
        user = await sync_to_async(create_user)()
        await ClerkUser.objects.acreate(clerk_id="user_ada", user=user)
        found = await aauthenticate(request(**self.GRANTED))
        assert await found.ahas_perm("org:invoices:create")
        assert not await found.ahas_perm("org:invoices:delete")
        assert not await found.ahas_perm("testapp.add_post")

    def test_djangos_own(self) -> None:
        user = self.user()
        assert not user.has_perm("testapp.add_post")
        user.user_permissions.add(Permission.objects.get(codename="add_post"))
        assert authenticate(request()).has_perm("testapp.add_post")


class Visible(models.Manager[Any]):
    """A project's default manager that does not show everybody, and not the same people every day."""

    hidden: tuple[str, ...] = ()

    def get_queryset(self) -> models.QuerySet[Any]:
        return super().get_queryset().exclude(email__in=self.hidden)


class TestAProjectsOwnManager:
    @pytest.fixture
    def ada(self) -> Any:
        return link()

    @pytest.fixture
    def manager(self, ada: Any, monkeypatch: pytest.MonkeyPatch) -> Visible:
        manager = Visible()
        manager.model, manager.name = get_user_model(), "objects"
        monkeypatch.setitem(get_user_model()._meta.__dict__, "default_manager", manager)
        return manager

    def test_is_asked_each_time(self, ada: Any, manager: Visible) -> None:
        for hidden, found in (((), ada), (("ada@example.com",), None), ((), ada)):
            manager.hidden = hidden
            assert ClerkBackend().authenticate(request()) == found

    @override_settings(CLERK_PROVISION_USERS="api")
    def test_hides_people_without_making_new_ones_of_them(
        self, ada: Any, manager: Visible, caplog: pytest.LogCaptureFixture
    ) -> None:
        manager.hidden = ("ada@example.com",)
        assert ClerkBackend().authenticate(request()) is None
        assert not caplog.records  # of an attempt to ask Clerk for them
        assert list(get_user_model()._base_manager.all()) == [ada]
        assert ClerkUser.objects.get().user_id == ada.pk
