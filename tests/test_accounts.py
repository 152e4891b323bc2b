"""The Django users behind Clerk users: what they are given, what a project's own model may ask, what is taken."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist
from django.db import IntegrityError, connection, models
from django.db.models.functions import Lower
from django.db.models.signals import post_save, pre_save

from django_clerk import accounts
from django_clerk.core.profiles import read_profile
from django_clerk.models import ClerkUser
from django_clerk.sync import apply_profiles, delete_user
from tests.deliveries import clerk_user
from tests.testapp.people import create_user

pytestmark = pytest.mark.django_db

has_names = pytest.mark.skipif(not hasattr(get_user_model(), "first_name"), reason="this user model has no names")


def apply(*users: dict[str, Any]) -> None:
    apply_profiles([read_profile(user) for user in users])


def user_of(clerk_id: str = "user_ada") -> Any:
    return ClerkUser.objects.get(clerk_id=clerk_id).user


def users(size: int, **changes: Any) -> list[dict[str, Any]]:
    return [clerk_user(f"user_{number}", email=f"{number}@example.com", **changes) for number in range(size)]


# What they are given


@has_names
def test_name_and_address() -> None:
    apply(clerk_user(email="Ada@example.com", username="countess"))
    user = user_of()
    assert (user.username, user.email, user.get_full_name()) == ("user_ada", "Ada@example.com", "Ada Lovelace")
    assert not user.has_usable_password()


@has_names
def test_names_are_cut_to_the_model() -> None:
    apply(clerk_user(first_name="A" * 255))
    assert len(user_of().first_name) == 150
    assert len(ClerkUser.objects.get().first_name) == 255


@has_names
def test_who_is_linked_keeps_a_name_that_clerk_has_not(settings) -> None:
    settings.CLERK_LINK_EXTERNAL_ID = True
    ada = create_user("ada", first_name="Augusta", last_name="King")
    apply(clerk_user(external_id=str(ada.pk), first_name=None, last_name="Lovelace"))
    ada.refresh_from_db()
    assert (ada.first_name, ada.last_name, ada.email) == ("Augusta", "Lovelace", "ada@example.com")
    apply(clerk_user(external_id=str(ada.pk), at=2_000, first_name=None, last_name=None))
    ada.refresh_from_db()
    assert (ada.first_name, ada.last_name) == ("Augusta", "")


def test_an_address_that_was_removed_is_no_more_written_to() -> None:
    apply(clerk_user(email="ada@example.com"))
    apply(clerk_user(at=2_000))
    assert user_of().email in ("", "user_ada@clerk.invalid")


def test_an_address_of_the_project_s_own_stays() -> None:
    apply(clerk_user(email="ada@example.com"))
    get_user_model().objects.update(email="ada@work.example")
    apply(clerk_user(at=2_000))
    assert user_of().email == "ada@work.example"


def test_an_unverified_address_is_not_theirs() -> None:
    apply(clerk_user(email="ada@example.com"))
    apply(clerk_user(at=2_000, email="eve@example.com", email_addresses=[
        {"id": "idn_1", "email_address": "eve@example.com", "verification": {"status": "unverified"}}
    ]))  # fmt: skip
    assert user_of().email == "ada@example.com"
    assert ClerkUser.objects.values_list("email", "email_verified").get() == ("eve@example.com", False)


def test_a_user_model_that_cannot_be_disabled(monkeypatch) -> None:
    apply(clerk_user())
    user = user_of()

    def has_none(name: str) -> None:
        raise FieldDoesNotExist(name)

    monkeypatch.setattr(user._meta, "get_field", has_none)
    assert accounts.set_active(user, False) == []
    assert accounts.anonymize(user) == []


# What is taken


@pytest.fixture
def unique_addresses():
    """Let no two users have an address, whatever its case, as many projects do."""
    model = get_user_model()
    if model._meta.get_field("email").unique and connection.vendor == "mysql":
        return  # its collation does
    if connection.vendor == "mysql":
        pytest.skip("MariaDB has no index on an expression")
    condition = "" if model._meta.get_field("email").unique else " WHERE email <> ''"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE UNIQUE INDEX tests_email ON {model._meta.db_table} (lower(email)){condition}")


@pytest.mark.parametrize("spelling", ["grace@example.com", "GRACE@example.com"])
@pytest.mark.parametrize("size", [1, 3])
def test_a_taken_address_at_the_beginning(spelling: str, size: int, unique_addresses: None) -> None:
    grace = create_user("grace")
    apply(clerk_user("user_0", email=spelling), *users(size)[1:])
    assert user_of("user_0") not in (None, grace)
    assert user_of("user_0").email.lower() != "grace@example.com"
    assert ClerkUser.objects.get(clerk_id="user_0").email == spelling
    for number in range(1, size):
        assert user_of(f"user_{number}").email == f"{number}@example.com"


@pytest.mark.parametrize("spelling", ["grace@example.com", "GRACE@example.com"])
@pytest.mark.parametrize("size", [1, 3])
def test_a_taken_address_later(spelling: str, size: int, unique_addresses: None, caplog) -> None:
    """The old one may be somebody else's by now: Clerk says that it is not theirs any more."""
    create_user("grace")
    apply(*users(size))
    changed = users(size, at=2_000, first_name="Augusta")
    changed[0] = clerk_user("user_0", email=spelling, at=2_000, first_name="Augusta")
    apply(*changed)
    assert user_of("user_0").email.partition("@")[2] in ("", "clerk.invalid")
    assert ClerkUser.objects.get(clerk_id="user_0").email == spelling
    assert {getattr(user_of(f"user_{number}"), "first_name", "Augusta") for number in range(size)} == {"Augusta"}
    assert [user_of(f"user_{number}").email for number in range(1, size)] == ["1@example.com", "2@example.com"][
        : size - 1
    ]
    assert "@example.com" not in caplog.text


