"""Settings: read when asked, from Django or else the environment, checked on the way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings
from django.urls import reverse_lazy

from django_clerk.conf import Conf, conf

NAMES = [name for name in dir(Conf) if name.startswith("CLERK_")]


@pytest.fixture
def bare(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A project without any of our settings, in an environment without them."""
    for name in (*NAMES, "CLERK_WEBHOOK_SECRET"):
        if hasattr(settings, name):
            delattr(settings, name)
        monkeypatch.delenv(name, raising=False)
    return settings


def test_defaults(bare: Any) -> None:
    values = {name: getattr(conf, name) for name in NAMES}
    assert {name: value for name, value in values.items() if value is not None} == {
        "CLERK_AFTER_SIGN_IN_URL": "/",
        "CLERK_AFTER_SIGN_UP_URL": "/",
        "CLERK_API_URL": "https://api.clerk.com",
        "CLERK_API_VERSION": "2026-05-12",
        "CLERK_AUDIENCE": (),
        "CLERK_AUTHORIZED_PARTIES": (),
        "CLERK_CLOCK_SKEW": 5,
        "CLERK_EMULATOR": False,
        "CLERK_EMULATOR_BUNDLE_DIR": "",
        "CLERK_EMULATOR_DIR": ":memory:",
        "CLERK_ISSUER": (),
        "CLERK_IS_SATELLITE": False,
        "CLERK_JWKS_CACHE_SECONDS": 300,
        "CLERK_JWKS_STALE_SECONDS": 6 * 60 * 60,
        "CLERK_LINK_EXTERNAL_ID": False,
        "CLERK_LINK_VERIFIED_EMAIL": False,
        "CLERK_ON_USER_DELETED": "deactivate",
        "CLERK_ORGANIZATION_PATTERNS": (),
        "CLERK_PERSONAL_ACCOUNT_PATTERNS": (),
        "CLERK_PROVISION_USERS": "claims",
        "CLERK_REVOKE_SESSIONS": False,
        "CLERK_ROLE_CLAIM": "metadata.role",
        "CLERK_SATELLITE_AUTO_SYNC": False,
        "CLERK_SATELLITE_ORIGINS": (),
        "CLERK_TELEMETRY_DISABLED": False,
        "CLERK_TOKEN_LIFETIME": 60,
        "CLERK_WEBHOOK_MAX_BODY": 1024 * 1024,
        "CLERK_WEBHOOK_SIGNING_SECRET": (),
    }


def test_the_environment_is_asked_where_django_has_nothing(bare: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLERK_SECRET_KEY", " sk_test_environment \n")
    monkeypatch.setenv("CLERK_AUTHORIZED_PARTIES", "https://a.example, https://b.example,")
    monkeypatch.setenv("CLERK_CLOCK_SKEW", "2.5")
    monkeypatch.setenv("CLERK_LINK_VERIFIED_EMAIL", "yes")
    assert conf.CLERK_SECRET_KEY == "sk_test_environment"
    assert conf.CLERK_AUTHORIZED_PARTIES == ("https://a.example", "https://b.example")
    assert conf.CLERK_CLOCK_SKEW == 2.5
    assert conf.CLERK_LINK_VERIFIED_EMAIL is True
    assert conf.CLERK_PROVISION_USERS == "api"
    bare.CLERK_SECRET_KEY = None
    assert conf.CLERK_SECRET_KEY is None
    assert conf.CLERK_PROVISION_USERS == "claims"


def test_settings_are_read_when_asked() -> None:
    for skew in (1, 2):
        with override_settings(CLERK_CLOCK_SKEW=skew):
            assert skew == conf.CLERK_CLOCK_SKEW


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("CLERK_SECRET_KEY", "", None),
        ("CLERK_SECRET_KEY", "  ", None),
        ("CLERK_SIGN_IN_URL", reverse_lazy("untouched"), "/untouched/"),
        ("CLERK_EMULATOR_DIR", Path("/tmp/clerk"), "/tmp/clerk"),
        ("CLERK_API_URL", "https://api.example.com/", "https://api.example.com"),
        ("CLERK_AUTHORIZED_PARTIES", "https://a.example", ("https://a.example",)),
        ("CLERK_AUTHORIZED_PARTIES", ["https://a.example", " "], ("https://a.example",)),
        ("CLERK_AUTHORIZED_PARTIES", {"https://a.example"}, ("https://a.example",)),
        ("CLERK_AUTHORIZED_PARTIES", None, ()),
        ("CLERK_AUTHORIZED_PARTIES", "", ()),
        ("CLERK_CLOCK_SKEW", 0, 0),
        ("CLERK_CLOCK_SKEW", "0", 0),
        ("CLERK_JWKS_STALE_SECONDS", 0, 0),
        ("CLERK_LINK_EXTERNAL_ID", "False", False),
        ("CLERK_LINK_EXTERNAL_ID", "1", True),
        ("CLERK_PROVISION_USERS", "never", "never"),
        ("CLERK_PROVISION_USERS", "", "claims"),
        ("CLERK_ROLE_CLAIM", "role", "role"),
    ],
)
@pytest.mark.urls("tests.pages")
def test_spellings(name: str, value: Any, read: Any) -> None:
    with override_settings(**{name: value}):
        assert getattr(conf, name) == read


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CLERK_SECRET_KEY", 1),
        ("CLERK_SECRET_KEY", b"sk_test_x"),
        ("CLERK_SECRET_KEY", ["sk_test_x"]),
        ("CLERK_PUBLISHABLE_KEY", True),
        ("CLERK_AUTHORIZED_PARTIES", 1),
        ("CLERK_AUTHORIZED_PARTIES", b"https://a.example"),
        ("CLERK_AUTHORIZED_PARTIES", [None]),
        ("CLERK_AUTHORIZED_PARTIES", {"https://a.example": True}),
        ("CLERK_AUTHORIZED_PARTIES", True),
        ("CLERK_CLOCK_SKEW", "five"),
        ("CLERK_CLOCK_SKEW", -1),
        ("CLERK_CLOCK_SKEW", True),
        ("CLERK_CLOCK_SKEW", "nan"),
        ("CLERK_CLOCK_SKEW", float("inf")),
        ("CLERK_CLOCK_SKEW", [5]),
        ("CLERK_JWKS_CACHE_SECONDS", 0),
        ("CLERK_LINK_VERIFIED_EMAIL", "maybe"),
        ("CLERK_LINK_VERIFIED_EMAIL", 2),
        ("CLERK_PROVISION_USERS", "always"),
        ("CLERK_PROVISION_USERS", True),
        ("CLERK_ON_USER_DELETED", "ignore"),
        ("CLERK_ROLE_CLAIM", "unsafe_metadata.role"),
        ("CLERK_ROLE_CLAIM", "user.unsafeMetadata.role"),
    ],
)
def test_a_wrong_value_is_an_error_that_names_the_setting(name: str, value: Any) -> None:
    with override_settings(**{name: value}), pytest.raises(ImproperlyConfigured, match=name) as caught:
        getattr(conf, name)
    assert "sk_test" not in str(caught.value)


def test_the_old_name_of_the_webhook_secret(bare: Any) -> None:
    bare.CLERK_WEBHOOK_SECRET = "whsec_old"
    assert conf.CLERK_WEBHOOK_SIGNING_SECRET == ("whsec_old",)
    bare.CLERK_WEBHOOK_SIGNING_SECRET = ["whsec_new", "whsec_newer"]
    assert conf.CLERK_WEBHOOK_SIGNING_SECRET == ("whsec_new", "whsec_newer")
