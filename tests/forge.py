"""Tokens that Clerk never made: put together by hand from any header, any payload and any signature."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

from django_clerk.core import base64url
from tests.keys import PRIVATE_KEY
from tests.mint import SESSION, claims

HEADER: dict[str, Any] = {"alg": "RS256", "cat": SESSION, "kid": "ins_tests", "typ": "JWT"}
#: DER of a DigestInfo (RFC 8017, 9.2) up to the digest itself, for SHA-256.
SHA256_DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")


def segment(part: Any) -> str:
    """Return one part of a token: bytes as they are, a str spelled already, anything else as JSON."""
    if isinstance(part, str):
        return part
    return base64url.encode(part if isinstance(part, bytes) else json.dumps(part).encode())


def sign(text: str, key: RSAPrivateKey = PRIVATE_KEY) -> bytes:
    return key.sign(text.encode("utf-8"), PKCS1v15(), SHA256())


def forge(header: Any = None, payload: Any = None, signature: Any = None, *, key: RSAPrivateKey = PRIVATE_KEY) -> str:
    """Return a token; what is not given is as in a valid one. A dict ``header`` is changes, None in it leaves out."""
    if header is None or isinstance(header, dict):
        header = {name: value for name, value in {**HEADER, **(header or {})}.items() if value is not None}
    text = f"{segment(header)}.{segment(claims() if payload is None else payload)}"
    return f"{text}.{segment(sign(text, key) if signature is None else signature)}"


def raw_rsa(block: bytes, key: RSAPrivateKey = PRIVATE_KEY) -> bytes:
    """Return ``block`` to the power of the private exponent: a signature whose padding is whatever the block says."""
    numbers = key.private_numbers()
    modulus = numbers.public_numbers.n
    return pow(int.from_bytes(block, "big"), numbers.d, modulus).to_bytes(key.key_size // 8, "big")


def digest(text: str, algorithm: str = "sha256") -> bytes:
    return hashlib.new(algorithm, text.encode("ascii")).digest()
