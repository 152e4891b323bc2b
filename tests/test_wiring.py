"""Settings become objects once, and anew when a setting changes."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.core.exceptions import ImproperlyConfigured
from django.test import RequestFactory, override_settings

from django_clerk.core.keys import JwksKeys, PemKey
from django_clerk.exceptions import InvalidToken, KeysUnavailable
from django_clerk.identify import identify
from django_clerk.wiring import get_client, get_instance, get_verifier, make_keys
from tests.jwks import OTHER_KEY
from tests.keys import PRIVATE_PEM
from tests.mint import bearer, mint

SECRET = "sk_test_VeryUnlikelyToAppearByChance"
OTHER_PEM = OTHER_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def test_objects_are_made_once() -> None:
    assert get_instance() is get_instance()
    assert get_verifier() is get_verifier()
    with ThreadPoolExecutor(8) as pool, override_settings(CLERK_CLOCK_SKEW=4):
        assert len({id(made) for made in pool.map(lambda _: get_verifier(), range(32))}) == 1


CHANGES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"CLERK_AUTHORIZED_PARTIES": ["https://other.example"]}, {"azp": "https://other.example"}),
    ({"CLERK_AUTHORIZED_PARTIES": []}, {"azp": None}),
    ({"CLERK_PUBLISHABLE_KEY": "pk_live_Y2xlcmsuY2xlcmsuZGV2JA"}, {"iss": "https://clerk.clerk.dev"}),
    ({"CLERK_PUBLISHABLE_KEY": None}, {"iss": "https://clerk.other.example"}),
    ({"CLERK_JWT_KEY": OTHER_PEM}, {"key": OTHER_KEY}),
    ({"CLERK_CLOCK_SKEW": 3600}, {"exp": 0}),
]


@pytest.mark.parametrize(("setting", "changes"), CHANGES)
def test_the_next_request_follows_a_changed_setting(setting: dict[str, Any], changes: dict[str, Any]) -> None:
    if "exp" in changes:
        changes = {"exp": get_verifier().verify(mint()).payload["exp"] - 600}
    token = mint(**changes)

    def signed_in() -> bool:
        return identify(RequestFactory().get("/", headers=bearer(token=token))).is_signed_in

    for _ in range(2):
        assert not signed_in()
        with override_settings(**setting):
            assert signed_in()


def test_an_audience_is_passed_on() -> None:
    with override_settings(CLERK_AUDIENCE="api"), pytest.raises(InvalidToken, match="aud"):
        get_verifier().verify(mint(aud="web"))


def test_a_pem_wins_over_the_secret_key() -> None:
    with override_settings(CLERK_SECRET_KEY=SECRET):
        assert isinstance(make_keys(), PemKey)
        assert get_verifier().offline
    with override_settings(CLERK_SECRET_KEY=SECRET, CLERK_JWT_KEY=""):
        assert isinstance(make_keys(), JwksKeys)
        assert not get_verifier().offline


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"CLERK_JWT_KEY": None}, "set CLERK_SECRET_KEY, or CLERK_JWT_KEY"),
        ({"CLERK_JWT_KEY": "x"}, "CLERK_JWT_KEY cannot be used"),
        ({"CLERK_JWT_KEY": PRIVATE_PEM}, "CLERK_JWT_KEY cannot be used. It is a private key"),
        ({"CLERK_JWT_KEY": None, "CLERK_SECRET_KEY": "sk test"}, "CLERK_SECRET_KEY"),
        ({"CLERK_JWT_KEY": None, "CLERK_SECRET_KEY": SECRET, "CLERK_API_URL": "api.clerk.com"}, "CLERK_API_URL"),
    ],
)
def test_keys_that_cannot_be_used_let_nobody_in_and_break_no_page(
    setting: dict[str, Any], message: str, caplog: pytest.LogCaptureFixture
) -> None:
    with override_settings(**setting):
        with pytest.raises(ImproperlyConfigured, match=message):
            make_keys()
        for _ in range(3):
            auth = identify(RequestFactory().get("/", headers=bearer()))
            assert not auth.is_signed_in
            assert auth.is_unavailable
        assert not get_verifier().may_wait(mint())
        with pytest.raises(KeysUnavailable):
            get_verifier().verify(mint())
    errors = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert len(errors) == 1
    assert message in errors[0].getMessage()
    assert "BEGIN" not in caplog.text


def test_a_wrong_publishable_key_is_said_aloud() -> None:
    with override_settings(CLERK_PUBLISHABLE_KEY="pk_live_bad"):
        with pytest.raises(ImproperlyConfigured, match="CLERK_PUBLISHABLE_KEY: Publishable key not valid"):
            get_instance()
        with pytest.raises(ImproperlyConfigured, match="CLERK_PUBLISHABLE_KEY"):
            identify(RequestFactory().get("/"))


def test_without_a_publishable_key_there_is_no_instance() -> None:
    with override_settings(CLERK_PUBLISHABLE_KEY=None):
        assert get_instance() is None


def test_the_client_needs_the_secret_key() -> None:
    with pytest.raises(ImproperlyConfigured, match="CLERK_SECRET_KEY"):
        get_client()
    with override_settings(CLERK_SECRET_KEY=SECRET):
        assert get_client() is get_client()
        assert SECRET not in repr(get_client())
