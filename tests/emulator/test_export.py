"""The command that brings Django's users to Clerk: whom it takes, whom it links, and what it says of the rest."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.core.management import CommandError, call_command
from django.test import override_settings

from django_clerk.accounts import is_made_for
from django_clerk.core.profiles import read_profile
from django_clerk.emulator.instance import Emulator
from django_clerk.models import ClerkUser
from django_clerk.signals import user_synced
from django_clerk.sync import AdoptionRefused, adopt, apply_profiles, delete_user
from tests.deliveries import clerk_user
from tests.testapp.people import create_user

pytestmark = pytest.mark.django_db

User = get_user_model()
HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher", "django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _with_the_package() -> Iterator[None]:
    with override_settings(
        ROOT_URLCONF="tests.emulator.journey_urls",
        CLERK_EMULATOR_WEBHOOK_URL="/webhooks/clerk/",
        ALLOWED_HOSTS=["localhost"],
        PASSWORD_HASHERS=HASHERS,
    ):
        yield


@pytest.fixture(params=[True, False], ids=["with webhooks", "without"])
def webhooks(request: pytest.FixtureRequest, emulator: Emulator) -> Iterator[bool]:
    if request.param:
        yield True
    else:
        with emulator.webhooks_paused():
            yield False


def has(*names: str) -> bool:
    """Tell whether the project's user model has fields of these names."""
    return {field.name for field in User._meta.get_fields()}.issuperset(names)


def person(name: str, **more: Any) -> Any:
    """Return a new user, ``more`` stored as it is: the hash of a password, and no address if so."""
    user = create_user(name)
    User.objects.filter(pk=user.pk).update(**more)
    user.refresh_from_db()
    return user


def run(*options: str) -> dict[str, Any]:
    out = io.StringIO()
    call_command("clerk_export_users", "--json", *options, stdout=out)
    summary: dict[str, Any] = json.loads(out.getvalue())
    return summary


def fail(*options: str) -> tuple[dict[str, Any], str]:
    """Run the command, which must fail. Returns its summary and what it says."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.raises(CommandError) as caught:
        call_command("clerk_export_users", "--json", *options, stdout=out, stderr=err)
    assert caught.value.returncode != 0
    said = str(caught.value)
    assert "@example.com" not in said + out.getvalue() + err.getvalue()
    return json.loads(out.getvalue()), said


def test_a_user_comes_over_whole(emulator: Emulator, webhooks: bool) -> None:
    password = make_password("correct horse", hasher="pbkdf2_sha256")
    joined = datetime(2020, 2, 29, 12, 30, 0, 250_000, tzinfo=timezone.utc)
    more = {"first_name": "Ada", "last_name": "Lovelace", "date_joined": joined} if has("date_joined") else {}
    ada = person("ada", password=password, **more)
    summary = run("--email-verified")
    assert (summary["created"], summary["without_password"], summary["failed"]) == (1, 0, {})
    [clerk] = emulator.users()
    assert clerk["external_id"] == str(ada.pk)
    if more:
        assert (clerk["first_name"], clerk["last_name"]) == ("Ada", "Lovelace")
        assert clerk["created_at"] == joined.timestamp() * 1000
    assert clerk["password_enabled"] is True
    assert clerk["email_addresses"][0]["verification"]["status"] == "verified"
    row = ClerkUser.objects.get()
    assert (row.clerk_id, row.user, row.email, row.email_verified) == (clerk["id"], ada, "ada@example.com", True)
    assert User.objects.get() == ada, "the one that the webhook made is gone"
    ada.refresh_from_db()
    assert (ada.get_username().partition("@")[0], ada.email, ada.password) == ("ada", "ada@example.com", password)


def test_an_address_is_not_called_verified_without_being_told(emulator: Emulator, webhooks: bool) -> None:
    """Whoever has registered here with another's address would own that in Clerk."""
    ada = person("ada")
    run()
    [clerk] = emulator.users()
    assert clerk["email_addresses"][0]["verification"] is None
    row = ClerkUser.objects.get()
    assert (row.user, row.email_verified) == (ada, False)
    ada.refresh_from_db()
    assert ada.email == "ada@example.com"


