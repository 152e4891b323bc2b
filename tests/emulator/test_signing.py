from __future__ import annotations

import time
from typing import Any

import jwt
import pytest

from django_clerk.emulator.credentials import PUBLISHABLE_KEY
from django_clerk.emulator.instance import Emulator
from tests.emulator.openapi import validate, validate_answer


def read(emulator: Emulator, token: str) -> dict[str, Any]:
    """Verify a token as a stranger would: by the published key of its kid."""
    keys = jwt.PyJWKSet.from_dict(emulator.jwks())
    key = keys[jwt.get_unverified_header(token)["kid"]]
    claims: dict[str, Any] = jwt.decode(
        token,
        key.key,
        algorithms=["RS256"],
        issuer="https://clerk-emulator.invalid",
        options={"require": ["exp", "nbf"]},
    )
    return claims


def test_a_token_has_the_claims_of_version_2(emulator: Emulator) -> None:
    before = int(time.time())
    claims = read(emulator, emulator.mint_session_token("user_1", azp="http://localhost:8000"))
    assert set(claims) == {"azp", "exp", "fva", "iat", "iss", "jti", "nbf", "sid", "sts", "sub", "v"}
    assert claims["v"] == 2
    assert claims["sub"] == "user_1"
    assert claims["azp"] == "http://localhost:8000"
    assert claims["sts"] == "active"
    assert claims["sid"].startswith("sess_")
    assert before <= claims["iat"] <= time.time()
    assert claims["exp"] - claims["iat"] == 60
    assert claims["iat"] - claims["nbf"] == 10


def test_a_token_has_the_header_of_a_session(emulator: Emulator) -> None:
    header = jwt.get_unverified_header(emulator.mint_session_token("user_1", azp=None))
    assert header["alg"] == "RS256"
    assert header["typ"] == "JWT"
    assert header["cat"] == "cl_B7d4PD111AAA"
    assert header["kid"] == emulator.credentials.instance_id
    assert header["kid"].startswith("ins_")
    assert isinstance(header["oiat"], int)


def test_claims_are_added_replaced_and_left_out(emulator: Emulator) -> None:
    organization = {"id": "org_1", "slg": "acme", "rol": "admin"}
    token = emulator.mint_session_token(
        "user_1", azp=None, session_id="sess_1", sts="pending", o=organization, fva=None
    )
    claims = read(emulator, token)
    assert claims["o"] == organization
    assert claims["sts"] == "pending"
    assert claims["sid"] == "sess_1"
    assert "azp" not in claims
    assert "fva" not in claims


def test_a_negative_lifetime_makes_an_expired_token(emulator: Emulator) -> None:
    token = emulator.mint_session_token("user_1", azp=None, lifetime=-60)
    with pytest.raises(jwt.ExpiredSignatureError):
        read(emulator, token)
    assert emulator.signer.read(token) is not None, "for the sign-out page an expired token is still ours"


def test_a_token_of_another_key_is_not_read(emulator: Emulator) -> None:
    token = emulator.mint_session_token("user_1", azp=None)
    assert emulator.signer.read(token[:-8] + "AAAAAAAA") is None
    assert emulator.signer.read("nonsense") is None


def test_the_key_set_is_clerks_and_holds_nothing_private(emulator: Emulator) -> None:
    document = emulator.jwks()
    [key] = document["keys"]
    assert set(key) == {"use", "kty", "kid", "alg", "n", "e"}
    assert key["kid"] == emulator.credentials.instance_id
    validate("bapi-2026-05-12", "JWKS.rsa.PublicKey", key)


def test_the_pem_is_the_same_key(emulator: Emulator) -> None:
    token = emulator.mint_session_token("user_1", azp=None)
    assert jwt.decode(token, emulator.signer.public_key_pem(), algorithms=["RS256"])["sub"] == "user_1"


def test_the_publishable_key_leads_nowhere() -> None:
    assert PUBLISHABLE_KEY == "pk_test_Y2xlcmstZW11bGF0b3IuaW52YWxpZCQ"


class TestRotation:
    def test_old_tokens_are_good_until_their_key_is_withdrawn(self, emulator: Emulator) -> None:
        old = emulator.mint_session_token("user_1", azp=None)
        first = emulator.credentials.instance_id
        second = emulator.keys.rotate()
        new = emulator.mint_session_token("user_1", azp=None)
        assert [jwt.get_unverified_header(token)["kid"] for token in (old, new)] == [first, second]
        assert [read(emulator, token)["sub"] for token in (old, new)] == ["user_1"] * 2
        assert [key["kid"] for key in emulator.jwks()["keys"]] == [second, first]
        validate_answer("bapi-2026-05-12", "/jwks", "GET", emulator.jwks())
        assert jwt.decode(new, emulator.signer.public_key_pem(), algorithms=["RS256"])["sub"] == "user_1"
        emulator.keys.withdraw(first)
        assert [key["kid"] for key in emulator.jwks()["keys"]] == [second]
        assert emulator.signer.read(old) is None
        assert emulator.signer.read(new) is not None

    def test_the_key_that_signs_stays(self, emulator: Emulator) -> None:
        with pytest.raises(ValueError, match="Rotate first"):
            emulator.keys.withdraw(emulator.credentials.instance_id)

    def test_other_processes_have_the_new_key_too(self, tmp_path: Any) -> None:
        one, other = (Emulator(str(tmp_path / "state")) for _ in range(2))
        kid = one.keys.rotate()
        assert jwt.get_unverified_header(other.mint_session_token("user_1", azp=None))["kid"] == kid
        one.close()
        other.close()
