"""Credentials of machines: told apart, and read from what Clerk says of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from django_clerk.core.machines import Machine, classify, read_api_key, read_m2m_token, read_oauth_token
from django_clerk.exceptions import InvalidToken
from tests.forge import forge
from tests.machines import document, m2m_jwt, oauth_jwt
from tests.mint import SESSION, TEMPLATE, mint

READERS: dict[str, Callable[..., Machine]] = {
    "api_key": read_api_key,
    "m2m_token": read_m2m_token,
    "oauth_token": read_oauth_token,
}


class TestClassify:
    @pytest.mark.parametrize(
        ("token", "token_type"),
        [
            ("ak_1", "api_key"),
            ("ak_", "api_key"),
            ("mt_1", "m2m_token"),
            ("oat_1", "oauth_token"),
            ("ak_a.b.c", "api_key"),
            (m2m_jwt(), "m2m_token"),
            (m2m_jwt(headers={"cat": SESSION}), "m2m_token"),
            (m2m_jwt(headers={"typ": "at+jwt"}), "m2m_token"),
            (oauth_jwt(), "oauth_token"),
            (oauth_jwt(headers={"typ": "application/at+jwt"}), "oauth_token"),
            (oauth_jwt(headers={"typ": "AT+JWT"}), "session_token"),
            (mint(), "session_token"),
            (mint(headers={"cat": TEMPLATE}), "session_token"),
            (mint(sub=["mch_1"]), "session_token"),
            (forge(payload=b'{"sub": "user_ada", "sub": "mch_1"}'), "session_token"),
            ("AK_1", "session_token"),
            ("m2m_1", "session_token"),
            (" ak_1", "session_token"),
            ("", "session_token"),
            ("a.b.c", "session_token"),
            ("ak_" + "x" * 16 * 1024, "session_token"),
            (forge(payload={"sub": "mch_1", "x": "y" * 16 * 1024}), "session_token"),
        ],
    )
    def test_what_a_token_claims_to_be(self, token: str, token_type: str) -> None:
        assert classify(token) == token_type


class TestDocuments:
    def test_an_api_key(self) -> None:
        key = read_api_key(document("api_key", expiration=2_000_000_000_000), now=1e9)
        assert (key.id, key.subject, key.user_id, key.org_id, key.machine_id) == (
            "ak_id_1", "user_ada", "user_ada", None, None,
        )  # fmt: skip
        assert (key.name, key.scopes, key.claims) == ("ci", ("read:posts",), {"plan": {"tier": 1}})
        assert (key.token_type, key.client_id, key.expires_at) == ("api_key", None, 2e9)

    def test_an_api_key_of_an_organization_acts_for_nobody(self) -> None:
        key = read_api_key(document("api_key", subject="org_acme"), now=1e9)
        assert (key.user_id, key.org_id, key.machine_id) == (None, "org_acme", None)

    def test_an_api_key_of_a_machine_acts_for_nobody(self) -> None:
        key = read_api_key(document("api_key", subject="mch_9"), now=1e9)
        assert (key.user_id, key.org_id, key.machine_id) == (None, None, None)

    def test_a_machine(self) -> None:
        token = read_m2m_token(document("m2m_token"), now=1e9)
        assert (token.user_id, token.org_id, token.machine_id) == (None, None, "mch_1")
        assert (token.scopes, token.claims) == (("mch_2",), {"job": "nightly"})

    def test_an_oauth_token_counts_in_seconds(self) -> None:
        token = read_oauth_token(document("oauth_token", expiration=2_000_000_000), now=1e9)
        assert (token.user_id, token.client_id, token.expires_at) == ("user_ada", "client_1", 2e9)
        with pytest.raises(InvalidToken):
            read_oauth_token(document("oauth_token", expiration=2_000_000_000), now=2e9)

    @pytest.mark.parametrize("token_type", list(READERS))
    @pytest.mark.parametrize(
        "changes",
        [
            {"revoked": True},
            {"revoked": "false"},
            {"revoked": 1},
            {"expired": True},
            {"expired": {}},
            {"active": False},
            {"active": None},
            {"active": "true"},
            {"expiration": 999_999_999},
            {"expiration": 0},
            {"expiration": -1},
            {"expiration": "never"},
            {"expiration": True},
            {"expiration": float("nan")},
            {"expiration": float("inf")},
            {"expiration": 10**400},
            {"subject": None},
            {"subject": ""},
            {"subject": ["user_ada"]},
            {"subject": "user_"},
            {"subject": "user_ada\n"},
            {"subject": "USER_ada"},
            {"subject": "sess_1"},
            {"subject": "user_" + "a" * 300},
            {"subject": "user_ada/../user_bob"},
        ],
        ids=repr,
    )
    def test_what_is_not_good_is_refused(self, token_type: str, changes: dict[str, Any]) -> None:
        with pytest.raises(InvalidToken) as caught:
            READERS[token_type](document(token_type, **changes), now=1e9)
        assert caught.value.reason == "token-invalid"
        assert "user_ada" not in str(caught.value)

    @pytest.mark.parametrize(
        ("token_type", "subject"),
        [("m2m_token", "user_ada"), ("m2m_token", "org_1"), ("oauth_token", "org_1"), ("oauth_token", "mch_1")],
    )
    def test_nobody_is_taken_for_somebody_of_another_kind(self, token_type: str, subject: str) -> None:
        with pytest.raises(InvalidToken):
            READERS[token_type](document(token_type, subject=subject), now=1e9)

    @pytest.mark.parametrize("token_type", list(READERS))
    def test_an_inactive_token_has_nothing_else(self, token_type: str) -> None:
        with pytest.raises(InvalidToken):
            READERS[token_type]({"active": False}, now=1e9)
        with pytest.raises(InvalidToken):
            READERS[token_type]({}, now=1e9)

    @pytest.mark.parametrize("scopes", [None, 5, {"read": 1}, ["read", 5], [["read"]], True])
    def test_malformed_scopes_grant_nothing(self, scopes: Any) -> None:
        assert read_api_key(document("api_key", scopes=scopes), now=1e9).scopes == ()

    @pytest.mark.parametrize("own", [None, [], "x", 5])
    def test_claims_that_are_none(self, own: Any) -> None:
        assert read_api_key(document("api_key", claims=own), now=1e9).claims is None

    def test_members_of_the_future_are_no_trouble(self) -> None:
        assert read_api_key(document("api_key", novelty={"x": [1]}), now=1e9).user_id == "user_ada"

    def test_scopes_are_all_needed_and_at_least_one(self) -> None:
        key = read_api_key(document("api_key", scopes=["read", "write"]), now=1e9)
        assert key.has_scopes(("read", "write"))
        assert not key.has_scopes(("read", "admin"))
        assert not key.has_scopes(())
        assert not key.has_scopes(("rea",))

    def test_what_it_is_called_is_not_in_a_log(self) -> None:
        key = read_api_key(document("api_key", name="Ada's laptop", claims={"mail": "ada@example.com"}), now=1e9)
        assert "Ada" not in repr(key)
        assert "example.com" not in repr(key)
        assert hash(key) == hash(read_api_key(document("api_key", name="Ada's laptop"), now=1e9))
