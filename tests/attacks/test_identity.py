"""Clerk users who reach for somebody else's Django user: by address, by name, by key, by metadata."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import authenticate, get_user, get_user_model
from django.test import Client

from django_clerk.core.profiles import read_profile
from django_clerk.models import ClerkUser
from django_clerk.sync import apply_profiles
from tests.deliveries import address, clerk_user, deliver
from tests.testapp.people import create_user

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.webhook_urls")]


@pytest.fixture
def by_email(settings) -> None:
    settings.CLERK_LINK_VERIFIED_EMAIL = True


@pytest.fixture
def by_key(settings) -> None:
    settings.CLERK_LINK_EXTERNAL_ID = True


def owner_of(clerk_id: str = "user_ada") -> Any:
    return ClerkUser.objects.get(clerk_id=clerk_id).user


def arrive(client: Client, clerk_id: str = "user_ada", **member: Any) -> Any:
    """Deliver user.created and return the Django user it ended at."""
    assert deliver(client, "user.created", clerk_user(clerk_id, **member)).status_code == 200
    return owner_of(clerk_id)


# Nobody is linked unless the project asked for it


@pytest.mark.parametrize("flag", ["is_staff", "is_superuser", None])
def test_by_default_nobody_is_linked(flag: str | None, client: Client) -> None:
    kate = create_user("kate", **({flag: True} if flag else {}))
    user = arrive(client, email="kate@example.com", username="kate", external_id=str(kate.pk))
    assert user != kate
    assert (user.is_staff, user.is_superuser, user.has_usable_password()) == (False, False, False)


def test_a_user_name_never_links(client: Client, by_email: None, by_key: None) -> None:
    kate = create_user("kate")
    assert arrive(client, username=kate.get_username(), external_id=kate.get_username()) != kate


def test_a_user_name_that_is_a_clerk_id_never_links(client: Client, by_email: None, by_key: None) -> None:
    squatter = create_user("squatter", is_staff=True)
    setattr(squatter, squatter.USERNAME_FIELD, "user_ada")
    squatter.save()
    user = arrive(client)
    assert user != squatter
    assert not user.is_staff


# By verified address


def test_a_verified_address_links(client: Client, by_email: None) -> None:
    """The control: the same but for one thing in each test below."""
    kate = create_user("kate")
    assert arrive(client, email="kate@example.com") == kate


@pytest.mark.parametrize("spelling", ["KATE@EXAMPLE.COM", "Kate@example.com", "kate@Example.COM"])
def test_the_case_of_an_ascii_address_does_not_matter(spelling: str, client: Client, by_email: None) -> None:
    kate = create_user("kate")
    assert arrive(client, email=spelling) == kate


@pytest.mark.parametrize(
    "spelling",
    [
        "\u212aate@example.com",  # Kelvin sign, which lower() and Unicode's case folding make a k
        "kate@examp\u017fe.com",
        "kate@e\u0445ample.com",  # Cyrillic ha
        "k\u0430te@example.com",  # Cyrillic a
        "kat\u00e9@example.com",  # a collation that ignores accents takes it for an e
        "kat\u0435@example.com",
        "kate\u200b@example.com",
        "kate\u00ad@example.com",
        "kate@exam\uff50le.com",  # full width
        "\uff4bate@example.com",
        "kate@ex\u00e4mple.com",
        "k_te@example.com",  # wildcards of LIKE
        "%@example.com",
        "kate%",
        "kate+evil@example.com",
        "k.ate@example.com",
        "kate@example.com.",
        "kate@example.com.evil.example",
        "kate@example.co",
        "ate@example.com",
        "kate@example.com\u0000",
        "kate@example.com ",
        " kate@example.com",
        "\tkate@example.com",
        "kate@example.com\n",
        '"kate"@example.com',
        "<kate@example.com>",
        "Kate <kate@example.com>",
        "kate@example.com,eve@evil.example",
        "kate@example.com;eve@evil.example",
        "mailto:kate@example.com",
        "kate@EXAMPLE\u3002com",  # ideographic full stop
        "kate@xn--example.com",
    ],
    ids=ascii,
)
def test_another_spelling_is_another_address(spelling: str, client: Client, by_email: None) -> None:
    kate = create_user("kate")
    user = arrive(client, email=spelling)
    assert user != kate
    kate.refresh_from_db()
    assert kate.email == "kate@example.com"


@pytest.mark.parametrize(
    ("local", "spelling"),
    [
        ("iris", "\u0131ris"),  # dotless i
        ("iris", "\u0130RIS"),  # I with a dot
        ("i\u0307ris", "\u0130ris"),
        ("sue", "\u017fue"),  # long s
        ("strasse", "stra\u00dfe"),
        ("stra\u00dfe", "strasse"),
        ("stra\u00dfe", "stra\u1e9ee"),
        ("\u212aim", "kim"),
        ("\u03c3as", "\u03c2as"),  # sigma, at the end of a word
        ("caf\u00e9", "cafe\u0301"),  # composed and decomposed
        ("\u00e9va", "\u00c9va"),
        ("\ufb01ona", "fiona"),  # ligature
        ("\u01c6", "\u01c5"),
    ],
    ids=ascii,
)
def test_letters_that_only_fold_to_the_same(local: str, spelling: str, client: Client, by_email: None) -> None:
    kate = create_user(local)
    assert arrive(client, email=f"{spelling}@example.com") != kate


VERIFICATIONS: dict[str, Any] = {
    "unverified": {"status": "unverified"},
    "expired": {"status": "expired"},
    "failed": {"status": "failed"},
    "transferable": {"status": "transferable"},
    "capitals": {"status": "VERIFIED"},
    "space": {"status": "verified "},
    "true": {"status": True},
    "list": {"status": ["verified"]},
    "null": {"status": None},
    "no status": {"verified": True},
    "a text": "verified",
    "a list": ["verified"],
    "nothing": None,
}


@pytest.mark.parametrize("case", VERIFICATIONS)
def test_an_address_that_is_not_verified_never_links(case: str, client: Client, by_email: None) -> None:
    kate = create_user("kate")
    claimed = {**address("kate@example.com"), "verification": VERIFICATIONS[case]}
    user = arrive(client, email_addresses=[claimed], primary_email_address_id="idn_1")
    assert user != kate
    assert user.email != "kate@example.com"  # or Django would mail the owner's secrets to whoever claims it


@pytest.mark.parametrize("primary", [None, "idn_2", "idn_3", "", ["idn_1"], {"id": "idn_1"}], ids=repr)
def test_an_address_that_is_not_the_primary_one_never_links(primary: Any, client: Client, by_email: None) -> None:
    kate = create_user("kate")
    addresses = [address("kate@example.com"), address("eve@example.com", id="idn_2")]
    assert arrive(client, email_addresses=addresses, primary_email_address_id=primary) != kate


def test_the_status_of_another_address_does_not_count(client: Client, by_email: None) -> None:
    kate = create_user("kate")
    addresses = [
        address("eve@example.com", id="idn_2"),
        address("kate@example.com", status="unverified"),
        address("kate@example.com"),  # the same id again
    ]
    assert arrive(client, email_addresses=addresses, primary_email_address_id="idn_1") != kate


def test_whoever_signed_up_here_under_the_address_is_shut_out(client: Client, by_email: None) -> None:
    """Django has not verified the address of mallory, who chose the password and may be signed in."""
    mallory = create_user("victim", password="of mallory")
    browser = Client()
    assert browser.login(username=mallory.get_username(), password="of mallory")
    assert arrive(client, email="victim@example.com") == mallory
    assert not owner_of().has_usable_password()
    assert authenticate(username=mallory.get_username(), password="of mallory") is None
    assert not get_user(browser.get("/").wsgi_request).is_authenticated


def test_whom_the_project_itself_has_named_keeps_the_password(client: Client, by_email: None, by_key: None) -> None:
    kate = create_user("kate", password="of kate")
    assert arrive(client, email="kate@example.com", external_id=str(kate.pk)) == kate
    assert owner_of().check_password("of kate")


@pytest.mark.parametrize("local", ["\u00e9va", "\u00c9va"])
def test_an_address_that_is_not_ascii_links_as_it_is_written(local: str, client: Client, by_email: None) -> None:
    eva = create_user(local)
    assert arrive(client, email=f"{local}@example.com") == eva


@pytest.mark.parametrize("external_id", ["9" * 23, "9" * 250, "-1", "007", "7.0", "x", "\u0667"], ids=ascii)
def test_an_external_id_that_is_no_key(external_id: str, client: Client, by_key: None) -> None:
    assert arrive(client, external_id=external_id) is not None


def test_of_two_who_reach_for_one_user_only_the_first_is_linked(by_email: None, by_key: None) -> None:
    kate = create_user("kate")
    told = [clerk_user("user_b", email="kate@example.com"), clerk_user("user_a", external_id=str(kate.pk))]
    apply_profiles([read_profile(data) for data in told])
    assert [owner_of("user_a") == kate, owner_of("user_b") == kate].count(True) == 1
    assert owner_of("user_b") is not None


# Whom nobody may take over


@pytest.mark.parametrize(
    "flags", [{"is_staff": True}, {"is_superuser": True}, {"is_staff": True, "is_superuser": True}]
)
@pytest.mark.parametrize("way", ["address", "key", "both"])
def test_staff_and_superusers_never(flags: dict[str, bool], way: str, client: Client, by_email, by_key) -> None:
    kate = create_user("kate", **flags)
    email = "kate@example.com" if way != "key" else None
    external_id = str(kate.pk) if way != "address" else None
    user = arrive(client, email=email, external_id=external_id)
    assert user != kate
    assert (user.is_staff, user.is_superuser) == (False, False)


@pytest.mark.parametrize("way", ["address", "key"])
def test_who_is_linked_stays_with_whom_it_is(way: str, client: Client, by_email: None, by_key: None) -> None:
    kate = create_user("kate")
    claim = {"email": "kate@example.com"} if way == "address" else {"external_id": str(kate.pk)}
    assert arrive(client, "user_kate", **claim) == kate
    assert arrive(client, "user_eve", **claim) != kate
    assert owner_of("user_kate") == kate


def test_who_was_linked_to_a_deleted_clerk_user_is_not_free(client: Client, by_email: None) -> None:
    kate = create_user("kate")
    arrive(client, "user_kate", email="kate@example.com")
    deliver(client, "user.deleted", {"id": "user_kate", "deleted": True})
    assert arrive(client, "user_eve", email="kate@example.com") != kate


@pytest.mark.parametrize("way", ["address", "key"])
def test_who_is_inactive_stays_so(way: str, client: Client, by_email: None, by_key: None) -> None:
    """Linked all the same: with an account of their own beside it, they would have got around being disabled."""
    kate = create_user("kate", is_active=False)
    user = arrive(client, **({"email": "kate@example.com"} if way == "address" else {"external_id": str(kate.pk)}))
    assert user == kate
    assert not user.is_active


def test_of_several_none(client: Client, by_email: None) -> None:
    if get_user_model()._meta.get_field("email").unique:
        pytest.skip("addresses are unique in this user model")
    people = [create_user("kate"), create_user("kay", is_active=False)]
    get_user_model().objects.update(email="kate@example.com")
    assert arrive(client, email="kate@example.com") not in people
    get_user_model().objects.filter(username="kay").update(email="KATE@example.com")
    assert arrive(client, "user_eve", email="kate@example.com") not in people
