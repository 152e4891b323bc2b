"""Staff, superusers and groups by application role: given by the sync alone, and only what it gave is taken back."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from django_clerk.core.profiles import Profile, read_profile
from django_clerk.models import ClerkUser
from django_clerk.signals import user_synced
from django_clerk.sync import Outcome, apply_profiles, delete_user
from tests.deliveries import clerk_user, deleted_user, deliver, listening
from tests.mint import bearer
from tests.testapp.people import create_user

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.webhook_urls")]

MAPPING: dict[str, Any] = {
    "CLERK_STAFF_ROLES": ["admin", "editor"],
    "CLERK_SUPERUSER_ROLES": ["admin"],
    "CLERK_ROLE_GROUPS": {"admin": ["Editors", "Auditors"], "editor": ["Editors"]},
}


@pytest.fixture
def mapped() -> Iterator[None]:
    with override_settings(**MAPPING):
        yield


@pytest.fixture
def groups() -> dict[str, Group]:
    return {name: Group.objects.create(name=name) for name in ("Editors", "Auditors", "Others")}


def told(role: str | None, *, at: int, clerk_id: str = "user_ada", **changes: Any) -> Outcome:
    """Apply what Clerk says of a user who has a role from this moment on."""
    data = clerk_user(clerk_id, at=at, public_metadata={} if role is None else {"role": role}, **changes)
    return apply_profiles([read_profile(data)])[clerk_id]


def has(clerk_id: str = "user_ada") -> tuple[bool, bool, list[str]]:
    """Return whether a user is staff and a superuser, and the groups."""
    user = ClerkUser.objects.get(clerk_id=clerk_id).user
    assert user is not None
    return user.is_staff, user.is_superuser, sorted(group.name for group in user.groups.all())


def user() -> Any:
    return ClerkUser.objects.get(clerk_id="user_ada").user


NOTHING: tuple[bool, bool, list[str]] = (False, False, [])


class TestWhatARoleGives:
    @pytest.mark.usefixtures("mapped")
    def test_with_the_user(self, groups: Any) -> None:
        told("admin", at=1)
        assert has() == (True, True, ["Auditors", "Editors"])

    @pytest.mark.usefixtures("mapped")
    def test_later_and_less_and_never(self, groups: Any) -> None:
        told(None, at=1)
        assert has() == NOTHING
        told("admin", at=2)
        assert has() == (True, True, ["Auditors", "Editors"])
        told("editor", at=3)
        assert has() == (True, False, ["Editors"])
        told("reader", at=4)
        assert has() == NOTHING
        assert ClerkUser.objects.get().granted == {}

    @pytest.mark.usefixtures("mapped")
    def test_to_many_at_once(self, groups: Any) -> None:
        for at, role in ((1, "editor"), (2, "admin"), (3, None)):
            metadata = {"role": role} if role else {}
            page = [clerk_user(f"user_{number}", at=at, public_metadata=metadata) for number in range(5)]
            apply_profiles([read_profile(data) for data in page])
            expected = {"editor": (True, False, ["Editors"]), "admin": (True, True, ["Auditors", "Editors"])}
            for number in range(5):
                assert has(f"user_{number}") == expected.get(role or "", NOTHING)

    @pytest.mark.usefixtures("mapped")
    def test_by_webhook(self, groups: Any, client: Client) -> None:
        data = clerk_user(public_metadata={"role": "admin"}, at=1)
        assert deliver(client, "user.created", data).status_code == 200
        assert has() == (True, True, ["Auditors", "Editors"])
        assert deliver(client, "user.updated", clerk_user(at=2)).status_code == 200
        assert has() == NOTHING

    @pytest.mark.usefixtures("mapped")
    @pytest.mark.usefixtures("groups")
    def test_a_late_event_gives_nothing_back(self) -> None:
        told("admin", at=1)
        told(None, at=3)
        assert told("admin", at=2) is Outcome.STALE
        assert has() == NOTHING

    @pytest.mark.usefixtures("mapped")
    def test_a_receiver_that_raises_undoes_it(self, groups: Any, client: Client) -> None:
        def fail(**kwargs: Any) -> None:
            raise RuntimeError("of a receiver")

        told(None, at=1)
        user_synced.connect(fail)
        try:
            with pytest.raises(RuntimeError):
                told("admin", at=2)
        finally:
            user_synced.disconnect(fail)
        assert has() == NOTHING
        assert ClerkUser.objects.get().granted == {}

    @pytest.mark.usefixtures("mapped")
    def test_receivers_see_it(self, groups: Any) -> None:
        with listening() as said:
            told("admin", at=1)
        assert [arguments["user"].is_staff for _, arguments in said] == [True]

    @pytest.mark.usefixtures("groups")
    def test_settings_that_come_later(self) -> None:
        told("admin", at=1)
        assert has() == NOTHING
        with override_settings(**MAPPING):
            assert told("admin", at=1) is Outcome.UPDATED
            assert has() == (True, True, ["Auditors", "Editors"])
            assert told("admin", at=1) is Outcome.UNCHANGED
        assert told("admin", at=1) is Outcome.UPDATED  # and go again
        assert has() == NOTHING

    def test_a_change_is_logged_without_the_person(self, caplog: pytest.LogCaptureFixture) -> None:
        with override_settings(**MAPPING), caplog.at_level(logging.INFO, "django_clerk"):
            told("admin", at=1, email="ada@example.com")
        line = next(record.getMessage() for record in caplog.records if record.levelno == logging.INFO)
        assert line == "The role of user_ada has changed their rights in Django: is_staff=True, is_superuser=True."


class TestByDefault:
    def test_nothing_is_written(self, groups: Any) -> None:
        told("admin", at=1)
        get_user_model().objects.update(is_staff=True)
        user().groups.add(groups["Others"])
        told(None, at=2)
        told("admin", at=3)
        assert has() == (True, False, ["Others"])
        assert ClerkUser.objects.get().granted == {}

    def test_nothing_is_asked(self) -> None:
        told("editor", at=1)
        with CaptureQueriesContext(connection) as captured:
            told("admin", at=2)
        assert not [query for query in captured if "auth_group" in query["sql"]]


@pytest.mark.usefixtures("mapped")
class TestWhatWasGivenByHand:
    def test_stays(self, groups: Any) -> None:
        told(None, at=1)
        ada = user()
        ada.is_staff = True
        ada.save()
        ada.groups.add(groups["Editors"], groups["Others"])
        told("admin", at=2)
        assert has() == (True, True, ["Auditors", "Editors", "Others"])
        told(None, at=3)
        assert has() == (True, False, ["Editors", "Others"])

    def test_what_was_taken_by_hand_stays_away_while_the_role_does(self, groups: Any) -> None:
        told("admin", at=1)
        ada = user()
        ada.is_superuser = False
        ada.save()
        ada.groups.remove(groups["Auditors"])
        told("admin", at=2, first_name="Augusta")
        assert has() == (True, False, ["Editors"])
        told("editor", at=3)
        told("admin", at=4)
        assert has() == (True, True, ["Auditors", "Editors"])

    def test_a_renamed_group_is_left_with_the_role(self, groups: Any) -> None:
        told("editor", at=1)
        Group.objects.filter(name="Editors").update(name="Writers")
        told(None, at=2)
        assert has() == NOTHING

    def test_a_deleted_group(self, groups: Any) -> None:
        told("editor", at=1)
        groups["Editors"].delete()
        told(None, at=2)
        assert has() == NOTHING


@pytest.mark.usefixtures("mapped")
class TestWhoIsRefused:
    @pytest.mark.parametrize(
        "metadata",
        [
            {"role": ["admin"]},
            {"role": "Admin"},
            {"role": " admin"},
            {"role": "ad\0min"},
            {"role": "org:admin"},
            {"other": {"role": "admin"}},
            {"role": {"role": "admin"}},
        ],
    )
    def test_what_is_no_such_role(self, metadata: dict[str, Any], groups: Any) -> None:
        apply_profiles([read_profile(clerk_user(public_metadata=metadata))])
        assert has() == NOTHING

    def test_unsafe_and_private_metadata(self, groups: Any) -> None:
        told(None, at=1, unsafe_metadata={"role": "admin"}, private_metadata={"role": "admin"})
        assert has() == NOTHING

    @override_settings(CLERK_PROVISION_USERS="claims")
    def test_a_role_in_a_token(self, groups: Any, client: Client) -> None:
        client.get("/admin/", headers=bearer(metadata={"role": "admin"}))
        assert ClerkUser.objects.get().synced_at is None
        assert has() == NOTHING
        told(None, at=1)
        client.get("/admin/", headers=bearer(metadata={"role": "admin"}))
        assert has() == NOTHING

    def test_users_without_a_row_of_clerks(self, groups: Any) -> None:
        root = create_user("root", is_staff=True, is_superuser=True)
        told("admin", at=1)
        told(None, at=2)
        root.refresh_from_db()
        assert root.is_staff
        assert root.is_superuser

    @override_settings(CLERK_LINK_VERIFIED_EMAIL=True)
    def test_links_to_staff(self, groups: Any) -> None:
        root = create_user("root", is_staff=True)
        told("admin", at=1, email="root@example.com")
        assert user() != root
        other = create_user("eve")
        apply_profiles(
            [read_profile(clerk_user("user_eve", email="eve@example.com", public_metadata={"role": "editor"}))]
        )
        assert ClerkUser.objects.get(clerk_id="user_eve").user == other
        assert has("user_eve") == (True, False, ["Editors"])

    def test_groups_that_do_not_exist(self, caplog: pytest.LogCaptureFixture) -> None:
        told("editor", at=1)
        assert has() == (True, False, [])
        assert "the group 'Editors', which does not exist" in caplog.text
        assert not Group.objects.exists()
        Group.objects.create(name="Editors")
        assert told("editor", at=1) is Outcome.UPDATED
        assert has() == (True, False, ["Editors"])


@pytest.mark.usefixtures("mapped")
class TestTheEndOfAnAccount:
    @pytest.mark.parametrize("choice", ["deactivate", "anonymize"])
    def test_deletion_takes_it_back(self, choice: str, groups: Any, client: Client) -> None:
        told("admin", at=1)
        ada = user()
        ada.groups.add(groups["Others"])
        with override_settings(CLERK_ON_USER_DELETED=choice):
            assert deliver(client, "user.deleted", deleted_user()).status_code == 200
        ada.refresh_from_db()
        assert not ada.is_active
        assert has() == (False, False, ["Others"])
        assert told("admin", at=9) is Outcome.GONE

    @override_settings(CLERK_ON_USER_DELETED="delete")
    def test_deletion_of_the_django_user(self, groups: Any) -> None:
        told("admin", at=1)
        assert delete_user("user_ada")
        assert not get_user_model().objects.exists()

    def test_a_ban_shuts_out_and_its_end_lets_in(self, groups: Any) -> None:
        told("admin", at=1)
        told("admin", at=2, banned=True)
        assert not user().is_active
        told(None, at=3, banned=True)
        told(None, at=4)
        assert user().is_active
        assert has() == NOTHING

    def test_a_new_django_user_starts_anew(self, groups: Any) -> None:
        told("editor", at=1)
        user().delete()
        assert apply_profiles([Profile(clerk_id="user_ada", is_complete=False)])["user_ada"] is Outcome.CREATED
        assert has() == (True, False, ["Editors"])
        told(None, at=2)
        assert has() == NOTHING
