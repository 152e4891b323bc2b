from __future__ import annotations

import pytest

from django_clerk.core.credentials import NO_CREDENTIAL, Credential, find_credential
from django_clerk.core.instance import Instance

INSTANCE = Instance.from_publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k")


@pytest.mark.parametrize(
    ("header", "token"),
    [
        ("Bearer a.b.c", "a.b.c"),
        ("a.b.c", "a.b.c"),
        ("Bearer a.b.c rest", "a.b.c"),
        ("Bearer  a.b.c", "Bearer"),  # as in Clerk's SDK: nothing that verifies
        ("Bearer", "Bearer"),
        ("Bearer a.b.c,Bearer d.e.f", "a.b.c,Bearer"),  # two headers, as a server joins them: nothing that verifies
        ("Bearer a.b.c, Bearer d.e.f", "a.b.c,"),
        ("Bearer\ta.b.c", "Bearer\ta.b.c"),
        ("Bearer\N{NO-BREAK SPACE}a.b.c", "Bearer\N{NO-BREAK SPACE}a.b.c"),
    ],
)
def test_what_is_in_the_header_is_the_credential(header: str, token: str) -> None:
    for cookie in (None, "__session=d.e.f"):
        assert find_credential(header, cookie, INSTANCE) == Credential(token, "header")


@pytest.mark.parametrize(
    "header", [None, "", " ", "bearer a.b.c", "BEARER a.b.c", "Basic YTpi", "Token a.b.c", "Digest a=b", " a.b.c"]
)
def test_other_schemes_are_other_systems(header: str | None) -> None:
    assert find_credential(header, None, INSTANCE) == NO_CREDENTIAL
    assert find_credential(header, "__session=d.e.f", INSTANCE) == Credential("d.e.f", "cookie")


def test_cookies() -> None:
    assert find_credential(None, "a=b", INSTANCE) == NO_CREDENTIAL
    assert find_credential(None, "__session=a.b.c; __client_uat=5", INSTANCE) == Credential("a.b.c", "cookie", 5)
    assert find_credential(None, "__client_uat=5", INSTANCE).reason == "client-uat-but-no-session-token"
    assert find_credential(None, "__client_uat=0", INSTANCE) == NO_CREDENTIAL
    assert find_credential(None, "__session=", INSTANCE) == NO_CREDENTIAL


def test_two_cookies_are_nobody() -> None:
    credential = find_credential(None, "__session=a.b.c; __session=d.e.f", INSTANCE)
    assert credential == Credential(reason="token-invalid", source="cookie")


def test_the_clock_is_the_callers() -> None:
    header = f"__client_uat=0; __client_uat_{INSTANCE.cookie_suffix}=5"
    assert find_credential(None, header, INSTANCE, clock=lambda: 10.0).reason == "client-uat-but-no-session-token"


def test_the_representation_hides_the_token() -> None:
    assert "a.b.c" not in repr(find_credential("Bearer a.b.c", None, INSTANCE))
