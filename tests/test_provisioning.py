"""The first sight of a user: created as Clerk's API knows them, as the token does, or not at all."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth import aauthenticate, authenticate, get_user_model
from django.test import RequestFactory, override_settings

from django_clerk import accounts, backends
from django_clerk.backends import ClerkBackend
from django_clerk.core.profiles import read_profile
from django_clerk.identify import identify
from django_clerk.models import ClerkUser
from django_clerk.sync import apply_profiles
from tests.asynchronous import in_this_thread
from tests.deliveries import clerk_user, milliseconds
from tests.loopback import SOON, Loopback, drip, ok, refuse, serve, stall, status
from tests.mint import bearer
from tests.testapp.models import Post
from tests.testapp.people import create_user

pytestmark = pytest.mark.django_db

SECRET = "sk_live_VeryUnlikelyToAppearByChance"
NOT_FOUND = status(404, data={"errors": [{"code": "resource_not_found"}]})
CLERKS_ADA = {
    "id": "user_ada",
    "first_name": "Ada",
    "email_addresses": [{"id": "idn_1", "email_address": "ada@clerk.example", "verification": {"status": "verified"}}],
    "primary_email_address_id": "idn_1",
    "public_metadata": {"role": "editor"},
    "updated_at": 1_700_000_000_000,
}


def request(**claims: Any) -> Any:
    return RequestFactory().get("/", headers=bearer(**claims))


@pytest.fixture
def clerk(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    """Clerk's API, on loopback."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serve() as server:
        settings.CLERK_API_URL, settings.CLERK_SECRET_KEY = server.url, SECRET
        yield server


def test_by_clerks_api(clerk: Loopback) -> None:
    clerk.on("/v1/users/user_ada", ok(CLERKS_ADA))
    user = authenticate(request())
    assert user is not None
    assert user.email == "ada@clerk.example"
    assert user.clerk.role == "editor"
    assert not user.has_usable_password()
    assert authenticate(request()) == user
    assert len(clerk.received) == 1
    assert clerk.received[0].headers["Authorization"] == f"Bearer {SECRET}"


@in_this_thread
async def test_by_clerks_api_async(clerk: Loopback) -> None:
    clerk.on("/v1/users/user_ada", ok(CLERKS_ADA))
    user = await aauthenticate(request())
    assert user is not None
    assert user.email == "ada@clerk.example"


@pytest.mark.parametrize(
    "mode", [stall(), refuse, drip(CLERKS_ADA), status(500), status(429, {"Retry-After": "60"}), status(401),
             status(403), ok([]), ok({**CLERKS_ADA, "id": "user_eve"}), status(404)],
    ids=["stalls", "refuses", "drips", "500", "429", "401", "403", "list", "another user", "not Clerk's 404"],
)  # fmt: skip
def test_nobody_is_locked_out_because_an_api_is_ill(
    clerk: Loopback, mode: Any, caplog: pytest.LogCaptureFixture
) -> None:
    clerk.on("/v1/users/user_ada", mode)
    began = time.monotonic()
    user = authenticate(request(email="ada@example.com"))
    assert time.monotonic() - began < SOON
    assert user is not None
    assert user.clerk.synced_at is None
    assert authenticate(request()) == user
    assert len(clerk.received) == 1
    assert "a sync fills in the rest" in caplog.text
    for hidden in (SECRET, "ada@"):
        assert hidden not in caplog.text


def test_whom_clerk_does_not_know_is_nobody(clerk: Loopback) -> None:
    clerk.on("/v1/users/user_ada", NOT_FOUND)
    for _ in range(10):
        assert authenticate(request()) is None
    assert len(clerk.received) == 1
    assert not ClerkUser.objects.exists()
    with override_settings(CLERK_SECRET_KEY="sk_live_other"):  # another instance may know them
        clerk.on("/v1/users/user_ada", ok(CLERKS_ADA))
        assert authenticate(request()) is not None


def test_the_memory_of_the_unknown_is_bounded(clerk: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backends, "_MOST_UNKNOWN", 3)
    for number in range(10):
        clerk.on(f"/v1/users/user_{number}", NOT_FOUND)
        assert authenticate(request(sub=f"user_{number}")) is None
        assert len(backends._unknown_until) <= 3


def test_whom_clerk_has_banned_is_kept_out_from_the_first_time(clerk: Loopback) -> None:
    clerk.on("/v1/users/user_ada", ok({**CLERKS_ADA, "banned": True}))
    assert authenticate(request()) is None
    assert ClerkUser.objects.get().banned
    assert authenticate(request()) is None
    assert len(clerk.received) == 1


def test_by_claims_alone(clerk: Loopback) -> None:
    with override_settings(CLERK_PROVISION_USERS="claims"):
        user = authenticate(request(email="victim@example.com", metadata={"role": "admin"}, is_staff=True))
    assert user is not None
    assert not clerk.received
    assert "victim" not in user.email
    assert not user.is_staff
    assert not user.is_superuser


