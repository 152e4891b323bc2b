from __future__ import annotations

import pytest

from django_clerk.core import base64url
from django_clerk.core.instance import Instance

DEVELOPMENT = "pk_test_Zm9vLWJhci0xMy5jbGVyay5hY2NvdW50cy5kZXYk"
PRODUCTION = "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k"


def test_development() -> None:
    instance = Instance.from_publishable_key(DEVELOPMENT)
    assert instance.frontend_api == "foo-bar-13.clerk.accounts.dev"
    assert not instance.is_production
    assert instance.issuer == "https://foo-bar-13.clerk.accounts.dev"
    assert instance.account_portal == "https://foo-bar-13.accounts.dev"


def test_production() -> None:
    instance = Instance.from_publishable_key(PRODUCTION)
    assert instance.is_production
    assert instance.issuer == "https://clerk.example.com"
    assert instance.account_portal == "https://accounts.example.com"


@pytest.mark.parametrize(
    ("host", "portal"),
    [
        ("clerk.accountsstage.dev", "https://accountsstage.dev"),
        ("foo.clerk.accountsstage.dev", "https://foo.accountsstage.dev"),
        ("auth.example.com", "https://auth.example.com"),
        ("clerk.clerk.example.com", "https://accounts.clerk.example.com"),
    ],
)
def test_account_portal(host: str, portal: str) -> None:
    assert Instance("pk", host, is_production=True).account_portal == portal


@pytest.mark.parametrize(
    ("key", "suffix"),
    [
        (DEVELOPMENT, "nx2hSE6I"),
        (PRODUCTION, "naoXFJnI"),
        ("pk_live_Y2xlcmsuY2xlcmsuZGV2JA", "1Z8AzTQD"),
        ("pk_test_Y2xlcmsuY2xlcmsuZGV2JA", "QvfNY2dr"),
        ("pk_test_ZW5vdWdoLWFscGFjYS04Mi5jbGVyay5hY2NvdW50cy5sY2xjbGVyay5jb20k", "jtYvyt_H"),
        ("pk_test_eHh4eHh4LXhhYWFhYS1hYS5jbGVyay5hY2NvdW50cy5sY2xjbGVyay5jb20k", "tZJdb-5s"),
    ],
)
def test_cookie_suffix(key: str, suffix: str) -> None:
    instance = Instance.from_publishable_key(key)
    assert instance.cookie_suffix == suffix
    assert instance.suffixed("__session") == f"__session_{suffix}"


def test_padding_may_be_left_out() -> None:
    assert Instance.from_publishable_key("pk_live_Y2xlcmsuY2xlcmsuZGV2JA==").frontend_api == "clerk.clerk.dev"
    assert Instance.from_publishable_key("pk_live_Y2xlcmsuY2xlcmsuZGV2JA").frontend_api == "clerk.clerk.dev"


def key(text: str, prefix: str = "pk_live_") -> str:
    return prefix + base64url.encode(text.encode())


@pytest.mark.parametrize(
    "text",
    [
        "pk_live_bad",
        "pk_test_",
        "pk_live",
        "sk_test_Y2xlcmsuZXhhbXBsZS5jb20k",
        "pk_prod_Y2xlcmsuZXhhbXBsZS5jb20k",
        "PK_LIVE_Y2xlcmsuZXhhbXBsZS5jb20k",
        "x_pk_live_Y2xlcmsuZXhhbXBsZS5jb20k",
        "pk_test_a_b",
        "pk_live_Y2xl cmsuZXhhbXBsZS5jb20k",
        "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k\n",
        "pk_live_\N{FULLWIDTH LATIN CAPITAL LETTER Y}2xlcmsuZXhhbXBsZS5jb20k",
        key("clerk.example.com"),
        key("clerk.example.com$$"),
        key("clerk.example.com$x"),
        key("clerk$.example.com$"),
        key("localhost$"),
        key("$"),
        key("clérk.example.com$"),
    ],
)
def test_what_is_no_publishable_key(text: str) -> None:
    with pytest.raises(ValueError, match="Publishable key not valid"):
        Instance.from_publishable_key(text)


def test_a_missing_key() -> None:
    with pytest.raises(ValueError, match="Publishable key is missing"):
        Instance.from_publishable_key("")
