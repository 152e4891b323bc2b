"""Keys by PEM, in every spelling that people's settings have; and keys by JWKS over time, on a clock that is given."""

from __future__ import annotations

import base64
import logging
from collections.abc import Mapping
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from django_clerk.core.keys import COOLDOWN, JwksKeys, PemKey
from django_clerk.exceptions import (
    APIError,
    APIRateLimited,
    APIUnauthorized,
    APIUnavailable,
    InvalidToken,
    KeysUnavailable,
)
from tests.clock import Clock
from tests.jwks import OTHER_KEY, document, jwk
from tests.keys import PRIVATE_KEY, PRIVATE_PEM, PUBLIC_PEM

BODY = "".join(PUBLIC_PEM.split("\n")[1:-2])
PKCS1 = PRIVATE_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.PKCS1).decode()


def pem(key: Any) -> str:
    return str(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode())


SPELLINGS = {
    "as it is": PUBLIC_PEM,
    "CRLF": PUBLIC_PEM.replace("\n", "\r\n"),
    "CR": PUBLIC_PEM.replace("\n", "\r"),
    "escaped line breaks": PUBLIC_PEM.replace("\n", "\\n"),
    "escaped CRLF": PUBLIC_PEM.replace("\n", "\\r\\n"),
    "spaces instead": PUBLIC_PEM.replace("\n", " "),
    "nothing instead": PUBLIC_PEM.replace("\n", ""),
    "spaces around": f"\n\n  {PUBLIC_PEM}\t\n",
    "indented": PUBLIC_PEM.replace("\n", "\n    "),
    "one long line": f"-----BEGIN PUBLIC KEY-----\n{BODY}\n-----END PUBLIC KEY-----",
    "quoted": f'"{PUBLIC_PEM.strip()}"',
    "quoted, escaped": "'" + PUBLIC_PEM.replace("\n", "\\n") + "'",
    "the body alone": BODY,
    "the body in lines": "\n".join(PUBLIC_PEM.split("\n")[1:-2]),
    "text before": f"Our key:\n{PUBLIC_PEM}",
    "PKCS #1": PKCS1,
}

REFUSED = {
    "nothing": "",
    "text": "paste your key here",
    "private": PRIVATE_PEM,
    "private, escaped": PRIVATE_PEM.replace("\n", "\\n"),
    "private, the body alone": "".join(PRIVATE_PEM.split("\n")[1:-2]),
    "cut off": PUBLIC_PEM[:200],
    "cut off body": BODY[:-40],
    "a letter wrong": BODY[:20] + "!" + BODY[21:],
    "1024 bits": pem(rsa.generate_private_key(public_exponent=65537, key_size=1024)),
    "P-256": pem(ec.generate_private_key(ec.SECP256R1())),
    "Ed25519": pem(ed25519.Ed25519PrivateKey.generate()),
    "DSA": pem(dsa.generate_private_key(key_size=1024)),
    "a secret key": "sk_test_VeryUnlikelyToAppearByChance",
    "a path": "/etc/clerk/public.pem",
    "a shared secret": base64.b64encode(b"secret" * 50).decode(),
    "digits of another script": BODY.replace("1", "١"),
}


@pytest.mark.parametrize("text", SPELLINGS.values(), ids=SPELLINGS)
def test_a_pem_is_read_however_it_was_pasted(text: str) -> None:
    keys = PemKey(text)
    assert keys.offline
    for kid in ("ins_tests", "other", None, ["x"]):  # with a PEM the id is not looked at
        assert keys.get(kid) == PRIVATE_KEY.public_key()
        assert not keys.may_wait(kid)


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_what_is_no_public_rsa_key_is_refused_and_not_quoted(text: str) -> None:
    with pytest.raises(ValueError, match="It is ") as caught:
        PemKey(text)
    assert "VeryUnlikely" not in str(caught.value)


@pytest.mark.parametrize("label", ["PRIVATE KEY", "RSA PRIVATE KEY", "ENCRYPTED PRIVATE KEY"])
def test_a_private_key_is_called_one(label: str) -> None:
    with pytest.raises(ValueError, match="It is a private key"):
        PemKey(f"-----BEGIN {label}-----\nYQ==\n-----END {label}-----")


class Endpoint:
    """A JWKS endpoint: what it serves, or raises, and how often it was asked."""

    def __init__(self, answer: Mapping[str, Any] | APIError) -> None:
        self.answer = answer
        self.asked = 0

    def __call__(self) -> Mapping[str, Any]:
        self.asked += 1
        if isinstance(self.answer, APIError):
            raise self.answer
        return self.answer


DOWN = APIUnavailable("GET /v1/jwks: the connection failed.")
OLD, NEW = jwk("ins_old"), jwk("ins_new", OTHER_KEY)


