"""Profiles applied to rows: what becomes of each, who hears of it, what it costs, and how accounts are closed."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, models
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from django_clerk.core.profiles import Profile, read_profile
from django_clerk.models import ClerkUser
from django_clerk.sync import Outcome, apply_profiles, delete_user
from tests.deliveries import clerk_user, listening
from tests.testapp.models import Post
from tests.testapp.people import create_user

pytestmark = pytest.mark.django_db


def apply(*users: dict[str, Any]) -> list[Outcome]:
    return list(apply_profiles([read_profile(user) for user in users]).values())


def row(clerk_id: str = "user_ada") -> ClerkUser:
    return ClerkUser.objects.select_related("user").get(clerk_id=clerk_id)


def page(size: int, **changes: Any) -> list[dict[str, Any]]:
    return [clerk_user(f"user_{number}", email=f"{number}@example.com", **changes) for number in range(size)]


# Outcomes


def test_what_becomes_of_profiles() -> None:
    assert apply(clerk_user(at=2)) == [Outcome.CREATED]
    assert apply(clerk_user(at=2)) == [Outcome.UNCHANGED]
    assert apply(clerk_user(at=3)) == [Outcome.UPDATED]
    assert apply(clerk_user(at=2)) == [Outcome.STALE]
    delete_user("user_ada")
    assert apply(clerk_user(at=4)) == [Outcome.GONE]
    assert apply() == []


def test_several_at_once() -> None:
    apply(clerk_user("user_old", at=5), clerk_user("user_same", at=5), clerk_user("user_new", at=1))
    delete_user("user_gone")
    outcomes = apply_profiles(
        read_profile(clerk_user(f"user_{name}", at=at))
        for name, at in {"old": 1, "same": 5, "new": 9, "gone": 9, "first": 1}.items()
    )
    assert {clerk_id.removeprefix("user_"): outcome.value for clerk_id, outcome in outcomes.items()} == {
        "old": "stale",
        "same": "unchanged",
        "new": "updated",
        "gone": "gone",
        "first": "created",
    }


def test_everything_is_kept() -> None:
    member = {
        "username": "ada",
        "external_id": "7",
        "public_metadata": {"role": "admin", "n": [1, 2.5, None, True, {"a": "\U0001f9d1"}]},
        "unsafe_metadata": {"theme": "dark"},
        "two_factor_enabled": True,
        "last_sign_in_at": 1_767_225_600_123,
    }
    apply(clerk_user(email="ada@example.com", **member))
    stored = row()
    assert {
        name: getattr(stored, name) for name in ("username", "external_id", "public_metadata", "unsafe_metadata")
    } == {name: member[name] for name in ("username", "external_id", "public_metadata", "unsafe_metadata")}
    assert stored.last_sign_in_at == datetime(2026, 1, 1, 0, 0, 0, 123000, timezone.utc)
    assert (stored.email, stored.email_verified, stored.two_factor_enabled, stored.role) == (
        "ada@example.com",
        True,
        True,
        "admin",
    )
    assert stored.synced_at is not None
    assert str(stored) == "user_ada"


@pytest.mark.parametrize(
    ("claim", "role"), [("metadata.role", "admin"), ("public.app.role", "editor"), ("role", "admin")]
)
def test_the_role_is_where_the_setting_says(claim: str, role: str) -> None:
    with override_settings(CLERK_ROLE_CLAIM=claim):
        apply(clerk_user(public_metadata={"role": "admin", "app": {"role": "editor"}}))
    assert row().role == role


def test_a_user_known_by_id_only_is_filled_in_later() -> None:
    assert apply_profiles([Profile(clerk_id="user_ada", is_complete=False)]) == {"user_ada": Outcome.CREATED}
    user = row().user
    assert (row().synced_at, row().first_name, user.has_usable_password()) == (None, "", False)
    assert apply_profiles([Profile(clerk_id="user_ada", is_complete=False)]) == {"user_ada": Outcome.UNCHANGED}
    assert apply(clerk_user(email="ada@example.com")) == [Outcome.UPDATED]
    assert (row().user, row().user.email) == (user, "ada@example.com")


def test_an_empty_user_is_complete_too() -> None:
    apply_profiles([Profile(clerk_id="user_ada", is_complete=False)])
    assert apply({"id": "user_ada"}) == [Outcome.UPDATED]
    assert apply({"id": "user_ada"}) == [Outcome.UNCHANGED]


@pytest.mark.parametrize("size", [1, 3])
def test_only_changes_are_told(size: int) -> None:
    with listening() as said:
        apply(*page(size))
        apply(*page(size))
        apply(*page(size, at=5_000))
        apply(*page(size, at=1))
    assert [arguments["created"] for _, arguments in said] == [True] * size + [False] * size
    assert all(arguments["user"].pk and arguments["event"] is None for _, arguments in said)


@override_settings(USE_TZ=False, TIME_ZONE="America/New_York")
def test_a_project_without_time_zones() -> None:
    """Naive, and in UTC: in local time an hour of autumn comes twice, and the later state could look older."""
    autumn = datetime(2026, 11, 1, 5, 30, tzinfo=timezone.utc)
    for hours, first_name in enumerate(["Ada", "Grace"]):
        milliseconds = int((autumn + timedelta(hours=hours)).timestamp() * 1000)
        assert apply(clerk_user(first_name=first_name, updated_at=milliseconds))[0] in (
            Outcome.CREATED,
            Outcome.UPDATED,
        )
        assert apply(clerk_user(first_name=first_name, updated_at=milliseconds)) == [Outcome.UNCHANGED]
    assert row().updated_at == datetime(2026, 11, 1, 6, 30)  # noqa: DTZ001 - that is the point
    assert delete_user("user_ada", deleted_at=autumn)
    assert row().deleted_at == datetime(2026, 11, 1, 5, 30)  # noqa: DTZ001


# Costs


@pytest.mark.parametrize("linked", [False, True])
def test_a_page_costs_as_many_queries_as_a_pair(linked: bool, settings) -> None:
    settings.CLERK_LINK_VERIFIED_EMAIL = settings.CLERK_LINK_EXTERNAL_ID = linked
    asked = []
    for size in (2, 20):
        ClerkUser.objects.all().delete()
        get_user_model().objects.all().delete()
        if linked:
            people = [create_user(str(number)) for number in range(size)]
        for changes in ({}, {}, {"at": 5_000, "first_name": "Grace"}):
            with CaptureQueriesContext(connection) as captured:
                apply(*page(size, **changes))
            asked.append(sum("SAVEPOINT" not in query["sql"] for query in captured))
        assert not linked or {user.clerk.clerk_id for user in people} == {f"user_{number}" for number in range(size)}
    assert asked[:3] == asked[3:]
    assert max(asked) <= 10
    assert asked[1] == 1  # nothing has changed, so nothing is locked


# Closing


def test_deactivated() -> None:
    apply(clerk_user(email="ada@example.com"))
    with listening() as said:
        assert delete_user("user_ada")
        assert not delete_user("user_ada")
    user = get_user_model().objects.get()
    assert (user.is_active, user.email, row().email, row().user) == (False, "ada@example.com", "", user)
    assert [(name, arguments["user"], arguments["event"]) for name, arguments in said] == [("user_deleted", user, None)]


@override_settings(CLERK_ON_USER_DELETED="anonymize")
@pytest.mark.parametrize("has_user", [True, False])
def test_anonymized(has_user: bool) -> None:
    person = {
        "username": "ada",
        "external_id": "7",
        "public_metadata": {"role": "admin"},
        "unsafe_metadata": {"a": "b"},
    }
    apply(clerk_user(email="ada@example.com", **person))
    kept = row()
    kept.user.set_password("secret")
    kept.user.save()
    if not has_user:
        kept.user.delete()
    delete_user("user_ada")
    closed = row()
    assert (closed.clerk_id, closed.created_at, closed.updated_at, closed.told_at) == ("user_ada", None, None, None)
    for name in ("email", "username", "first_name", "last_name", "image_url", "external_id", "role"):
        assert getattr(closed, name) == ""
    assert (closed.public_metadata, closed.unsafe_metadata, closed.email_verified) == ({}, {}, False)
    if has_user:
        assert (closed.user.is_active, closed.user.has_usable_password()) == (False, False)
        assert closed.user.email == f"deleted-{closed.user.pk}@clerk.invalid"
        assert "ada" not in closed.user.get_username() + getattr(closed.user, "first_name", "")


@override_settings(CLERK_ON_USER_DELETED="delete")
def test_deleted() -> None:
    apply(clerk_user(email="ada@example.com"))
    Post.objects.create(author=row().user, title="Notes")
    with listening() as said:
        delete_user("user_ada")
    assert not get_user_model().objects.exists()
    assert not Post.objects.exists()
    assert (row().user, row().email, row().deleted_at is None) == (None, "", False)
    assert [arguments["user"] for _, arguments in said] == [None]


@override_settings(CLERK_ON_USER_DELETED="delete")
@pytest.mark.parametrize("on_delete", [models.PROTECT, models.RESTRICT, models.DO_NOTHING])
def test_who_is_needed_is_anonymized(on_delete: Any, monkeypatch, caplog) -> None:
    monkeypatch.setattr(Post._meta.get_field("author").remote_field, "on_delete", on_delete)
    apply(clerk_user(email="ada@example.com"))
    Post.objects.create(author=row().user, title="Notes")
    delete_user("user_ada")
    connection.check_constraints()  # as at the end of the transaction
    assert (row().user.is_active, row().email) == (False, "")
    assert row().user.email.endswith("@clerk.invalid")
    assert "Anonymized instead" in caplog.text


@pytest.mark.skipif(connection.vendor != "sqlite", reason="only SQLite holds what a check would refuse")
@override_settings(CLERK_ON_USER_DELETED="delete")
def test_what_was_broken_before_keeps_nobody() -> None:
    with connection.constraint_checks_disabled(), connection.cursor() as cursor:
        apply(clerk_user())
        Post.objects.create(author=row().user, title="Of nobody")
        cursor.execute(f"UPDATE {Post._meta.db_table} SET author_id = 99999")
        delete_user("user_ada")
        assert row().user is None
        Post.objects.all().delete()


@pytest.mark.parametrize("choice", ["deactivate", "anonymize", "delete"])
def test_a_user_never_seen_leaves_a_row(choice: str, settings) -> None:
    settings.CLERK_ON_USER_DELETED = choice
    with listening() as said:
        assert delete_user("user_ada", deleted_at=datetime(2026, 1, 1, tzinfo=timezone.utc))
    assert (row().user, row().deleted_at) == (None, datetime(2026, 1, 1, tzinfo=timezone.utc))
    assert [arguments["user"] for _, arguments in said] == [None]


def test_users_of_the_project_alone_are_left_alone() -> None:
    ada = create_user("ada")
    apply(clerk_user())
    delete_user("user_ada")
    ada.refresh_from_db()
    assert ada.is_active