def test_who_is_taken(emulator: Emulator, webhooks: bool) -> None:
    person("ada")
    person("boss", is_staff=True)
    person("root", is_superuser=True)
    gone = person("gone", is_active=False)
    ClerkUser.objects.create(clerk_id="user_linked", user=person("linked"))
    summary = run()
    assert {name: summary[name] for name in ("created", "skipped_staff", "skipped_inactive", "skipped_linked")} == {
        "created": 1,
        "skipped_staff": 2,
        "skipped_inactive": 1,
        "skipped_linked": 1,
    }
    assert run("--staff")["created"] == 2
    assert User.objects.get(email="boss@example.com").clerk.user.is_staff
    assert run("--staff", "--inactive")["created"] == 1
    gone.refresh_from_db()
    assert gone.is_active is False
    assert gone.clerk.banned is True, "nor in at Clerk"
    assert User.objects.count() == 5
    emulator.unban_user(gone.clerk.clerk_id)
    gone.refresh_from_db()
    assert gone.is_active is False, "who was disabled here stays so"
    assert run("--staff", "--inactive")["created"] == 0


@pytest.mark.parametrize("password", [pytest.param(make_password(None), id="unusable"), "md5$salt$0123456789", ""])
def test_a_password_that_clerk_does_not_take_is_left_out(emulator: Emulator, password: str) -> None:
    person("ada", password=password)
    assert run()["without_password"] == 1
    assert emulator.users()[0]["password_enabled"] is False


def test_a_dry_run_asks_and_writes_nothing(emulator: Emulator) -> None:
    person("ada")
    person("nobody", email="")
    emulator.api.calls.clear()
    with override_settings(CLERK_SECRET_KEY=None):
        summary, said = fail("--dry-run")
    assert (summary["created"], summary["dry_run"], len(summary["failed"])) == (1, True, 1)
    assert "has no e-mail address" in said
    assert (list(emulator.api.calls), ClerkUser.objects.count()) == ([], 0)


def test_who_is_there_is_told(emulator: Emulator, webhooks: bool) -> None:
    """The address is taken by somebody who is not ours to link."""
    with emulator.webhooks_paused():
        emulator.create_user(email_address="ada@example.com")
    ada, grace = person("ada"), person("grace")
    summary, said = fail()
    assert summary["failed"] == {str(ada.pk): "form_identifier_exists (email_address)"}
    assert said == f"1 could not be exported: {ada.pk}: form_identifier_exists (email_address)."
    assert (summary["created"], grace.clerk.external_id) == (1, str(grace.pk))
    assert not hasattr(User.objects.get(pk=ada.pk), "clerk")


@pytest.mark.skipif(not has("username"), reason="the addresses of this user model are unique")
def test_two_with_one_address(emulator: Emulator, webhooks: bool) -> None:
    first, second = person("ada"), person("double", email="ADA@example.com")
    summary, _ = fail()
    assert list(summary["failed"]) == [str(second.pk)]
    assert ClerkUser.objects.get().user == first


def test_who_has_our_key_is_linked(emulator: Emulator) -> None:
    """As after a run that ended between Clerk's answer and the link."""
    ada = person("ada")
    with emulator.webhooks_paused():
        clerk = emulator.create_user(email_address="ada@example.com", external_id=str(ada.pk))
    summary = run()
    assert (summary["created"], summary["linked"]) == (0, 1)
    assert (ada.clerk.clerk_id, User.objects.count()) == (clerk["id"], 1)


@pytest.mark.parametrize("why", ["signed in at Clerk", "signed in here", "of another address", "of another name"])
def test_no_link_is_put_over_another(emulator: Emulator, why: str) -> None:
    """A Clerk user with our key who came by webhook, and is somebody here."""
    ada = person("ada", email="other@example.com" if why == "of another address" else "ada@example.com")
    clerk = emulator.create_user(email_address=["ada@example.com", "other@example.com"], external_id=str(ada.pk))
    other = ClerkUser.objects.get(clerk_id=clerk["id"]).user
    if why == "signed in at Clerk":
        emulator.sign_in(clerk["id"])
    elif why == "signed in here":
        User.objects.filter(pk=other.pk).update(last_login=datetime.now(timezone.utc))
    elif why == "of another name":
        User.objects.filter(pk=other.pk).update(**{User.USERNAME_FIELD: "eve@example.com"})
    summary, _ = fail()
    assert summary["failed"] == {str(ada.pk): "the Clerk user is linked to another user"}
    assert ClerkUser.objects.get().user == other
    assert User.objects.count() == 2


