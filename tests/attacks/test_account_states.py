"""Accounts that were closed, banned or disabled, and the ways to come back that must not work."""

from __future__ import annotations

import itertools
from datetime import datetime, timezone
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from django_clerk.backends import ClerkBackend, provision
from django_clerk.core.auth import Auth
from django_clerk.core.claims import SessionClaims
from django_clerk.core.profiles import read_profile
from django_clerk.models import ClerkUser, ClerkWebhookEvent
from django_clerk.sync import Outcome, apply_profiles, delete_user
from tests.deliveries import clerk_user, deleted_user, deliver, event_body, headers, milliseconds, post
from tests.testapp.people import create_user

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.webhook_urls")]

COMERS = ["webhook", "update", "sync", "claims"]


def row() -> ClerkUser:
    return ClerkUser.objects.select_related("user").get(clerk_id="user_ada")


def come(client: Client, way: str, **member: Any) -> None:
    """Let news of user_ada come in by one of the ways."""
    data = clerk_user(at=5_000, **member)
    if way == "sync":
        apply_profiles([read_profile(data)])
    elif way == "claims":
        provision("user_ada")
    else:
        assert deliver(client, "user.created" if way == "webhook" else "user.updated", data).status_code == 200


# Deleted


@pytest.mark.parametrize("known", [True, False], ids=["known", "never seen"])
@pytest.mark.parametrize("way", COMERS)
def test_a_deleted_user_never_comes_back(way: str, known: bool, client: Client) -> None:
    if known:
        deliver(client, "user.created", clerk_user())
    assert deliver(client, "user.deleted", deleted_user(), timestamp=milliseconds(2_000)).status_code == 200
    come(client, way, email="ada@example.com")
    closed = row()
    assert closed.deleted_at == datetime(2026, 1, 1, 0, 33, 20, tzinfo=timezone.utc)
    assert (closed.user is not None, closed.email) == (known, "")
    assert not known or not closed.user.is_active
    assert get_user_model().objects.count() == int(known)


@pytest.mark.parametrize("choice", ["deactivate", "anonymize", "delete"])
@pytest.mark.parametrize("way", COMERS)
def test_whatever_was_done_with_the_user(way: str, choice: str, client: Client, settings) -> None:
    settings.CLERK_ON_USER_DELETED = choice
    deliver(client, "user.created", clerk_user(email="ada@example.com"))
    deliver(client, "user.deleted", deleted_user())
    come(client, way, email="ada@example.com")
    assert get_user_model().objects.filter(is_active=True).count() == 0
    assert ClerkBackend().authenticate(None, clerk_auth=signed_in()) is None
    assert get_user_model().objects.count() == (0 if choice == "delete" else 1)


def test_deleting_twice_has_one_effect(client: Client) -> None:
    deliver(client, "user.deleted", deleted_user(), timestamp=milliseconds(1))
    deliver(client, "user.deleted", deleted_user(), timestamp=milliseconds(2))
    assert row().deleted_at == datetime(2026, 1, 1, 0, 0, 1, tzinfo=timezone.utc)
    assert not delete_user("user_ada")


def test_a_deleted_user_is_not_linked(client: Client, settings) -> None:
    settings.CLERK_LINK_VERIFIED_EMAIL = True
    ada = create_user("ada")
    deliver(client, "user.deleted", deleted_user())
    deliver(client, "user.created", clerk_user(email="ada@example.com"))
    ada.refresh_from_db()
    assert not hasattr(ada, "clerk")
    assert ada.is_active


# Banned


def test_a_ban_disables_and_its_end_enables(client: Client) -> None:
    deliver(client, "user.created", clerk_user(at=1))
    deliver(client, "user.updated", clerk_user(at=2, banned=True))
    assert (row().user.is_active, row().may_sign_in) == (False, False)
    deliver(client, "user.updated", clerk_user(at=3))
    assert (row().user.is_active, row().may_sign_in) == (True, True)


def test_who_arrives_banned_is_disabled(client: Client) -> None:
    deliver(client, "user.created", clerk_user(at=1, banned=True))
    assert not row().user.is_active
    deliver(client, "user.updated", clerk_user(at=2))
    assert row().user.is_active


@pytest.mark.parametrize("way", COMERS)
@pytest.mark.parametrize("banned", [False, True])
def test_who_was_disabled_here_stays_so(way: str, banned: bool, client: Client) -> None:
    deliver(client, "user.created", clerk_user(at=1))
    get_user_model().objects.update(is_active=False)
    deliver(client, "user.updated", clerk_user(at=2, banned=banned))
    come(client, way)
    assert not row().user.is_active


def test_a_ban_in_the_page_of_a_sync_enables_nobody_else() -> None:
    """What is written is_active for one must not be written for all: another may have been disabled meanwhile."""
    names = [f"user_{number}" for number in range(5)]
    apply_profiles([read_profile(clerk_user(name, at=1)) for name in names])
    table, done = get_user_model()._meta.db_table, []

    def meanwhile(execute, sql, *args):
        """Disable a user, as an administrator may, between what is read and what is written."""
        if sql.startswith("UPDATE") and table in sql and not done:
            done.append(sql)
            get_user_model().objects.filter(clerk__clerk_id="user_4").update(is_active=False)
        return execute(sql, *args)

    page = [
        clerk_user(name, email=f"{name}@example.com", at=2, first_name="Grace", banned=name == "user_0")
        for name in names
    ]
    with connection.execute_wrapper(meanwhile):
        apply_profiles([read_profile(data) for data in page])
    active = dict(ClerkUser.objects.values_list("clerk_id", "user__is_active"))
    assert done
    assert active == {"user_0": False, "user_1": True, "user_2": True, "user_3": True, "user_4": False}


