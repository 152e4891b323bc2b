"""
Genuine deliveries, and lists of the Backend API, that say impossible things.

What is valid is stored, the rest is not, and nothing is answered 5xx. Databases differ in what they refuse: run this on
all of them.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse

from django_clerk.core.profiles import read_profile
from django_clerk.models import ClerkUser
from django_clerk.sync import Outcome, apply_profiles
from tests.deliveries import address, clerk_user, deliver, headers, milliseconds, post
from tests.testapp.people import create_user

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.webhook_urls")]


def deep(levels: int, *, of: type = dict) -> Any:
    value: Any = "bottom"
    for _ in range(levels):
        value = {"a": value} if of is dict else [value]
    return value


TEXTS: dict[str, Any] = {
    "null": None,
    "number": 7,
    "float": 1.5,
    "true": True,
    "list": ["Ada"],
    "object": {"name": "Ada"},
    "empty": "",
    "blank": "   ",
    "NUL": "A\0da",
    "only NUL": "\0\0",
    "lone high surrogate": "A\ud800da",
    "lone low surrogate": "A\udc00",
    "surrogates the wrong way round": "\udc00\ud800",
    "emoji": "\U0001f9d1\u200d\U0001f680",
    "emoji cut by the length": "a" * 254 + "\U0001f9d1\U0001f9d1",
    "last character of Unicode": "\U0010ffff",
    "non-character": "\uffff\ufffe",
    "right to left": "\u202eadA",
    "combining": "a" + "\u0301" * 500,
    "line breaks": "A\r\nda",
    "controls": "\x01\x02\x1f\x7f\x85",
    "256 characters": "a" * 256,
    "20,000 characters": "a" * 20_000,
    "20,000 emojis": "\U0001f9d1" * 20_000,
    "quotes": "'\";--",
    "markup": "<script>alert(1)</script>",
    "format": "{0.__class__} %s %(name)s",
    "backslashes": "\\x00 \\u0000 \\",
}

DATES: dict[str, Any] = {
    "null": None,
    "text": "2026-01-01T00:00:00Z",
    "digits": "1767225600000",
    "true": True,
    "float": 1767225600000.5,
    "list": [1767225600000],
    "object": {},
    "zero": 0,
    "minus one": -1,
    "last moment of datetime": 253_402_300_799_999,
    "beyond datetime": 253_402_300_800_000,
    "nanoseconds": 1_767_225_600_000_000_000,
    "two to the 63rd": 2**63,
    "minus two to the 63rd": -(2**63),
    "two to the 64th": 2**64,
    "300 digits": 10**300,
}

METADATA: dict[str, Any] = {
    "null": None,
    "text": "admin",
    "number": 7,
    "list": ["admin"],
    "true": True,
    "NUL in a value": {"a": "b\0c"},
    "NUL in a name": {"a\0b": "c"},
    "NUL as a name": {"\0": "c"},
    "surrogate in a value": {"a": "\ud800"},
    "surrogate in a name": {"\ud800": "a"},
    "NUL deep down": {"a": [{"b": ["\0"]}]},
    "31 levels": deep(31),
    "33 levels": deep(33),
    "500 levels": deep(500),
    "500 lists": {"a": deep(500, of=list)},
    "20,000 characters": {"a": "b" * 20_000},
    "a name of 20,000 characters": {"a" * 20_000: 1},
    "70,000 characters": {"a": "b" * 70_000},
    "5,000 names": {str(number): number for number in range(5_000)},
    "empty name": {"": 1},
    "two to the 64th": {"a": 2**64},
    "300 digits": {"a": 10**300},
    "large float": {"a": 1.7976931348623157e308},
    "10 to the 23rd": {"a": 1e23},
    "small float": {"a": 5e-324},
    "minus zero": {"a": -0.0},
    "emoji": {"\U0001f9d1": "\U0001f680"},
    "dollar and dots": {"$where": 1, "a.b": 2, "__proto__": {}, "%s": 3},
    "role a list": {"role": ["admin"]},
    "role an object": {"role": {"name": "admin"}},
    "role true": {"role": True},
    "role of 300 characters": {"role": "admin" * 60},
    "role with NUL": {"role": "ad\0min"},
    "role with a surrogate": {"role": "admin\ud800"},
    "role with spaces": {"role": " admin "},
    "role under a name with spaces": {" role": "admin"},
    "role under a name with NUL": {"ro\0le": "admin"},
}

VERIFIED = {"status": "verified"}
EMAILS: dict[str, Any] = {
    name: {"email_addresses": [address(email)], "primary_email_address_id": "idn_1"}  # type: ignore[arg-type]
    for name, email in {
        "null": None,
        "number": 7,
        "list": ["ada@example.com"],
        "empty": "",
        "no at": "ada.example.com",
        "at only": "@",
        "no name": "@example.com",
        "no host": "ada@",
        "NUL": "ada\0@example.com",
        "NUL at the end": "ada@example.com\0",
        "surrogate": "ada\ud800@example.com",
        "space in front": " ada@example.com",
        "space inside": "ada lovelace@example.com",
        "line": "ada@example.com\nBcc: eve@example.com",
        "tab": "ada\t@example.com",
        "control": "ada\x7f@example.com",
        "two at": "ada@evil.example@example.com",
        "255 characters": "a" * 243 + "@example.com",
        "20,000 characters": "a" * 20_000 + "@example.com",
    }.items()
} | {
    "addresses null": {"email_addresses": None, "primary_email_address_id": "idn_1"},
    "addresses a text": {"email_addresses": "ada@example.com", "primary_email_address_id": "a"},
    "addresses an object": {"email_addresses": address(), "primary_email_address_id": "idn_1"},
    "addresses of nothing": {"email_addresses": [None, 1, "x", [], {}], "primary_email_address_id": "idn_1"},
    "no primary": {"email_addresses": [address()], "primary_email_address_id": None},
    "primary a number": {"email_addresses": [address(id=1)], "primary_email_address_id": 1},  # type: ignore[arg-type]
    "primary is another": {"email_addresses": [address()], "primary_email_address_id": "idn_2"},
    "primary is empty": {"email_addresses": [address(id="")], "primary_email_address_id": "idn_1"},
}

URLS: dict[str, Any] = {
    "null": None,
    "number": 1,
    "script": "javascript:alert(1)",
    "script in data": "data:text/html,<script>alert(1)</script>",
    "relative": "/evil.png",
    "no scheme": "//evil.example/a.png",
    "space in front": " https://img.clerk.com/a",
    "NUL": "https://img.clerk.com/\0",
    "surrogate": "https://img.clerk.com/\ud800",
    "3,000 characters": "https://img.clerk.com/" + "a" * 3_000,
}

FLAGS: dict[str, Any] = {"null": None, "text": "true", "number": 1, "list": [True], "object": {"a": 1}, "empty": ""}

CASES: dict[str, dict[str, Any]] = {
    f"{name}: {case}": {name: value}
    for names, values in (
        (("first_name", "username", "external_id"), TEXTS),
        (("updated_at", "created_at"), DATES),
        (("public_metadata",), METADATA),
        (("image_url",), URLS),
        (("banned", "two_factor_enabled"), FLAGS),
    )
    for name in names
    for case, value in values.items()
} | {f"email: {case}": value for case, value in EMAILS.items()}


@pytest.mark.parametrize("case", CASES)
def test_user_is_stored_without_what_is_impossible(case: str, client: Client) -> None:
    data = clerk_user(**{"at": 10, **CASES[case]})
    assert deliver(client, "user.created", data).status_code == 200
    row = ClerkUser.objects.select_related("user").get(clerk_id="user_ada")
    assert row.last_name == "Lovelace"
    assert row.user is not None
    assert row.role == ""
    assert not row.banned
    # What was read back is what was written: a sync that finds the same again has nothing to do.
    assert apply_profiles([read_profile(data)]) == {"user_ada": Outcome.UNCHANGED}


@pytest.mark.parametrize("case", EMAILS)
def test_no_address_but_a_whole_one(case: str, client: Client) -> None:
    deliver(client, "user.created", clerk_user(**EMAILS[case]))
    row = ClerkUser.objects.get(clerk_id="user_ada")
    assert (row.email, row.email_verified) == ("", False)
    assert "ada" not in getattr(row.user, "email", "").partition("@")[0].replace("user_ada", "")


@pytest.mark.parametrize("case", URLS)
def test_no_image_but_a_safe_one(case: str, client: Client) -> None:
    deliver(client, "user.created", clerk_user(image_url=URLS[case]))
    assert ClerkUser.objects.get(clerk_id="user_ada").image_url == ""


@pytest.mark.parametrize("case", TEXTS)
def test_external_id_is_the_same_or_none(case: str, client: Client) -> None:
    """Half an external id, or one that was trimmed, is somebody else's."""
    deliver(client, "user.created", clerk_user(external_id=TEXTS[case]))
    assert ClerkUser.objects.get(clerk_id="user_ada").external_id in ("", TEXTS[case])