def test_an_interrupted_run_goes_on(emulator: Emulator, webhooks: bool) -> None:
    people = [person(f"person{number}") for number in range(5)]
    with user_synced_failing_after(2), pytest.raises(RuntimeError):
        run()
    assert ClerkUser.objects.filter(user__in=people).count() == 2
    summary = run()
    assert (summary["created"], summary["linked"]) == (2, 1)
    assert ClerkUser.objects.filter(user__in=people).count() == 5 == len(emulator.users()) == User.objects.count()


class user_synced_failing_after:  # noqa: N801 - reads as a function
    """A receiver of the project's that fails at one user more than ``count``, as a crash would."""

    def __init__(self, count: int) -> None:
        self._left = count

    def __enter__(self) -> None:
        user_synced.connect(self._receive)

    def __exit__(self, *exc: object) -> None:
        user_synced.disconnect(self._receive)

    def _receive(self, *, user: Any, clerk_user: ClerkUser, **kwargs: Any) -> None:
        if is_made_for(user, clerk_user.clerk_id) or not user.email.startswith("person"):
            return
        if self._left == 0:
            raise RuntimeError("the project's own fault")
        self._left -= 1


@pytest.mark.parametrize(("status", "what"), [(401, "CLERK_SECRET_KEY"), (403, "403"), (402, "402"), (500, "500")])
def test_what_would_fail_for_everyone_ends_the_run(emulator: Emulator, status: int, what: str) -> None:
    for name in ("ada", "grace"):
        person(name)
    emulator.api.calls.clear()
    emulator.fail_next(status=status, times=9, path="/v1/users")
    summary, said = fail()
    assert (summary["finished"], summary["created"], summary["failed"]) == (False, 0, {})
    assert said.startswith("Not finished. POST /v1/users: ")
    assert what in said
    assert len(emulator.api.calls) == 1


def test_the_summary_in_words(emulator: Emulator) -> None:
    person("ada")
    person("boss", is_staff=True)
    out = io.StringIO()
    call_command("clerk_export_users", stdout=out)
    assert out.getvalue() == (
        "Users: created 1 (1 without a password), linked 0, skipped 0 who are linked, 1 staff and 0 inactive.\n"
    )


def test_no_key_no_run() -> None:
    with override_settings(CLERK_SECRET_KEY=None), pytest.raises(CommandError, match="CLERK_SECRET_KEY"):
        call_command("clerk_export_users")


# The link


def profile(clerk_id: str = "user_ada") -> Any:
    return read_profile(clerk_user(clerk_id))


def test_a_deleted_clerk_user_is_adopted_by_nobody() -> None:
    delete_user("user_ada")
    ada = person("ada")
    with pytest.raises(AdoptionRefused, match="deleted"):
        adopt(profile(), ada)
    assert ClerkUser.objects.get().user is None


def test_who_has_a_clerk_user_gets_no_second() -> None:
    ada = person("ada")
    adopt(profile(), ada)
    adopt(profile(), ada)
    with pytest.raises(AdoptionRefused, match="another Clerk user"):
        adopt(profile("user_eve"), ada)
    assert ClerkUser.objects.get().clerk_id == "user_ada"


def test_only_a_user_made_for_this_clerk_user_is_removed() -> None:
    """One whom a project's setting has linked is a person of its own."""
    eve, ada = person("eve"), person("ada")
    adopt(profile(), eve)
    with pytest.raises(AdoptionRefused, match="linked to another user"):
        adopt(profile(), ada)
    assert (ClerkUser.objects.get().user, User.objects.count()) == (eve, 2)


def test_a_row_that_knows_more_than_the_answer_keeps_it() -> None:
    """The webhooks have told of a ban since, and it is the user who is linked now whom that disables."""
    ada = person("ada")
    apply_profiles([read_profile(clerk_user("user_ada", at=2_000, email=ada.email, banned=True, first_name="Augusta"))])
    adopt(read_profile(clerk_user("user_ada", at=1_000, email=ada.email)), ada)
    row = ClerkUser.objects.get()
    assert (row.user, row.first_name, row.banned, row.disabled_by_sync) == (ada, "Augusta", True, True)
    ada.refresh_from_db()
    assert (ada.is_active, User.objects.count()) == (False, 1)
