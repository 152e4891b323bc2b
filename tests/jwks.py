"""JWKS documents as Clerk's API sends them, and keys for them beside the one of the tests."""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from django_clerk.core import base64url
from tests.keys import PRIVATE_KEY

OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def number(value: int) -> str:
    """Return an integer as JWK writes it."""
    return base64url.encode(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def jwk(kid: str = "ins_tests", key: RSAPrivateKey = PRIVATE_KEY, **changes: Any) -> dict[str, Any]:
    """Return a public key in Clerk's form; a member set to None is left out."""
    numbers = key.public_key().public_numbers()
    base = {"alg": "RS256", "e": number(numbers.e), "kid": kid, "kty": "RSA", "n": number(numbers.n), "use": "sig"}
    return {name: value for name, value in {**base, **changes}.items() if value is not None}


def document(*keys: dict[str, Any]) -> dict[str, Any]:
    """Return a JWKS of these keys; without any, of the tests' own."""
    return {"keys": list(keys or [jwk()])}