def test_addresses_that_are_exchanged(unique_addresses: None) -> None:
    """Whoever is first cannot have it yet; nobody keeps another's, and nothing fails."""
    apply(*users(2))
    apply(clerk_user("user_0", email="1@example.com", at=2_000), clerk_user("user_1", email="0@example.com", at=2_000))
    assert user_of("user_0").email in ("", "1@example.com") or user_of("user_0").email.endswith("@clerk.invalid")
    assert user_of("user_1").email == "0@example.com"


def test_two_with_one_address(unique_addresses: None) -> None:
    apply(*[clerk_user(f"user_{number}", email=email) for number, email in enumerate(["a@x.example", "A@x.example"])])
    assert sorted(user.email.lower() == "a@x.example" for user in get_user_model().objects.all()) == [False, True]


EMAIL_ONLY = models.UniqueConstraint(fields=["email"], name="tests_email")
ANY_CASE = models.UniqueConstraint(Lower("email"), name="tests_email")
CONSTRAINTS: dict[str, dict[str, Any]] = {
    "a field": {"constraints": [EMAIL_ONLY]},
    "lower": {"constraints": [ANY_CASE]},
    "together": {"unique_together": (("email", "is_superuser"),)},
    "index": {},  # Django knows nothing of it
}


@pytest.fixture(params=CONSTRAINTS)
def constrained(request, monkeypatch) -> None:
    """Let the database refuse a second user of an address, "" included, by what is no property of the field."""
    model = get_user_model()
    if not connection.features.can_rollback_ddl:
        pytest.skip("the index would stay for the other tests")
    columns = {"lower": "lower(email)", "together": "email, is_superuser"}.get(request.param, "email")
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE UNIQUE INDEX tests_email ON {model._meta.db_table} ({columns})")
    for name, value in CONSTRAINTS[request.param].items():
        monkeypatch.setattr(model._meta, name, value)


@pytest.mark.parametrize("size", [1, 3])
def test_nobody_is_lost_who_has_no_address(size: int, constrained: None) -> None:
    nameless = create_user("nameless")
    if not nameless._meta.get_field("email").unique:
        get_user_model().objects.update(email="")
    apply(*[clerk_user(f"user_{number}") for number in range(size)])
    apply(*[clerk_user(f"user_{number + size}", email=f"{number}@example.com") for number in range(size)])
    apply(*[clerk_user(f"user_{number + size}", at=2_000) for number in range(size)])
    addresses = [user_of(f"user_{number}").email for number in range(2 * size)]
    assert len(set(addresses)) == 2 * size
    assert all(address.endswith("@clerk.invalid") for address in addresses)


def test_a_taken_address_is_refused_for_good_and_nothing_else(constrained: None) -> None:
    create_user("grace")
    apply(clerk_user("user_0", email="grace@example.com"), clerk_user("user_1", email="1@example.com"))
    apply(clerk_user("user_1", email="grace@example.com", at=2_000, first_name="Augusta"))
    assert user_of("user_0").email.endswith("@clerk.invalid")
    assert user_of("user_1").email.endswith("@clerk.invalid")
    assert ClerkUser.objects.get(clerk_id="user_1").first_name == "Augusta"


@pytest.mark.parametrize("spelling", ["grace@example.com", "GRACE@example.com"])
@pytest.mark.parametrize("size", [1, 3])
def test_who_is_linked_keeps_an_own_address_when_another_s_is_refused(
    spelling: str, size: int, unique_addresses: None, settings
) -> None:
    settings.CLERK_LINK_EXTERNAL_ID = True
    create_user("grace")
    people = [create_user(f"person{number}") for number in range(size)]
    told = [clerk_user(f"user_{number}", external_id=str(user.pk)) for number, user in enumerate(people)]
    apply({**told[0], **clerk_user("user_0", email=spelling, external_id=str(people[0].pk))}, *told[1:])
    assert [user_of(f"user_{number}") for number in range(size)] == people
    assert [user_of(f"user_{number}").email for number in range(size)] == [user.email for user in people]
    later = clerk_user("user_0", email=spelling, external_id=str(people[0].pk), at=2_000, first_name="Augusta")
    apply(later, *[{**user, "updated_at": later["updated_at"], "last_name": "King"} for user in told[1:]])
    assert user_of("user_0").email == people[0].email
    assert getattr(user_of("user_0"), "first_name", "Augusta") == "Augusta"


