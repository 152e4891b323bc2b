"""Tokens that were never a session: another algorithm, another key, another form, another purpose."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from django_clerk.core.jws import LONGEST_TOKEN
from tests.attacks.target import Attack, reasons, table
from tests.forge import HEADER, forge, segment
from tests.jwks import OTHER_KEY, jwk, number
from tests.keys import PRIVATE_KEY, PUBLIC_PEM
from tests.loopback import Loopback, ok, serve
from tests.mint import M2M, TEMPLATE, claims, mint

NONES = ("none", "None", "NONE", "nOnE", "none ", "", "null", "noneRS256", "RS256none", "\0", "none\0", "none")
NOT_QUITE = (
    "rs256",
    "Rs256",
    "RS256 ",
    " RS256",
    "RS256\0",
    "RS256\n",
    "RS-256",
    "ＲＳ256",
    "R\u200bS256",
    "RSA256",
    "A256",
)
OTHERS = (
    *("RS1", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES256K", "EdDSA", "HS256", "HS384"),
    *("HS512", "dir", "RSA-OAEP", "RSA1_5", "A128KW", "PBES2-HS256+A128KW"),
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
)
TYPED: tuple[Any, ...] = (256, 0, True, False, ["RS256"], {"RS256": 1}, {"alg": "RS256"}, [], {}, 1.5)


def alg(value: Any, signature: Any = None) -> Attack:
    """A token signed with the right key as RS256, whose header claims something else."""
    return lambda: forge({**HEADER, "alg": value}, signature=signature)


def unsigned(value: Any, signature: bytes = b"") -> Attack:
    return alg(value, signature)


ALGORITHMS: dict[str, Attack] = {
    **{f"{value!r} without signature": unsigned(value) for value in (*NONES, "RS256")},
    **{f"{value!r} with a signature": alg(value) for value in NONES},
    **{f"{value!r} is not quite RS256": alg(value) for value in NOT_QUITE},
    **{f"{value} claimed": alg(value) for value in OTHERS},
    **{f"{value!r} is no text": alg(value) for value in TYPED},
    "none at all": lambda: forge({"alg": None}),
    "none at all, unsigned": lambda: forge({"alg": None}, signature=b""),
    "null": lambda: forge(json.dumps({**HEADER, "alg": None}).encode()),
    "twice, the good one last": lambda: forge(b'{"alg":"none","alg":"RS256","typ":"JWT"}'),
    "twice, the good one first": lambda: forge(b'{"alg":"RS256","alg":"none","typ":"JWT"}', signature=b""),
    "in capitals": lambda: forge({"alg": None, "ALG": "RS256", "Alg": "RS256"}),
    "four zero bytes": unsigned("RS256", b"\0" * 4),
    "a zero signature": unsigned("RS256", b"\0" * 256),
    "a signature of ones": unsigned("RS256", b"\xff" * 256),
    "an elliptic zero signature": unsigned("ES256", b"\0" * 64),
    "an elliptic zero signature in DER": unsigned("ES256", bytes.fromhex("3006020100020100")),
}


def public_numbers() -> Any:
    return PRIVATE_KEY.public_key().public_numbers()


DER = PRIVATE_KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
PKCS1_PEM = PRIVATE_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.PKCS1)
SECRETS: dict[str, bytes] = {
    "PEM": PUBLIC_PEM.encode(),
    "PEM without the last line break": PUBLIC_PEM.strip().encode(),
    "PEM with CRLF": PUBLIC_PEM.replace("\n", "\r\n").encode(),
    "PEM without line breaks": PUBLIC_PEM.replace("\n", "").encode(),
    "PEM body": "".join(PUBLIC_PEM.split("\n")[1:-2]).encode(),
    "PKCS #1": PKCS1_PEM,
    "DER": DER,
    "modulus": public_numbers().n.to_bytes(256, "big"),
    "modulus in base64url": number(public_numbers().n).encode(),
    "exponent": b"\x01\x00\x01",
    "JWK": json.dumps(jwk()).encode(),
    "JWKS": json.dumps({"keys": [jwk()]}).encode(),
    "key id": b"ins_tests",
    "issuer": b"https://clerk.example.com",
    "nothing": b"",
    "null": b"null",
    "zero": b"\0",
}


def hs(secret: bytes, name: str, claimed: str) -> Attack:
    def attack() -> str:
        text = f"{segment({**HEADER, 'alg': claimed})}.{segment(claims(sub='user_admin'))}"
        return f"{text}.{segment(hmac.new(secret, text.encode(), getattr(hashlib, name)).digest())}"

    return attack


CONFUSION: dict[str, Attack] = {
    f"{alg_} by {what}": hs(secret, name, alg_)
    for what, secret in SECRETS.items()
    for name, alg_ in (("sha256", "HS256"), ("sha256", "RS256"), ("sha384", "HS384"), ("sha512", "HS512"))
}


def signed_as(claimed: str, pad: Any, algorithm: Any) -> Attack:
    def attack() -> str:
        text = f"{segment({**HEADER, 'alg': claimed})}.{segment(claims())}"
        return f"{text}.{segment(PRIVATE_KEY.sign(text.encode(), pad, algorithm))}"

    return attack


def elliptic() -> str:
    text = f"{segment({**HEADER, 'alg': 'ES256'})}.{segment(claims())}"
    return f"{text}.{segment(ec.generate_private_key(ec.SECP256R1()).sign(text.encode(), ec.ECDSA(SHA256())))}"


PSS = padding.PSS(padding.MGF1(SHA256()), padding.PSS.DIGEST_LENGTH)
RIGHT_KEY: dict[str, Attack] = {
    "RS384": signed_as("RS384", padding.PKCS1v15(), SHA384()),
    "RS512": signed_as("RS512", padding.PKCS1v15(), SHA512()),
    "PS256": signed_as("PS256", PSS, SHA256()),
    "PS256 called RS256": signed_as("RS256", PSS, SHA256()),
    "RS384 called RS256": signed_as("RS256", padding.PKCS1v15(), SHA384()),
    "RS512 called RS256": signed_as("RS256", padding.PKCS1v15(), SHA512()),
    "another key": lambda: mint(key=OTHER_KEY),
    "an elliptic key": elliptic,
}

ATTACKERS_JWK = jwk(key=OTHER_KEY)

CATEGORIES: tuple[Any, ...] = (
    "", "x", "CL_B7D4PD111AAA", "cl_B7d4PD111AAAA", "cl_B7d4PD111AA", None, 1, 0, True, ["cl_B7d4PD111AAA"], {}
)  # fmt: skip
TYPES: tuple[Any, ...] = (
    "jwt", "Jwt", "JWS", "JOSE", "secevent+jwt", "dpop+jwt", "", " JWT", None, 1, True, ["JWT"], {}
)  # fmt: skip
OPAQUE = ("ak_123", "oat_123", "mt_123", "sk_live_123", "pk_live_123", "dvb_123", "ak_a.b.c")


def with_header(**members: Any) -> Attack:
    """A token signed with the right key, whose header has these members; here None is null."""
    return lambda: forge(json.dumps({**HEADER, **members}).encode())


def as_it_is(token: str) -> Attack:
    return lambda: token


PURPOSES: dict[str, Attack] = {
    "template": lambda: mint(headers={"cat": TEMPLATE}, sid=None),
    "template with a made-up session": lambda: mint(headers={"cat": TEMPLATE}),
    "template without a category": lambda: mint(headers={"cat": None}, sid=None),
    "machine": lambda: mint(headers={"cat": M2M}, sub="mch_1", sid=None),
    "machine without a category": lambda: mint(headers={"cat": None}, sub="mch_1"),
    "machine category, user's subject": lambda: mint(headers={"cat": M2M}),
    "OAuth": lambda: mint(headers={"typ": "at+jwt"}),
    "OAuth, long": lambda: mint(headers={"typ": "application/at+jwt"}),
    "OAuth, capitals": lambda: mint(headers={"typ": "AT+JWT"}),
    "OAuth client": lambda: mint(sub="oau_client", client_id="c"),
    "handshake": lambda: forge(payload={"handshake": ["__session=x; Path=/"]}),
    "handshake with times": lambda: forge(payload={"handshake": [], "exp": 10**10, "iat": 1}),
    "handshake with a made-up subject": lambda: forge(payload={"handshake": [], **claims(sid=None)}),
    "client": lambda: mint(sub=None, sid=None, id="client_1"),
    "invitation ticket": lambda: mint(sub=None, sid=None, st="invitation"),
    "webhook token": lambda: mint(sub="org_1"),
    **{f"category {category!r}": with_header(cat=category) for category in CATEGORIES},
    **{f"type {type_!r}": with_header(typ=type_) for type_ in TYPES},
    **{f"opaque {token}": as_it_is(token) for token in OPAQUE},
}

ASKED_FOR: dict[str, tuple[Any, ...]] = {
    "crit": (["exp"], ["b64"], [], None, "b64", ["x"]),
    "b64": (False, True, None),
    "zip": ("DEF", "", None),
}
EXTENSIONS: dict[str, Attack] = {
    f"{name} = {value!r}": with_header(**{name: value}) for name, values in ASKED_FOR.items() for value in values
}

OVERSIZE: dict[str, Attack] = {
    "17 KB, signed": lambda: mint(padding="x" * 17_000),
    "1 MB of dots": lambda: "." * 1_000_000,
    "1 MB of letters": lambda: f"{'A' * 500_000}.{'A' * 500_000}.AA",
    "10 MB": lambda: "A" * 10_000_000,
    "one character too many": lambda: (mint() + "A" * LONGEST_TOKEN)[: LONGEST_TOKEN + 1],
}


@table(ALGORITHMS | CONFUSION)
def test_the_header_does_not_choose_the_algorithm(attack: Attack) -> None:
    assert reasons(attack()) <= {"token-invalid-algorithm", "token-invalid-signature", "token-invalid"}


@table(RIGHT_KEY)
def test_nothing_but_rs256_by_the_instance_counts(attack: Attack) -> None:
    assert reasons(attack()) <= {"token-invalid-algorithm", "token-invalid-signature"}


@table(PURPOSES)
def test_what_is_signed_for_another_purpose_is_no_session(attack: Attack) -> None:
    assert reasons(attack()) <= {"token-type-mismatch", "token-verification-failed", "token-invalid"}


@table(EXTENSIONS)
def test_extensions_are_refused_even_signed(attack: Attack) -> None:
    assert reasons(attack()) == {"token-invalid"}


@table(OVERSIZE)
def test_what_is_too_long_is_not_decoded(attack: Attack) -> None:
    assert reasons(attack()) == {"token-invalid"}


class TestKeysNamedByTheToken:
    @pytest.fixture
    def evil(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
        """The attacker's server, and a guard at the only way out."""
        with serve() as server:
            server.on("/jwks", ok({"keys": [ATTACKERS_JWK]}))
            server.on("/.well-known/jwks.json", ok({"keys": [ATTACKERS_JWK]}))

            def guarded(*args: object) -> None:
                raise AssertionError(f"A token made us connect to {args[1:]}.")

            monkeypatch.setattr(socket.socket, "connect", guarded)
            monkeypatch.setattr(socket, "getaddrinfo", guarded)
            yield server

    @pytest.mark.parametrize("kid", ["ins_tests", "ins_evil", None])
    def test_are_not_looked_at(self, evil: Loopback, kid: str | None) -> None:
        url = f"{evil.url}/jwks"
        headers: list[dict[str, Any]] = [
            {"jwk": ATTACKERS_JWK}, {"jwk": json.dumps(ATTACKERS_JWK)}, {"jwk": {"keys": [ATTACKERS_JWK]}}, {"jwk": {}},
            {"jku": url}, {"jku": [url]}, {"jku": "file:///etc/passwd"}, {"jku": f"https://clerk.example.com@{url[7:]}"},
            {"x5u": url}, {"x5c": [segment(DER)]}, {"x5c": "x"}, {"x5t": "x"}, {"x5t#S256": "x"},
            {"iss": evil.url}, {"kid": url}, {"jwk": ATTACKERS_JWK, "jku": url, "x5u": url, "x5c": ["x"]},
        ]  # fmt: skip
        for header in headers:
            given = reasons(forge({"kid": kid, **header}, claims(iss=evil.url), key=OTHER_KEY))
            assert given <= {"token-invalid-signature", "jwk-kid-mismatch"}
        assert not evil.received
