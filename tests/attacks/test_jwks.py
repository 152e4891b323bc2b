"""A key server that lies, and tokens that play with the id of their key."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from django_clerk.api import ClerkClient
from django_clerk.core.jwks import read_key_set
from django_clerk.core.keys import JwksKeys
from django_clerk.core.tokens import TokenVerifier
from django_clerk.exceptions import InvalidToken, KeysUnavailable
from tests.attacks.target import table
from tests.clock import Clock
from tests.forge import forge
from tests.jwks import OTHER_KEY, document, jwk, number
from tests.keys import PRIVATE_KEY
from tests.loopback import (
    SOON,
    drip,
    gzip_bomb,
    html,
    huge,
    ok,
    raw,
    redirect,
    refuse,
    serve,
    stall,
    status,
    truncated,
)
from tests.mint import mint

SECRET = "sk_test_VeryUnlikelyToAppearByChance"
N = PRIVATE_KEY.public_key().public_numbers().n
EC = ec.generate_private_key(ec.SECP256R1()).public_key().public_numbers()

#: Keys that must not verify anything, alone in their document.
KEYS: dict[str, Any] = {
    "symmetric": {"kty": "oct", "k": "c2VjcmV0", "kid": "ins_tests", "alg": "HS256", "use": "sig"},
    "symmetric, called RS256": {"kty": "oct", "k": "c2VjcmV0", "kid": "ins_tests", "alg": "RS256"},
    "elliptic": {"kty": "EC", "crv": "P-256", "x": number(EC.x), "y": number(EC.y), "kid": "ins_tests"},
    "Edwards": {"kty": "OKP", "crv": "Ed25519", "x": "eA", "kid": "ins_tests"},
    "type in small letters": jwk(kty="rsa"),
    "type a list": jwk(kty=["RSA"]),
    "no type": jwk(kty=None),
    "1024 bits": jwk(key=rsa.generate_private_key(public_exponent=65537, key_size=1024)),
    "2047 bits": jwk(n=number(N >> 1 | 1)),
    "8193 bits": jwk(n=number((1 << 8192) + 1)),
    "a megabit": jwk(n=number((1 << 1_000_000) + 1)),
    "even modulus": jwk(n=number(N - 1)),
    "modulus zero": jwk(n="AA"),
    "modulus empty": jwk(n=""),
    "modulus a number": jwk(n=N),
    "modulus padded": jwk(n=number(N) + "=="),
    "modulus in the other alphabet": jwk(n=number(N).replace("-", "+").replace("_", "/") + "+/"),
    "modulus with a line break": jwk(n=number(N) + "\n"),
    "no modulus": jwk(n=None),
    "exponent 1": jwk(e="AQ"),
    "exponent 3": jwk(e="Aw"),
    "exponent 0": jwk(e="AA"),
    "exponent 17": jwk(e="EQ"),
    "even exponent": jwk(e=number(65538)),
    "exponent of 33 bits": jwk(e=number((1 << 32) + 1)),
    "exponent as large as the modulus": jwk(e=number(N)),
    "exponent a number": jwk(e=65537),
    "exponent empty": jwk(e=""),
    "no exponent": jwk(e=None),
    "for encryption": jwk(use="enc"),
    "use in capitals": jwk(use="SIG"),
    "use a list": jwk(use=["sig"]),
    "operation sign": jwk(key_ops=["sign"]),
    "operation encrypt": jwk(key_ops=["encrypt", "wrapKey"]),
    "no operation": jwk(key_ops=[]),
    "operations as text": jwk(key_ops="verify"),
    "algorithm PS256": jwk(alg="PS256"),
    "algorithm RS512": jwk(alg="RS512"),
    "algorithm none": jwk(alg="none"),
    "algorithm HS256": jwk(alg="HS256"),
    "algorithm RSA-OAEP": jwk(alg="RSA-OAEP"),
    "algorithm a list": jwk(alg=["RS256"]),
    "private": jwk(d=number(PRIVATE_KEY.private_numbers().d)),
    "private exponent null": {**jwk(), "d": None},
    "no id": jwk(kid=None),  # type: ignore[arg-type]
    "id empty": jwk(kid=""),
    "id a number": jwk(kid=1),  # type: ignore[arg-type]
    "id a list": jwk(kid=["ins_tests"]),  # type: ignore[arg-type]
}

DOCUMENTS: dict[str, Any] = {
    "null": None,
    "empty": {},
    "list": [jwk()],
    "text": "keys",
    "keys null": {"keys": None},
    "keys empty": {"keys": []},
    "keys an object": {"keys": {"ins_tests": jwk()}},
    "keys text": {"keys": json.dumps([jwk()])},
    "key text": {"keys": ["ins_tests"]},
    "key null": {"keys": [None]},
    "key a list": {"keys": [[jwk()]]},
    "a good key and null": {"keys": [jwk(), None]},
    "one id twice": document(jwk(), jwk(key=OTHER_KEY)),
    "the same key twice": document(jwk(), jwk()),
    "100 keys": document(*(jwk(f"ins_{n}") for n in range(100))),
    "in capitals": {"KEYS": [jwk()]},
}

KIDS: dict[str, Any] = {
    "missing": None,
    "null": "null",
    "empty": "",
    "another": "ins_other",
    "prefix": "ins_test",
    "suffix": "ins_tests2",
    "capitals": "INS_TESTS",
    "space": "ins_tests ",
    "line break": "ins_tests\n",
    "NUL": "ins_tests\0",
    "Kelvin": "ins_te\u017fts",
    "traversal": "../../../../../../dev/null",
    "absolute": "/dev/null",
    "file": "file:///dev/null",
    "URL": "https://evil.example/jwks.json",
    "SQL": "ins_tests' UNION SELECT 'key'--",
    "command": "ins_tests | id",
    "template": "{{ins_tests}}",
    "format": "%s%n{0.__class__}",
    "attribute": "__class__",
    "prototype": "__proto__",
    "header splitting": "x\r\nX-Injected: 1",
    "surrogate": "\ud800",
    "emoji": "\U0001f511" * 100,
    "257 characters": "x" * 257,
    "10,000 characters": "x" * 10_000,
    "number": 1,
    "zero": 0,
    "true": True,
    "list": ["ins_tests"],
    "object": {"ins_tests": 1},
    "fraction": 1.5,
}


@table(KEYS)
def test_a_key_that_is_weak_or_for_something_else(attack: Any) -> None:
    with pytest.raises(ValueError, match="no RSA signing key"):
        read_key_set({"keys": [attack]})
    assert list(read_key_set({"keys": [attack, jwk("ins_good")]})) == ["ins_good"]


@table(DOCUMENTS)
def test_a_document_that_is_no_jwks(attack: Any) -> None:
    with pytest.raises(ValueError, match="JWKS"):
        read_key_set(attack)


@table(KIDS)
def test_the_id_of_a_key_is_only_ever_looked_up(attack: Any) -> None:
    asked = []

    def fetch() -> dict[str, Any]:
        asked.append(1)
        return document()

    verifier = TokenVerifier(JwksKeys(fetch))
    for _ in range(5):
        with pytest.raises(InvalidToken) as caught:
            verifier.verify(forge({"kid": attack}))
        assert caught.value.reason == "jwk-kid-mismatch"
    assert len(asked) <= 2
    assert verifier.verify(mint()).user_id


class TestOverTheWire:
    """The same with Clerk's API on loopback: the last good keys survive whatever it answers."""

    @pytest.fixture(autouse=True)
    def _serve(self, monkeypatch: pytest.MonkeyPatch) -> Any:
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        with serve() as self.server, serve() as self.elsewhere:
            client = ClerkClient(SECRET, base_url=self.server.url)
            self.clock = Clock(1000.0)
            self.keys = JwksKeys(lambda: client.jwks(deadline=0.3), clock=self.clock)
            yield

    def modes(self) -> dict[str, Any]:
        return {
            "500": status(500),
            "429": status(429, {"Retry-After": "20"}),
            "401": status(401, data={"errors": [{"code": "clerk_key_invalid"}]}),
            "page": html(),
            "page, 503": html(503),
            "cut off": truncated(document()),
            "hangs up": refuse,
            "says nothing": stall(5),
            "a byte at a time": drip(document()),
            "50 MB": huge(50_000_000),
            "50 MB in chunks": huge(50_000_000, length="chunked"),
            "bomb": gzip_bomb(20_000_000),
            "elsewhere": redirect(f"{self.elsewhere.url}/v1/jwks"),
            "deep": raw(b'{"keys":' + b"[" * 100_000),
            "deep, closed": raw(b'{"keys": [], "x": ' + b"[" * 50_000 + b"]" * 50_000 + b"}"),
            "no keys": ok({"keys": []}),
            "weak key": ok({"keys": [jwk(e="AQ")]}),
            "attacker's key under the id twice": ok(document(jwk(), jwk(key=OTHER_KEY))),
            "NaN": raw(b'{"keys": NaN}'),
            "UTF-16": raw(json.dumps(document()).encode("utf-16")),
        }

    def test_good_keys_survive_and_bad_ones_are_never_taken(self) -> None:
        self.server.on("/v1/jwks", ok(document()))
        self.elsewhere.on("/v1/jwks", ok(document(jwk(key=OTHER_KEY))))
        good = self.keys.get("ins_tests")
        for mode in self.modes().values():
            self.server.on("/v1/jwks", mode)
            self.clock.forward(301)
            before = len(self.server.received)
            began = time.monotonic()
            assert self.keys.get("ins_tests") is good
            assert time.monotonic() - began < SOON
            assert len(self.server.received) == before + 1
        assert not self.elsewhere.received

    def test_nobody_is_let_in_from_the_start(self) -> None:
        for name, mode in self.modes().items():
            self.server.on("/v1/jwks", mode)
            self.clock.forward(301)
            for _ in range(3):
                with pytest.raises(KeysUnavailable) as caught:
                    self.keys.get("ins_tests")
                assert caught.value.reason == ("secret-key-invalid" if name == "401" else "jwk-remote-failed-to-load")
                assert SECRET not in str(caught.value)
        assert len(self.server.received) == len(self.modes())
        assert not self.elsewhere.received
