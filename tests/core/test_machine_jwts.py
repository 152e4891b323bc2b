"""Machine credentials that are JWTs: verified by their signature, and as strictly as a session token."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from django_clerk.core.keys import PemKey
from django_clerk.core.machine_tokens import MachineTokenVerifier
from django_clerk.exceptions import InvalidToken, KeysUnavailable
from tests.forge import forge
from tests.jwks import OTHER_KEY
from tests.keys import PUBLIC_PEM
from tests.machines import Clerk, document, m2m_jwt, oauth_jwt, reason_of
from tests.mint import M2M, SESSION, TEMPLATE, claims, mint


class TestMachineJwt:
    def test_is_read_without_asking(self, machine_verifier: MachineTokenVerifier, clerk: Clerk) -> None:
        machine = machine_verifier.verify(m2m_jwt(own={"a": [1]}), "m2m_token")
        assert (machine.id, machine.subject, machine.scopes) == ("mt_jti_1", "mch_1", ("mch_2", "mch_3"))
        assert machine.claims == {"own": {"a": [1]}, "scopes": "mch_2 mch_3"}
        assert clerk.asked == []

    @pytest.mark.parametrize(
        ("changes", "scopes"),
        [
            ({"scopes": None}, ()),
            ({"scopes": None, "aud": ["mch_5", "mch_6"]}, ("mch_5", "mch_6")),
            ({"scopes": "", "aud": ["mch_5"]}, ("",)),
            ({"scopes": ["mch_2"]}, ("mch_2",)),
            ({"scopes": {"mch_2": 1}}, ()),
        ],
    )
    def test_scopes(
        self, machine_verifier: MachineTokenVerifier, changes: dict[str, Any], scopes: tuple[str, ...]
    ) -> None:
        assert machine_verifier.verify(m2m_jwt(**changes), "m2m_token").scopes == scopes

    def test_without_claims_of_its_own(self, machine_verifier: MachineTokenVerifier) -> None:
        assert machine_verifier.verify(m2m_jwt(scopes=None, jti=None), "m2m_token").claims is None

    def test_d58_and_those_without_a_category(self, machine_verifier: MachineTokenVerifier) -> None:
        assert reason_of(machine_verifier, m2m_jwt()) is None
        assert reason_of(machine_verifier, m2m_jwt(headers={"cat": None})) is None
        assert reason_of(machine_verifier, m2m_jwt(headers={"typ": None})) is None

    @pytest.mark.parametrize("category", [SESSION, TEMPLATE, "cl_I7d4PD111III", "", 5])
    def test_d59_another_category(self, machine_verifier: MachineTokenVerifier, category: Any) -> None:
        with pytest.raises(InvalidToken, match=r"^Invalid M2M JWT category\.$") as caught:
            machine_verifier.verify(m2m_jwt(headers={"cat": category}), "m2m_token")
        assert caught.value.reason == "token-invalid"

    @pytest.mark.parametrize(
        "changes",
        [
            {"exp": 1},  # D60
            {"exp": None},
            {"exp": 1e10},
            {"exp": "9999999999"},
            {"exp": True},
            {"exp": 9_999_999_999_999},
            {"iat": None},
            {"iat": 9_999_999_999},
            {"nbf": 9_999_999_999},
            {"nbf": "0"},
            {"headers": {"typ": "at+jwt"}},
            {"headers": {"typ": "jwt"}},
            {"headers": {"crit": ["exp"]}},
            {"sub": "mch_1\n"},
            {"sub": "mch_1 "},
            pytest.param({"key": OTHER_KEY}, id="another key"),
        ],
        ids=repr,
    )
    def test_whatever_else_is_wrong(self, machine_verifier: MachineTokenVerifier, changes: dict[str, Any]) -> None:
        assert reason_of(machine_verifier, m2m_jwt(**changes)) == "token-verification-failed"

    @pytest.mark.parametrize("algorithm", ["none", "HS256", "RS384", "RS512", "PS256", "rs256", None])
    def test_rs256_and_nothing_else(self, machine_verifier: MachineTokenVerifier, algorithm: str | None) -> None:
        token = forge({"alg": algorithm, "cat": M2M}, claims(sub="mch_1"))
        assert reason_of(machine_verifier, token) == "token-verification-failed"

    @pytest.mark.parametrize("header", [{"b64": False}, {"crit": ["b64"]}, {"zip": "DEF"}, {"crit": []}])
    def test_no_extension(self, machine_verifier: MachineTokenVerifier, header: dict[str, Any]) -> None:
        token = forge({"cat": M2M, **header}, claims(sub="mch_1"))
        assert reason_of(machine_verifier, token) == "token-verification-failed"

    def test_an_audience_counts_where_there_is_one(
        self, make_machine_verifier: Callable[..., MachineTokenVerifier]
    ) -> None:
        verifier = make_machine_verifier(audience=["https://api"])
        assert reason_of(verifier, m2m_jwt()) is None
        assert reason_of(verifier, m2m_jwt(aud=["https://b"])) == "token-verification-failed"
        assert reason_of(verifier, m2m_jwt(aud=["https://b", "https://api"])) is None

    def test_who_asked_for_it_and_where_is_no_matter(self, machine_verifier: MachineTokenVerifier) -> None:
        assert reason_of(machine_verifier, m2m_jwt(azp="https://evil.example", iss="https://elsewhere")) is None

    def test_nothing_is_remembered_so_a_withdrawn_key_counts_at_once(
        self, make_machine_verifier: Callable[..., MachineTokenVerifier]
    ) -> None:
        class Keys:
            offline = False
            error: Exception | None = None

            def get(self, kid: object, *, wait: bool = True) -> Any:
                if self.error is not None:
                    raise self.error
                return PemKey(PUBLIC_PEM).get(kid)

            def may_wait(self, kid: object) -> bool:
                return True

        keys, token = Keys(), m2m_jwt()
        verifier = make_machine_verifier(keys=keys)
        assert reason_of(verifier, token) is None
        keys.error = InvalidToken("jwk-kid-mismatch", "No signing key of this instance has the token's kid.")
        assert reason_of(verifier, token) == "token-verification-failed"
        keys.error = KeysUnavailable("jwk-remote-failed-to-load", "Clerk's keys cannot be had.")
        with pytest.raises(KeysUnavailable):
            verifier.verify(token, "m2m_token")


class TestOAuthJwt:
    def test_d61(self, machine_verifier: MachineTokenVerifier, clerk: Clerk) -> None:
        machine = machine_verifier.verify(oauth_jwt(), "oauth_token")
        assert (machine.id, machine.user_id, machine.client_id) == ("oat_jti_1", "user_ada", "client_1")
        assert (machine.scopes, machine.claims) == (("read:posts", "profile"), None)
        assert clerk.asked == []

    @pytest.mark.parametrize(
        ("changes", "scopes"),
        [
            ({"scp": ["a", "b"]}, ("a", "b")),
            ({"scp": ["a", 5]}, ()),
            ({"scope": None}, ()),
            ({"scope": ""}, ("",)),
            ({"scope": 5}, ()),
        ],
    )
    def test_scopes(
        self, machine_verifier: MachineTokenVerifier, changes: dict[str, Any], scopes: tuple[str, ...]
    ) -> None:
        assert machine_verifier.verify(oauth_jwt(**changes), "oauth_token").scopes == scopes

    @pytest.mark.parametrize(
        "changes",
        [
            {"exp": 1},
            {"sub": None},
            {"sub": "org_1"},
            {"sub": "user_"},
            {"sub": 5},
            pytest.param({"key": OTHER_KEY}, id="another key"),
            {"iat": None},
        ],
        ids=repr,
    )
    def test_whatever_is_wrong(self, machine_verifier: MachineTokenVerifier, changes: dict[str, Any]) -> None:
        assert reason_of(machine_verifier, oauth_jwt(**changes)) == "token-verification-failed"

    @pytest.mark.parametrize("audience", [None, [], "", [""], ["", "https://api"], ["https://api", 5], 5, "https://b"])
    def test_d62_an_audience_is_needed_where_one_is_configured(
        self, make_machine_verifier: Callable[..., MachineTokenVerifier], clerk: Clerk, audience: Any
    ) -> None:
        verifier = make_machine_verifier(audience=["https://api", "https://other"])
        clerk.known["oat_secret"] = document("oauth_token", aud=audience)
        assert reason_of(verifier, oauth_jwt(aud=audience)) == "token-verification-failed"
        assert reason_of(verifier, "oat_secret") == "token-verification-failed"

    @pytest.mark.parametrize("audience", ["https://api", ["https://b", "https://api"]])
    def test_an_audience_that_is_ours(
        self, make_machine_verifier: Callable[..., MachineTokenVerifier], clerk: Clerk, audience: Any
    ) -> None:
        verifier = make_machine_verifier(audience=["https://api", "https://other"])
        clerk.known["oat_secret"] = document("oauth_token", aud=audience)
        assert reason_of(verifier, oauth_jwt(aud=audience)) is None
        assert reason_of(verifier, "oat_secret") is None

    def test_an_audience_that_nobody_asked_for(self, machine_verifier: MachineTokenVerifier) -> None:
        assert reason_of(machine_verifier, oauth_jwt(aud=[5])) is None

    def test_d61_is_not_a_session_and_a_session_is_not_one(self, machine_verifier: MachineTokenVerifier) -> None:
        for token, token_type in (
            (mint(), "oauth_token"),
            (mint(), "m2m_token"),
            (mint(), "session_token"),
            (oauth_jwt(), "m2m_token"),
            (m2m_jwt(), "oauth_token"),
            ("ak_secret", "oauth_token"),
            ("oat_secret", "api_key"),
        ):
            assert reason_of(machine_verifier, token, token_type) == "token-type-mismatch"