class TestJwks:
    @pytest.fixture(autouse=True)
    def _make(self) -> None:
        self.clock = Clock(1000.0)
        self.endpoint = Endpoint(document(OLD))
        self.keys = JwksKeys(self.endpoint, ttl=300, stale=3600, clock=self.clock)

    def refused(self, kid: object = "ins_old", **options: bool) -> None:
        with pytest.raises(InvalidToken) as caught:
            self.keys.get(kid, **options)
        assert caught.value.reason == "jwk-kid-mismatch"

    def unavailable(self, kid: object = "ins_old", reason: str = "jwk-remote-failed-to-load") -> KeysUnavailable:
        with pytest.raises(KeysUnavailable) as caught:
            self.keys.get(kid)
        assert caught.value.reason == reason
        return caught.value

    def test_one_fetch_serves_until_the_end_of_its_time(self) -> None:
        for _ in range(30):
            assert self.keys.get("ins_old") == PRIVATE_KEY.public_key()
            self.clock.forward(9.9)
        assert self.endpoint.asked == 1
        self.clock.forward(3.0)
        self.keys.get("ins_old")
        assert self.endpoint.asked == 2

    def test_a_new_key_is_accepted_at_once_by_one_fetch(self) -> None:
        self.keys.get("ins_old")
        self.endpoint.answer = document(OLD, NEW)
        assert self.keys.get("ins_new") == OTHER_KEY.public_key()
        assert self.keys.get("ins_old") == PRIVATE_KEY.public_key()
        assert self.endpoint.asked == 2

    def test_a_withdrawn_key_is_refused_after_the_time_to_live(self) -> None:
        self.keys.get("ins_old")
        self.endpoint.answer = document(NEW)
        self.clock.forward(299)
        assert self.keys.get("ins_old")
        self.clock.forward(1)
        self.refused("ins_old")
        assert self.keys.get("ins_new")

    def test_the_last_good_keys_serve_through_an_outage_for_their_time(self, caplog: pytest.LogCaptureFixture) -> None:
        key = self.keys.get("ins_old")
        self.endpoint.answer = DOWN
        for _ in range(3600 + 299):
            self.clock.forward(1)
            assert self.keys.get("ins_old") is key
        assert self.endpoint.asked <= 1 + 3600 / COOLDOWN
        assert len(caplog.records) == self.endpoint.asked - 1
        self.clock.forward(1)
        assert self.unavailable().retry_after
        self.endpoint.answer = document(OLD)
        self.clock.forward(COOLDOWN)
        assert self.keys.get("ins_old") is key

    def test_an_outage_at_the_start_costs_one_fetch_in_a_while(self) -> None:
        self.endpoint.answer = DOWN
        for _ in range(100):
            error = self.unavailable()
            assert error.retry_after is not None
            assert 0 < error.retry_after <= COOLDOWN
            self.clock.forward(0.25)
        assert self.endpoint.asked == 3

    def test_unknown_ids_cost_one_fetch_in_a_while(self) -> None:
        self.keys.get("ins_old")
        for number in range(10_000):
            self.refused(f"ins_{number}")
            self.clock.forward(0.006)
        assert self.endpoint.asked <= 1 + 60 / COOLDOWN + 1

    def test_an_unknown_id_while_the_endpoint_fails_is_nobodys_fault(self) -> None:
        self.keys.get("ins_old")
        self.endpoint.answer = DOWN
        self.unavailable("ins_new")
        assert self.keys.get("ins_old")
        self.clock.forward(COOLDOWN)
        self.endpoint.answer = document(OLD, NEW)
        assert self.keys.get("ins_new")

    @pytest.mark.parametrize("kid", [None, 1, True, ["ins_old"], {"ins_old": 1}, "x" * 257, b"ins_old"])
    def test_an_id_that_is_no_short_text_costs_nothing(self, kid: Any) -> None:
        self.refused(kid)
        assert not self.keys.may_wait(kid)
        assert self.endpoint.asked == 0

    @pytest.mark.parametrize(("asked_for", "waits"), [(None, 10), (2.0, 10), (20.0, 20), (1e9, 300), (-5.0, 10)])
    def test_clerk_is_left_alone_as_long_as_it_wants(self, asked_for: float | None, waits: int) -> None:
        self.endpoint.answer = APIRateLimited("429", status=429, retry_after=asked_for)
        self.unavailable()
        self.clock.forward(waits - 1)
        self.unavailable()
        assert self.endpoint.asked == 1
        self.clock.forward(1)
        self.unavailable()
        assert self.endpoint.asked == 2

    def test_a_wrong_secret_key_has_its_own_reason(self) -> None:
        self.endpoint.answer = APIUnauthorized("401", status=401)
        self.unavailable(reason="secret-key-invalid")

    def test_a_document_that_is_none_keeps_the_last_good_keys(self) -> None:
        self.keys.get("ins_old")
        for broken in ({}, {"keys": []}, {"keys": [OLD, OLD]}, {"keys": "x"}):
            self.endpoint.answer = broken
            self.clock.forward(300)
            assert self.keys.get("ins_old")
        assert self.endpoint.asked == 5

    def test_waiting_is_foreseen(self) -> None:
        assert self.keys.may_wait("ins_old")
        self.keys.get("ins_old")
        assert not self.keys.may_wait("ins_old")
        assert self.keys.may_wait("ins_new")
        self.refused("ins_new")
        assert not self.keys.may_wait("ins_newer")
        self.clock.forward(300)
        assert self.keys.may_wait("ins_old")
        self.endpoint.answer = DOWN
        self.keys.get("ins_old")
        assert not self.keys.may_wait("ins_old")

    def test_who_does_not_wait_takes_what_is_here(self) -> None:
        with pytest.raises(KeysUnavailable):
            self.keys.get("ins_old", wait=False)
        self.keys.get("ins_old")
        self.clock.forward(1000)
        assert self.keys.get("ins_old", wait=False)
        self.refused("ins_new", wait=False)
        assert self.endpoint.asked == 1

    def test_logs_name_the_failure_and_no_key(self, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level(logging.DEBUG):
            self.endpoint.answer = {"keys": [jwk(n="AQAB")]}
            self.unavailable()
        assert "no RSA signing key" in caplog.text
        assert "ins_tests" not in caplog.text
