"""Which cookie counts. The steps are those of Clerk's ``authenticateContext.ts``, by number."""

from __future__ import annotations

from typing import Any

import pytest

from django_clerk.core.cookies import AmbiguousCookie, ClerkCookies, choose, read_cookies, uses_suffixed_cookies
from django_clerk.core.instance import Instance
from tests.forge import forge
from tests.mint import ISSUER, claims

NOW = 1_800_000_000
PRODUCTION = Instance.from_publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k")
DEVELOPMENT = Instance.from_publishable_key("pk_test_Y2xlcmsuZXhhbXBsZS5jb20k")


def token(iat: int = NOW - 10, exp: int = NOW + 50, **changes: Any) -> str:
    return forge(payload=claims(iat=iat, exp=exp, **changes))


OURS, OLDER, NEWER, EXPIRED = token(), token(NOW - 20), token(NOW - 1), token(exp=NOW - 1)
THEIRS = token(iss="https://clerk.other.example")

#: Session, uat, suffixed session, suffixed uat, whether production and development use the suffixed ones.
STEPS = {
    "1 undecodable": ("x.y.z", None, OURS, "1", "nn"),
    "1 no issuer": (forge(payload={"sub": "user_ada"}), None, OURS, "1", "nn"),
    "1 empty issuer": (token(iss=""), None, OURS, "1", "nn"),
    "2 another instance": (THEIRS, "1", OURS, "1", "yy"),
    "2 another instance and nothing of ours": (THEIRS, "1", None, None, "yy"),
    "2 an issuer that is no text": (token(iss=["https://clerk.example.com"]), "1", None, None, "yy"),
    "2 the scheme does not matter": (token(iss=ISSUER.replace("https", "http")), "1", None, None, "nn"),
    "3 nothing suffixed": (OURS, "1", None, None, "nn"),
    "3 nothing at all": (None, None, None, None, "nn"),
    "4 the plain one is newer": (NEWER, "1", OLDER, "1", "nn"),
    "4 the suffixed one is newer": (OLDER, "1", NEWER, "1", "yy"),
    "4 the suffixed one is broken": (NEWER, "1", "x.y.z", "1", "nn"),
    "4 not when the suffixed one signed out": (NEWER, "0", OLDER, "0", "yy"),
    "5 signed out, but signed in plainly": (None, "1", None, "0", "nn"),
    "5 signed out, nothing known plainly": (None, None, OURS, "0", "nn"),
    "6 expired after a plain sign-out": (None, "0", EXPIRED, "1", "yn"),
    "6 not expired": (None, "0", OURS, "1", "yy"),
    "7 no suffixed uat": (None, "1", OURS, None, "nn"),
    "8 otherwise": (None, None, OURS, "1", "yy"),
    "8 only a suffixed uat": (None, None, None, "1", "yy"),
}


@pytest.mark.parametrize("case", STEPS.values(), ids=STEPS)
def test_suffixed_or_not(case: tuple[str | None, str | None, str | None, str | None, str]) -> None:
    for instance, answer in zip((PRODUCTION, DEVELOPMENT), case[4], strict=True):
        names = ("__session", "__client_uat", instance.suffixed("__session"), instance.suffixed("__client_uat"))
        cookies = {name: value for name, value in zip(names, case, strict=False) if value is not None}
        assert uses_suffixed_cookies(cookies, instance, now=NOW) is (answer == "y")


def test_the_family_that_counts_is_chosen_together() -> None:
    session, uat, browser = (PRODUCTION.suffixed(name) for name in ("__session", "__client_uat", "__clerk_db_jwt"))
    header = f"__session={OLDER}; __client_uat=1; __clerk_db_jwt=a; {session}={NEWER}; {uat}=2; {browser}=b"
    assert choose(header, PRODUCTION, now=NOW) == ClerkCookies(NEWER, 2, "b", are_suffixed=True)
    header = f"__session={NEWER}; __client_uat=1; __clerk_db_jwt=a; {session}={OLDER}; {uat}=2; {browser}=b"
    assert choose(header, PRODUCTION, now=NOW) == ClerkCookies(NEWER, 1, "a")


