"""A JWKS document (RFC 7517), read with suspicion."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers

from . import base64url

_MOST_KEYS = 64


def read_key_set(document: object) -> dict[str, RSAPublicKey]:
    """
    Return the keys that may verify RS256, by key id.

    Keys for something else, and weak ones, are left out. Raises ValueError for a document that is not a JWKS, that
    names a key id twice, or that has no usable key: whoever has an older set should keep it.
    """
    entries = document.get("keys") if isinstance(document, Mapping) else None
    if not isinstance(entries, list) or len(entries) > _MOST_KEYS:
        raise ValueError("The JWKS has no list of keys.")
    keys: dict[str, RSAPublicKey] = {}
    for entry in entries:
        if not isinstance(entry, Mapping):
            raise ValueError("The JWKS holds something that is not a key.")
        numbers = _read_numbers(entry.get("n"), entry.get("e")) if _verifies_rs256(entry) else None
        if numbers is None:
            continue
        if entry["kid"] in keys:
            raise ValueError("The JWKS names a key id twice.")
        keys[entry["kid"]] = numbers.public_key()
    if not keys:
        raise ValueError("The JWKS has no RSA signing key of at least 2048 bits.")
    return keys


def _verifies_rs256(entry: Mapping[str, Any]) -> bool:
    operations = entry.get("key_ops", ["verify"])
    return (
        entry.get("kty") == "RSA"
        and isinstance(entry.get("kid"), str)
        and entry["kid"] != ""
        and entry.get("use", "sig") == "sig"
        and entry.get("alg", "RS256") == "RS256"
        and isinstance(operations, list)
        and "verify" in operations
        and "d" not in entry
    )


def _read_numbers(n: object, e: object) -> RSAPublicNumbers | None:
    """Return modulus and exponent, or None when they are weak or not numbers."""
    if not isinstance(n, str) or not isinstance(e, str):
        return None
    try:
        modulus, exponent = (int.from_bytes(base64url.decode(text), "big") for text in (n, e))
    except ValueError:
        return None
    if not 2048 <= modulus.bit_length() <= 8192 or modulus % 2 == 0:
        return None
    return RSAPublicNumbers(exponent, modulus) if 65537 <= exponent < 2**32 and exponent % 2 == 1 else None
