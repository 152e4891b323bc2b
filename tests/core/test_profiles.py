"""Clerk's user object read into a Profile; what hostile members come to is in tests/attacks/test_hostile_data.py."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_clerk.core.profiles import Profile, clean_text, is_user_id, read_milliseconds, read_profile, read_role
from tests.deliveries import address, clerk_user

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters()), inner, max_size=3),
    max_leaves=20,
)


def test_a_whole_user() -> None:
    data = clerk_user(
        email="ada@example.com",
        at=1,
        username="ada",
        external_id="7",
        public_metadata={"role": "admin", "teams": [1, 2.5, None, True]},
        unsafe_metadata={"theme": "dark"},
        two_factor_enabled=True,
        banned=True,
        locked=True,
        last_sign_in_at=1_767_225_600_000,
    )
    told_at = datetime(2026, 1, 2, tzinfo=timezone.utc)
    assert read_profile(data, told_at=told_at) == Profile(
        clerk_id="user_ada",
        email="ada@example.com",
        email_verified=True,
        username="ada",
        first_name="Ada",
        last_name="Lovelace",
        image_url="https://img.clerk.com/ada",
        external_id="7",
        public_metadata={"role": "admin", "teams": [1, 2.5, None, True]},
        unsafe_metadata={"theme": "dark"},
        two_factor_enabled=True,
        banned=True,
        locked=True,
        last_sign_in_at=datetime(2026, 1, 1, tzinfo=timezone.utc),
        created_at=datetime(2026, 1, 1, tzinfo=timezone.utc),
        updated_at=datetime(2026, 1, 1, 0, 0, 1, tzinfo=timezone.utc),
        told_at=told_at,
    )


def test_an_id_is_enough() -> None:
    assert read_profile({"id": "user_ada"}) == Profile(clerk_id="user_ada")


def test_private_metadata_is_nowhere() -> None:
    assert "another database" not in repr(read_profile(clerk_user()))


@pytest.mark.parametrize(
    "data", [None, [], "user_ada", 7, {}, {"id": None}, {"id": "ada"}, {"ID": "user_ada"}], ids=repr
)
def test_what_is_no_user(data: object) -> None:
    with pytest.raises(ValueError, match="not a Clerk user"):
        read_profile(data)


def test_the_primary_address_of_several() -> None:
    addresses = [
        address("old@example.com", id="idn_0"),
        address(status="unverified"),
        address("x@example.com", id="idn_2"),
    ]
    profile = read_profile(clerk_user(email_addresses=addresses, primary_email_address_id="idn_1"))
    assert (profile.email, profile.email_verified) == ("ada@example.com", False)


@pytest.mark.parametrize(
    ("path", "role"),
    [("role", "admin"), ("app.role", "editor"), ("app.deep.role", ""), ("role.admin", ""), ("", ""), ("none", "")],
)
def test_a_role_at_a_path(path: str, role: str) -> None:
    assert read_role({"role": "admin", "app": {"role": "editor"}}, path) == role


@pytest.mark.parametrize(
    "role", [None, 1, True, ["admin"], {}, "", " admin", "admin ", "a" * 256, "ad\ufffdmin", "a\nb "]
)
def test_half_a_role_is_none(role: Any) -> None:
    assert read_role({"role": role}, "role") == ""


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, datetime(1970, 1, 1, tzinfo=timezone.utc)), (1, datetime(1970, 1, 1, 0, 0, 0, 1000, timezone.utc)),
     (253_402_128_000_000, datetime(9999, 12, 30, tzinfo=timezone.utc)), (253_402_128_000_001, None), (-1, None),
     (True, None), (1.0, None), ("1", None), (None, None)],
)  # fmt: skip
def test_milliseconds(value: object, expected: datetime | None) -> None:
    assert read_milliseconds(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (" Ada ", "Ada"),
        ("A\0", "A\ufffd"),
        ("\ud800", "\ufffd"),
        ("12345678", "12345"),
        (None, ""),
        (7, ""),
        (["a"], ""),
    ],
)
def test_clean_text(value: object, expected: str) -> None:
    assert clean_text(value, 5) == expected


@given(JSON)
def test_nothing_raises_but_for_a_missing_id(value: Any) -> None:
    """And whatever there is, every text can be stored, and all of it is JSON."""
    profile = read_profile({**dict.fromkeys(clerk_user(), value), "id": "user_ada"})
    stored = json.dumps([profile.public_metadata, profile.unsafe_metadata, profile.external_id], allow_nan=False)
    assert "\\u0000" not in stored
    assert json.loads(stored)[0] == profile.public_metadata
    profile.first_name.encode()
    assert not profile.banned or value is True


@given(st.text(st.characters()))
def test_ids(value: str) -> None:
    if is_user_id(value):
        assert value.isascii()
        assert value.removeprefix("user_").replace("-", "").replace("_", "").isalnum() or set(value[5:]) <= {"-", "_"}
