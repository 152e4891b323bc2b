"""Clerk users who reach for somebody else's Django user by a key, or for more than is theirs by metadata."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from django_clerk.models import ClerkUser
from tests.attacks.test_identity import arrive
from tests.deliveries import clerk_user, deliver
from tests.testapp.people import create_user

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.webhook_urls")]


@pytest.fixture
def by_key(settings) -> None:
    settings.CLERK_LINK_EXTERNAL_ID = True


# By external id


@pytest.mark.parametrize("flag", [True, False])
def test_an_external_id_links(flag: bool, client: Client, settings) -> None:
    settings.CLERK_LINK_EXTERNAL_ID = flag
    kate = create_user("kate")
    assert (arrive(client, external_id=str(kate.pk)) == kate) is flag


@pytest.mark.parametrize(
    "spelling",
    [
        "0{}", "00{}", "+{}", "-{}", " {}", "{} ", "\t{}", "{}\n", "\u00a0{}", "{}\0", "\0{}", "{}.0", "{}.", "{}e0",
        "{}_", "_{}", "0x{}", "0b{}", "{}L", "{},", "({})", "[{}]", '"{}"', "pk:{}", "id={}", "{} OR 1=1", "{}; --",
        "{}\ud800", "{}%", "{}\u0300", "{}\u200b", "\u200e{}", "{}" + " " * 300 + "x", "True", "None", "*", "%", "",
    ],
    ids=ascii,
)  # fmt: skip
def test_another_spelling_is_another_key(spelling: str, client: Client, by_key: None) -> None:
    kate = create_user("kate")
    assert arrive(client, external_id=spelling.format(kate.pk)) != kate


@pytest.mark.parametrize("zero", [0x660, 0x966, 0xFF10, 0x1D7CE], ids=hex)
def test_digits_of_another_script_are_another_key(zero: int, client: Client, by_key: None) -> None:
    kate = create_user("kate")
    assert arrive(client, external_id="".join(chr(zero + int(digit)) for digit in str(kate.pk))) != kate


@pytest.mark.parametrize("external_id", [1, True, 1.0, ["1"], {"id": "1"}, "9" * 30, "-1", "9" * 255])
def test_what_is_no_key_finds_nobody(external_id: Any, client: Client, by_key: None) -> None:
    people = [create_user(name) for name in ("kate", "kay")]
    assert arrive(client, external_id=external_id) not in people


# Privileges


@pytest.mark.parametrize("kind", ["public_metadata", "unsafe_metadata", "private_metadata"])
def test_metadata_gives_no_flags(kind: str, client: Client) -> None:
    wanted = {"is_staff": True, "is_superuser": True, "is_active": True, "groups": ["admins"], "role": "superuser"}
    user = arrive(client, **{kind: {**wanted, "user_permissions": ["auth.delete_user"], "user": wanted}}, **wanted)
    assert (user.is_staff, user.is_superuser, user.groups.count(), user.user_permissions.count()) == (
        False,
        False,
        0,
        0,
    )
    assert ClerkUser.objects.get().role == ("superuser" if kind == "public_metadata" else "")


def test_members_of_the_payload_are_not_columns(client: Client) -> None:
    kate = create_user("kate")
    odd = {"pk": 7, "user": kate.pk, "user_id": kate.pk, "deleted_at": 0, "disabled_by_sync": True, "role": "admin"}
    user = arrive(client, password="x", password_enabled=True, **odd)
    row = ClerkUser.objects.get()
    assert user != kate
    assert not user.has_usable_password()
    assert (row.deleted_at, row.disabled_by_sync, row.role) == (None, False, "")


def test_staff_keep_their_flags_when_clerk_updates_them(client: Client) -> None:
    """Whoever was made staff here, after signing up by Clerk, is so by our rules."""
    user = arrive(client)
    user.is_staff = user.is_superuser = True
    user.save()
    deliver(client, "user.updated", clerk_user(at=2_000, first_name="Augusta", public_metadata={"is_staff": False}))
    user.refresh_from_db()
    assert (user.is_staff, user.is_superuser) == (True, True)