@pytest.mark.parametrize("member", [{"banned": True}, {"locked": True}])
def test_banned_and_locked_users_are_nobody(member: dict[str, bool], client: Client) -> None:
    deliver(client, "user.created", clerk_user(**member))
    assert ClerkBackend().authenticate(None, clerk_auth=signed_in()) is None


# Removed by hand


@pytest.mark.parametrize("way", COMERS)
def test_who_lost_the_django_user_gets_a_new_one(way: str, client: Client) -> None:
    deliver(client, "user.created", clerk_user(email="ada@example.com", public_metadata={"role": "editor"}))
    get_user_model().objects.all().delete()
    come(client, way, email="ada@example.com", public_metadata={"role": "editor"})
    assert row().user.email == "ada@example.com"
    assert (row().role, row().email) == ("editor", "ada@example.com")


@pytest.mark.parametrize("kind", ["user.created", "user.updated"])
def test_nor_do_old_news_count_then(kind: str, client: Client) -> None:
    deliver(client, "user.updated", clerk_user(at=9, first_name="Grace", public_metadata={"role": "guest"}))
    get_user_model().objects.all().delete()
    deliver(client, kind, clerk_user(at=1, public_metadata={"role": "admin"}))
    assert (row().role, row().first_name) == ("guest", "Grace")
    assert row().user is not None


@pytest.mark.parametrize("way", COMERS)
def test_a_banned_user_does_not_get_an_active_one(way: str, client: Client) -> None:
    deliver(client, "user.created", clerk_user(at=1, banned=True))
    get_user_model().objects.all().delete()
    come(client, way, banned=True)
    assert not row().user.is_active
    deliver(client, "user.updated", clerk_user(at=6_000))
    assert row().user.is_active


# Order

HISTORY = [
    ("user.created", clerk_user(at=1, public_metadata={"role": "admin"})),
    ("user.updated", clerk_user(at=2, banned=True)),
    ("user.updated", clerk_user(at=3, first_name="Grace", public_metadata={"role": "guest"})),
]
DELETED = ("user.deleted", deleted_user())


def tell(client: Client, events: Any) -> dict[str, Any]:
    """Deliver events to an empty database and return what it says at the end."""
    for model in (ClerkUser, ClerkWebhookEvent, get_user_model()):
        model.objects.all().delete()
    for kind, data in events:
        assert deliver(client, kind, data, timestamp=data.get("updated_at", milliseconds(4))).status_code == 200
    (kept,) = ClerkUser.objects.values("role", "first_name", "banned", "updated_at", "deleted_at", "user__is_active")
    return kept


def test_every_order_of_living_ends_the_same(client: Client) -> None:
    wanted = tell(client, HISTORY)
    assert (wanted["role"], wanted["first_name"], wanted["banned"], wanted["user__is_active"]) == (
        "guest",
        "Grace",
        False,
        True,
    )
    for order in itertools.permutations(HISTORY):
        assert tell(client, order) == wanted


def test_every_order_with_a_death_ends_dead(client: Client) -> None:
    for order in itertools.permutations([*HISTORY, DELETED]):
        end = tell(client, order)
        assert end["deleted_at"] is not None
        assert not end["user__is_active"]


def test_of_two_states_of_one_moment_the_later_told_stays(client: Client) -> None:
    first, second = clerk_user(at=1, first_name="First"), clerk_user(at=1, first_name="Second")
    for events in ((first, second), (second, first), (first, second, first), (second, first, second)):
        ClerkUser.objects.all().delete()
        for data in events:
            told = milliseconds(1 if data is first else 1.5)
            deliver(client, "user.updated", data, timestamp=told)
        assert row().first_name == "Second"


def test_a_listing_without_moment_changes_no_row_that_has_one() -> None:
    apply_profiles([read_profile(clerk_user(first_name="Grace"))])
    assert apply_profiles([read_profile(clerk_user(updated_at=None))]) == {"user_ada": Outcome.STALE}
    assert row().first_name == "Grace"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_storm(client: Client, data: st.DataObject) -> None:
    """Histories of two users, shuffled, with events doubled under their own id and under another endpoint's."""
    lives = data.draw(st.lists(st.integers(1, 6), min_size=1, max_size=5, unique=True))
    dead = data.draw(st.booleans())
    events = [
        (
            "user.created" if at == min(lives) else "user.updated",
            clerk_user(at=at, first_name=f"at {at}", banned=at == 4),
        )
        for at in lives
    ]
    events += [DELETED] if dead else []
    sent = [(f"msg_{number}", *event) for number, event in enumerate(events)]
    again = data.draw(st.lists(st.sampled_from(sent), max_size=4))
    elsewhere = [(f"{svix_id}_2", *event) for svix_id, *event in data.draw(st.lists(st.sampled_from(sent), max_size=3))]
    for model in (ClerkUser, ClerkWebhookEvent, get_user_model()):
        model.objects.all().delete()
    for svix_id, kind, about in data.draw(st.permutations([*sent, *again, *elsewhere])):
        body = event_body(kind, about)
        assert post(client, body, headers(body, svix_id=svix_id)).status_code == 200
    end = row()
    assert (end.deleted_at is not None) is dead
    if not dead:
        assert (end.first_name, end.user.is_active) == (f"at {max(lives)}", max(lives) != 4)


def signed_in() -> Auth:
    return Auth(SessionClaims({"sub": "user_ada"}))
