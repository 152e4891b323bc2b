"""The tables of Clerk's packed permissions, and what must not be read into them."""

from __future__ import annotations

import logging
import sys
import time

import pytest

from django_clerk.core.permissions import Scoped, read_permissions, read_scoped

MANY = ",".join(f"p{n}" for n in range(54))

#: fea, per, fpm and the permissions without their "org:".
GRANTED = [
    ("o:dashboard,o:teams", "manage,read", "3,2", "dashboard:manage dashboard:read teams:read"),
    (
        "o:impersonation,o:memberships", "read,manage", "1,3",
        "impersonation:read memberships:read memberships:manage",
    ),
    (
        "o:repositories,o:projects", "read,create,update,delete,revoke", "7,21",
        "repositories:read repositories:create repositories:update projects:read projects:update projects:revoke",
    ),
    (
        "o:repositories,o:projects,o:webhooks,o:impersonation", "read,manage", "1,2,3,0",
        "repositories:read projects:manage webhooks:read webhooks:manage",
    ),
    (
        "o:repositories,o:impersonation,o:billing", "manage,read,update", "6,0,3",
        "repositories:read repositories:update billing:manage billing:read",
    ),
    ("ou:memberships,u:impersonation", "read,manage", "3,0", "memberships:read memberships:manage"),
    ("o:a,uo:b,u:c", "read,manage", "1,3,0", "a:read b:read b:manage"),
    ("o:a", MANY, "9007199254740993", "a:p0 a:p53"),
    ("o:a", "p0,p1", "9007199254740993", "a:p0"),
    ("o:a,o:b", "read,manage", "1", "a:read"),
    ("o:a", "read", "1,1,1", "a:read"),
    ("o:a", "read", " 01 ", "a:read"),
    (" o:a , o:b ", " read , manage ", " 1 , 2 ", "a:read b:manage"),
    ("o:a:b", "read", "1", "a:b:read"),
    ("x:a,o:b", "read", "1", "b:read"),
    ("u:a,o:b", "read", "1", "b:read"),
    ("o:a", "read", "0" * 200 + "1", "a:read"),
]  # fmt: skip


@pytest.mark.parametrize(("features", "permissions", "masks", "expected"), GRANTED)
def test_masks_are_decoded(features: str, permissions: str, masks: str, expected: str) -> None:
    assert read_permissions(features, permissions, masks) == tuple(f"org:{key}" for key in expected.split())


NOT_GRANTED = {
    "text behind the mask": ("o:a", "read", "1invalid"),
    "negative": ("o:a", "read", "-1"),
    "plus": ("o:a", "read", "+1"),
    "fraction": ("o:a", "read", "1.5"),
    "exponent": ("o:a", "read", "1e1"),
    "hexadecimal": ("o:a", "read", "0x1"),
    "underscore": ("o:a", "read", "1_1"),
    "digits of another script": ("o:a", "read", "١"),
    "superscript": ("o:a", "read", "¹"),
    "fullwidth digit": ("o:a", "read", "１"),
    "a space in Python, not in JavaScript": ("o:a", "read", "\x1c1"),
    "next line": ("o:a", "read", "1\x85"),
    "line separator": ("o:a", "read", "1\N{LINE SEPARATOR}"),
    "empty mask": ("o:a", "read", ","),
    "a million digits": ("o:a", "read", "1" * 1_000_000),
    "no features": (None, "read", "1"),
    "empty features": ("", "read", "1"),
    "no permissions": ("o:a", None, "1"),
    "empty permissions": ("o:a", "", "1"),
    "no masks": ("o:a", "read", None),
    "empty masks": ("o:a", "read", ""),
    "masks as a number": ("o:a", "read", 1),
    "masks as a list": ("o:a", "read", [1]),
    "permissions as a list": ("o:a", ["read"], "1"),
    "scope with a space": ("o :a", "read", "1"),
    "scope in capitals": ("O:a", "read", "1"),
    "scope that begins with o": ("org:a", "read", "1"),
    "user's own feature": ("u:a", "read", "1"),
}


@pytest.mark.parametrize("claim", NOT_GRANTED.values(), ids=NOT_GRANTED)
def test_what_is_malformed_grants_nothing(claim: tuple[object, object, object]) -> None:
    assert read_permissions(*claim) == ()


@pytest.mark.parametrize(("masks", "expected"), [("0,3", ()), ("3,0", ()), ("3,3", ("org:b:read", "org:b:manage"))])
def test_where_two_readings_differ_both_must_grant(
    masks: str, expected: tuple[str, ...], caplog: pytest.LogCaptureFixture
) -> None:
    assert read_permissions("u:a,o:b", "read,manage", masks) == expected
    assert "two ways" in caplog.text


def test_where_the_readings_agree_nothing_is_said(caplog: pytest.LogCaptureFixture) -> None:
    assert read_permissions("o:b,u:a", "read", "1,0") == ("org:b:read",)
    assert not caplog.records


@pytest.mark.skipif(not hasattr(sys, "set_int_max_str_digits"), reason="This Python has no limit on digits.")
def test_a_lower_limit_on_digits_is_survived() -> None:
    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(640)
    try:
        assert read_permissions("o:a,o:b", "read", f"{'1' * 700},1") == ("org:b:read",)
    finally:
        sys.set_int_max_str_digits(limit)


def test_the_largest_token_is_quick() -> None:
    features = ",".join(f"o:{n}" for n in range(1000))
    masks = ",".join(["9" * 3] * 1000)
    began = time.thread_time()
    read_permissions(features, "," * 3000, masks)
    read_permissions("o:a", "," * 6000, "9" * 4000)
    assert time.thread_time() - began < 1


def test_scopes() -> None:
    scoped = read_scoped("o:reports, u:beta,ou:chat,uo:calls,x:gone,o:beta")
    assert scoped == Scoped(organization=("reports", "chat", "calls", "beta"), user=("beta", "chat", "calls"))
    assert scoped.names == ("reports", "chat", "calls", "beta")
    assert read_scoped(None) == read_scoped("") == Scoped()


@pytest.mark.parametrize("claim", ["a", "o:a,b", "o:a,", ",", " ", 1, True, ["o:a"], {"o": "a"}])
def test_an_element_without_a_scope_is_an_error(claim: object) -> None:
    with pytest.raises(ValueError, match="without a scope"):
        read_scoped(claim)


def test_logs_hold_no_names(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        read_permissions("u:secretproject,o:b", "read", "1,1")
    assert "secretproject" not in caplog.text