@pytest.mark.parametrize("case", DATES)
def test_the_admin_shows_whatever_date_was_stored(case: str, admin_client: Client, settings) -> None:
    settings.TIME_ZONE = "Pacific/Kiritimati"  # 14 hours ahead of UTC
    deliver(admin_client, "user.created", clerk_user(created_at=DATES[case], last_sign_in_at=DATES[case]))
    row = ClerkUser.objects.get(clerk_id="user_ada")
    for name, arguments in (("changelist", []), ("change", [row.pk])):
        page = admin_client.get(reverse(f"admin:django_clerk_clerkuser_{name}", args=arguments))
        assert page.status_code == 200


@pytest.mark.parametrize("name", ["type", "timestamp", "instance_id", "object", "event_attributes"])
@pytest.mark.parametrize("value", [None, 0, -1, 10**30, 1.5, True, "", "\0", "\ud800", [], {}], ids=repr)
def test_odd_members_of_the_envelope(name: str, value: Any, client: Client) -> None:
    response = deliver(client, "user.created", clerk_user(), **{name: value})
    assert response.status_code == (400 if name == "type" else 200)


@pytest.mark.parametrize("value", [None, 7, "", "\0", "\ud800", "a" * 20_000, ["a"], {"a": 1}], ids=ascii)
def test_odd_ids_of_other_objects(value: Any, client: Client) -> None:
    """Events that we do nothing with are taken and recorded, whatever they are about."""
    assert deliver(client, "somethingNew.created", {"id": value}).status_code == 200
    assert deliver(client, "email.created", {"id": value, "body": "\0\ud800"}).status_code == 200


def test_one_impossible_user_does_not_cost_the_others(db: None) -> None:
    create_user("grace")
    users = [clerk_user(f"user_{number}", **change) for number, change in enumerate(CASES.values())]
    profiles = [read_profile(user) for user in users]
    assert set(apply_profiles(profiles).values()) == {Outcome.CREATED}
    assert set(apply_profiles(profiles).values()) == {Outcome.UNCHANGED}
    assert ClerkUser.objects.exclude(user=None).count() == len(CASES)
    assert get_user_model()._default_manager.count() == len(CASES) + 1


@pytest.mark.parametrize("size", [1024 * 1024 - 2000, 1024 * 1024])
def test_a_large_delivery_within_the_limit(size: int, client: Client) -> None:
    body = b'{"type": "user.updated", "data": {"id": "user_ada", "bio": "' + b"a" * (size - 64) + b'"}}'
    assert post(client, body, headers(body)).status_code == 200
    assert milliseconds() > 0