def test_some_have_one_name_only() -> None:
    refresh = PRODUCTION.suffixed("__refresh")
    header = f"__refresh=plain; {refresh}=r; __clerk_handshake=h; __clerk_handshake_nonce=n; __clerk_redirect_count=2"
    found = choose(header, PRODUCTION, now=NOW)
    assert found == ClerkCookies(refresh="r", handshake="h", handshake_nonce="n", redirect_count=2)


def test_without_a_publishable_key_only_plain_names_count() -> None:
    header = f"__session_{PRODUCTION.cookie_suffix}={OURS}; __client_uat_{PRODUCTION.cookie_suffix}=1"
    assert choose(header, None, now=NOW) == ClerkCookies()
    assert choose(f"__session={OURS}; __client_uat=5; {header}", None, now=NOW) == ClerkCookies(OURS, 5)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("2", 2),
        ("0x3", 3),
        (" 3 ", 3),
        ("1.5", 1.5),
        ("abc", 0),
        ("nan", 0),
        ("0xz", 0),
        ("-1", 0),
        ("1e999", float("inf")),
        ("0x" + "f" * 400, float(0xFFFFFFFFFFFFFFFFFF)),
        ("3abc", 0),
    ],
)
def test_the_count_of_redirects(text: str, count: float) -> None:
    assert choose(f"__clerk_redirect_count={text}", None, now=NOW).redirect_count == count


@pytest.mark.parametrize(
    ("text", "uat"),
    [
        ("0", 0),
        ("17", 17),
        ("17abc", 17),
        ("1e9", 1),
        ("abc", 0),
        ("-5", -5),
        ("+5", 5),
        ("- 5", 0),
        (" 5", 5),
        ("%35", 5),
        ("", 0),
        ("٣", 0),
    ],
)
def test_the_time_of_the_last_change(text: str, uat: int | None) -> None:
    assert choose(f"__client_uat={text}", None, now=NOW).client_uat == uat


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("a=1", "1"),
        ("b=2; a=1", "1"),
        ("a=1;b=2", "1"),
        ("  a =  1  ; b=2", "1"),
        ("\ta=1\t", "1"),
        ("a=1=2", "1=2"),
        ("a=1%3Bb%3D2", "1;b=2"),
        ("a=%zz", "%zz"),
        ("a=%ff", "%ff"),
        ("a=+", "+"),
        ('a="1"', '"1"'),
        ("$Version=1; a=1; $Path=/", "1"),
        ("a=1; a=1", "1"),
        ("a=%31; a=1", "1"),
        ("x; a=1; ;;", "1"),
        ("a=", None),
        ("a", None),
        ("", None),
        ("A=1", None),
        ("aa=1", None),
        ("b=a=1", None),
        ("b=1%3B a=1", None),
        ("b=1, a=1", None),
        ("\N{NO-BREAK SPACE}a=1", None),
        ("a\x1c=1", None),
        ("\x85a=1", None),
        ("a\0=1", None),
        ("%61=1", None),
        ('"a"=1', None),
    ],
)
def test_reading(header: str, value: str | None) -> None:
    assert read_cookies(header, frozenset({"a"})).get("a") == value


@pytest.mark.parametrize(
    "header", ["a=1; a=2", "a=1; b=3; a=2", "a=; a=1", "a=1; a", "a=1; a=1%20", "a=1; a=\N{NO-BREAK SPACE}1"]
)
def test_two_values_for_one_name_are_none(header: str) -> None:
    with pytest.raises(AmbiguousCookie):
        read_cookies(header, frozenset({"a"}))


@pytest.mark.parametrize("header", ["=1; {0}=2", "=2; {0}=1", "=0x2; {0}=1", "=2; {0}=2", "=2; {0}=x"])
def test_of_several_counters_the_highest_counts(header: str) -> None:
    """They have no path, so a browser keeps one for each folder of pages."""
    name = "__clerk_redirect_count"
    assert choose(f"{name}{header.format(name)}", PRODUCTION, now=NOW).redirect_count == 2
