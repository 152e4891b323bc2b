"""The models: what their rows say, how they are kept apart by case, and that one migration makes them."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.utils.translation import override

from django_clerk.models import ClerkUser, ClerkWebhookEvent, IdField
from tests.testapp.people import create_user

pytestmark = pytest.mark.django_db

METADATA = {
    "role": "admin",
    "n": [1, 2.5, 1e22, -0.0, 2**53 + 1, None, True],
    "\U0001f9d1": {"'\";\\": "\u2028"},
    "": "",
}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        ({"banned": True}, False),
        ({"locked": True}, False),
        ({"deleted_at": datetime.now(timezone.utc)}, False),
    ],
)
def test_who_may_sign_in(changes: dict[str, object], expected: bool) -> None:
    assert ClerkUser(clerk_id="user_ada", **changes).may_sign_in is expected


def test_names() -> None:
    assert str(ClerkUser(clerk_id="user_ada")) == "user_ada"
    assert str(ClerkWebhookEvent(svix_id="msg_1", type="user.created")) == "user.created msg_1"
    with override("en"):
        assert ClerkUser._meta.verbose_name_plural == "Clerk users"


@pytest.mark.parametrize("field", ["public_metadata", "unsafe_metadata"])
def test_metadata_comes_back_as_it_was(field: str) -> None:
    ClerkUser.objects.create(clerk_id="user_ada", **{field: METADATA})
    assert getattr(ClerkUser.objects.get(), field) == METADATA
    assert ClerkUser.objects.filter(**{f"{field}__role": "admin"}).exists()


def test_the_clerk_id_is_unique_and_case_counts() -> None:
    for clerk_id in ("user_a", "user_A"):
        ClerkUser.objects.create(clerk_id=clerk_id)
    assert ClerkUser.objects.get(clerk_id="user_A").clerk_id == "user_A"
    assert [user.clerk_id for user in ClerkUser.objects.filter(clerk_id__in=["user_A"])] == ["user_A"]
    with pytest.raises(IntegrityError), transaction.atomic():
        ClerkUser.objects.create(clerk_id="user_A")


@pytest.mark.parametrize("name", [field.name for field in ClerkUser._meta.fields if isinstance(field, IdField)])
def test_case_counts_in_ids_and_roles(name: str) -> None:
    ClerkUser.objects.create(**{"clerk_id": "user_ada", name: "Admin"})
    assert [ClerkUser.objects.filter(**{name: value}).count() for value in ("Admin", "admin", "\u00c5dmin")] == [
        1,
        0,
        0,
    ]


def test_one_django_user_has_one_clerk_user() -> None:
    ada = create_user("ada")
    ClerkUser.objects.create(clerk_id="user_ada", user=ada)
    assert ada.clerk.clerk_id == "user_ada"
    with pytest.raises(IntegrityError), transaction.atomic():
        ClerkUser.objects.create(clerk_id="user_eve", user=ada)


def test_a_deleted_django_user_leaves_the_row() -> None:
    ada = create_user("ada")
    ClerkUser.objects.create(clerk_id="user_ada", user=ada, deleted_at=datetime.now(timezone.utc))
    ada.delete()
    assert ClerkUser.objects.exclude(deleted_at=None).get().user is None


def test_an_event_is_received_once() -> None:
    ClerkWebhookEvent.objects.create(svix_id="msg_1", type="user.created")
    with pytest.raises(IntegrityError), transaction.atomic():
        ClerkWebhookEvent.objects.create(svix_id="msg_1", type="user.updated")


def test_events_are_looked_up_by_index() -> None:
    with connection.cursor() as cursor:
        constraints = connection.introspection.get_constraints(cursor, ClerkWebhookEvent._meta.db_table)
    indexed = [
        constraint["columns"] for constraint in constraints.values() if constraint["index"] or constraint["unique"]
    ]
    for columns in (["svix_id"], ["object_id", "type"], ["received_at"], ["user_id"], ["state", "received_at"]):
        assert columns in indexed


def test_there_is_one_migration_and_nothing_is_missing(capsys) -> None:
    call_command("makemigrations", "django_clerk", check=True, dry_run=True)
    migrations = MigrationLoader(None).disk_migrations
    assert [name for app, name in migrations if app == "django_clerk"] == ["0001_initial"]