def test_never(clerk: Loopback) -> None:
    with override_settings(CLERK_PROVISION_USERS="never"):
        assert authenticate(request()) is None
        row = ClerkUser.objects.create(clerk_id="user_ada")
        assert authenticate(request()) is None
        row.user = create_user()
        row.save()
        assert authenticate(request()) == row.user
    assert not clerk.received


def test_without_a_secret_key(caplog: pytest.LogCaptureFixture) -> None:
    with override_settings(CLERK_PROVISION_USERS="api"), caplog.at_level(logging.DEBUG):
        assert authenticate(request()) is not None
    assert "CLERK_SECRET_KEY" in caplog.text


def test_a_user_who_lost_their_django_user_gets_one(clerk: Loopback) -> None:
    clerk.on("/v1/users/user_ada", ok(CLERKS_ADA))
    user = authenticate(request())
    assert user is not None
    user.delete()
    again = authenticate(request())
    assert again is not None
    assert again.clerk.clerk_id == "user_ada"


def test_an_identity_that_is_not_verified_creates_nobody(clerk: Loopback) -> None:
    for claims in ({"azp": "https://evil.example"}, {"exp": 1}, {"sts": "pending"}, {"sub": "mch_1"}):
        assert ClerkBackend().authenticate(request(**claims)) is None
        assert not identify(request(**claims)).is_signed_in
    assert not clerk.received
    assert not ClerkUser.objects.exists()


# Whoever was here before, where the project links


@pytest.fixture(params=["address", "key"])
def kate(request: pytest.FixtureRequest, settings: Any) -> dict[str, Any]:
    """A user of the project's, and what Clerk says of them."""
    settings.CLERK_LINK_VERIFIED_EMAIL = request.param == "address"
    settings.CLERK_LINK_EXTERNAL_ID = request.param == "key"
    user = create_user("kate")
    named = {"email": "kate@example.com"} if request.param == "address" else {"external_id": str(user.pk)}
    return {"user": user, "told": clerk_user("user_ada", **named)}


def tell(data: dict[str, Any]) -> ClerkUser:
    apply_profiles([read_profile(data)])
    return ClerkUser.objects.select_related("user").get()


def test_a_first_sight_without_clerk_s_answer_makes_nobody_a_second_time(kate: dict[str, Any]) -> None:
    made = authenticate(request())
    assert made not in (None, kate["user"])
    assert tell(kate["told"]).user == kate["user"]
    assert list(get_user_model().objects.all()) == [kate["user"]]
    assert authenticate(request()) == kate["user"]
    later = {**kate["told"], "updated_at": milliseconds(9_000), "first_name": "Grace"}
    assert tell(later).user == kate["user"]


def test_who_has_left_traces_meanwhile_is_kept_and_named(
    kate: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    made: Any = authenticate(request())
    Post.objects.create(author=made, title="Notes")
    assert tell(kate["told"]).user == kate["user"]
    made.refresh_from_db()
    assert not made.is_active
    assert Post.objects.get().author == made
    assert f"user_ada is Django user {kate['user'].pk}, and no more user {made.pk}" in caplog.text
    assert authenticate(request()) == kate["user"]


@pytest.mark.parametrize("flags", [{"is_active": False}, {"is_staff": True}, {"is_superuser": True}])
def test_what_an_administrator_has_decided_meanwhile_holds(
    kate: dict[str, Any], flags: dict[str, bool], caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever was disabled must not come back as the user who was here before, nor rights go unseen."""
    made: Any = authenticate(request())
    get_user_model().objects.filter(pk=made.pk).update(**flags)
    assert tell(kate["told"]).user == made
    made.refresh_from_db()
    assert {name: getattr(made, name) for name in flags} == flags
    assert f"user_ada stays Django user {made.pk}" in caplog.text
    assert (authenticate(request()) is None) == (flags == {"is_active": False})


def test_what_is_in_the_row_itself_is_not_thrown_away(kate: dict[str, Any]) -> None:
    column = get_user_model()._meta.get_field("is_active")
    made: Any = authenticate(request())
    assert accounts.is_as_made(made)
    made.is_active = not column.get_default()
    assert not accounts.is_as_made(made)


def test_who_is_staff_or_linked_is_nobody_s_first_sight(kate: dict[str, Any]) -> None:
    made = authenticate(request())
    get_user_model().objects.filter(pk=kate["user"].pk).update(is_staff=True)
    assert tell(kate["told"]).user == made


def test_whom_clerk_has_told_of_once_moves_no_more(kate: dict[str, Any]) -> None:
    made = authenticate(request())
    assert tell(clerk_user("user_ada")).user == made
    assert tell({**kate["told"], "updated_at": milliseconds(9_000)}).user == made


def test_nobody_is_taken_from_a_user_of_the_project_s_own(kate: dict[str, Any]) -> None:
    own = create_user("own")
    ClerkUser.objects.create(clerk_id="user_ada", user=own)
    assert tell(kate["told"]).user == own