# Whoever is anonymized


def test_a_name_of_nobody_that_somebody_has(settings) -> None:
    settings.CLERK_ON_USER_DELETED = "anonymize"
    apply(clerk_user(email="ada@example.com"))
    ada = user_of()
    squatter = create_user("squatter")
    squatter.email = f"deleted-{ada.pk}@clerk.invalid"
    if squatter.USERNAME_FIELD == "username":
        squatter.username = f"deleted-{ada.pk}"
    squatter.save()
    delete_user("user_ada")
    ada.refresh_from_db()
    assert ada.get_username().startswith(f"deleted-{ada.pk}")
    assert ada.get_username() != squatter.get_username()
    assert (ada.is_active, getattr(ada, "first_name", "")) == (False, "")
    assert "ada" not in ada.email


def test_a_name_of_nobody_is_cut_to_the_model(monkeypatch) -> None:
    apply(clerk_user(email="ada@example.com"))
    ada = user_of()
    name = ada._meta.get_field(ada.USERNAME_FIELD)
    monkeypatch.setattr(name, "max_length", 28)
    ada.pk = 10**19
    accounts.anonymize(ada, suffix="-12345678")
    assert len(ada.get_username()) == 28
    assert "0000-12345678" in ada.get_username()


@pytest.mark.parametrize("size", [1, 3])
def test_squatters_of_names_and_placeholders(size: int) -> None:
    """Clerk's ids can be known to others, who may have signed up under them here."""
    for number in range(size):
        squatter = create_user(f"squatter{number}")
        squatter.email = f"user_{number}@clerk.invalid"
        if squatter.USERNAME_FIELD == "username":
            squatter.username = f"user_{number}"
        squatter.save()
    apply(*[clerk_user(f"user_{number}") for number in range(size)])
    assert get_user_model().objects.count() == 2 * size
    assert get_user_model().objects.filter(clerk__isnull=False).count() == size


# What the project's model may ask


@pytest.mark.parametrize("signal", [pre_save, post_save])
@pytest.mark.parametrize("sender", ["users", "everything"])
def test_who_listens_to_saves_hears_of_all(signal, sender: str) -> None:
    heard = []

    def receiver(sender: Any, instance: Any, **kwargs: Any) -> None:
        if isinstance(instance, get_user_model()):
            heard.append(instance.pk)

    signal.connect(receiver, sender=get_user_model() if sender == "users" else None)
    apply(*users(3))
    created, heard[:] = len(heard), []
    apply(*[{**user, "email_addresses": [], "primary_email_address_id": None} for user in users(3, at=2_000)])
    assert (created, len(heard)) == (3, 3)


def test_a_save_of_its_own_is_called(monkeypatch) -> None:
    saved = []

    def save(self: Any, *args: Any, **kwargs: Any) -> None:
        saved.append(self)
        super(get_user_model(), self).save(*args, **kwargs)

    monkeypatch.setattr(get_user_model(), "save", save, raising=False)
    apply(*users(3))
    assert len(saved) == 3


@pytest.mark.parametrize("size", [1, 3])
def test_a_manager_that_hides_some_users(size: int, monkeypatch, settings) -> None:
    """Whoever is not found would get another account, and so get around being disabled."""

    class Visible(models.Manager[Any]):
        def get_queryset(self) -> Any:
            return super().get_queryset().filter(is_active=True)

    manager = Visible()
    manager.model = get_user_model()
    apply(*users(size))
    hidden = create_user("hidden", is_active=False)
    get_user_model().objects.update(is_active=False)
    monkeypatch.setitem(get_user_model()._meta.__dict__, "default_manager", manager)
    assert not get_user_model()._default_manager.exists()
    apply(*users(size, at=2_000, first_name="Augusta"))
    settings.CLERK_LINK_VERIFIED_EMAIL = True
    apply(clerk_user(email="hidden@example.com"))
    assert user_of() == hidden
    assert get_user_model()._base_manager.filter(is_active=False).count() == size + 1
    assert get_user_model()._base_manager.count() == size + 1


def test_a_database_that_does_not_tell_the_keys(monkeypatch) -> None:
    """MySQL, after a bulk insert."""
    monkeypatch.setattr(type(connection.features), "can_return_rows_from_bulk_insert", False)
    apply(*users(3))
    assert [user_of(f"user_{number}").email for number in range(3)] == [f"{number}@example.com" for number in range(3)]


def test_an_insert_that_is_refused_whatever_we_do(monkeypatch) -> None:
    """A model that asks for what Clerk does not have: the error says so, and nothing is half written."""
    monkeypatch.setattr(get_user_model(), "set_unusable_password", lambda self: setattr(self, "password", None))
    with pytest.raises(IntegrityError, match="password"):
        apply(clerk_user())
    assert not ClerkUser.objects.exists()
