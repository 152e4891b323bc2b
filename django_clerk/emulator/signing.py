"""Session and handshake tokens and the key that verifies them, as Clerk issues them."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.types import Options

from django_clerk.core import base64url

from .keyring import KeyRing

SESSION_CATEGORY = "cl_B7d4PD111AAA"
_NOT_BEFORE_MARGIN = 10  # seconds that Clerk dates nbf back
_SIGNATURE_ONLY: Options = {"verify_exp": False, "verify_nbf": False, "verify_iat": False, "verify_aud": False}


class Signer:
    """
    Signs for one instance. ``clock`` gives seconds since the epoch.
    """

    def __init__(self, keys: KeyRing, *, issuer: str, clock: Callable[[], float] = time.time) -> None:
        self._keys = keys
        self._issuer = issuer
        self._clock = clock

    def session_token(
        self, user_id: str, *, session_id: str | None, azp: str | None, lifetime: float = 60, **claims: Any
    ) -> str:
        """
        Return a version 2 session token.

        ``claims`` add to or replace what Clerk puts in; a claim given as None is left out. ``lifetime`` is in seconds,
        and a negative one makes a token that has expired.
        """
        now = int(self._clock())
        content = {
            "azp": azp,
            "exp": now + int(lifetime),
            "fva": [0, -1],
            "iat": now,
            "iss": self._issuer,
            "jti": secrets.token_hex(10),
            "nbf": now - _NOT_BEFORE_MARGIN,
            "sid": session_id,
            "sts": "active",
            "sub": user_id,
            "v": 2,
            **claims,
        }
        return self._signed({name: value for name, value in content.items() if value is not None}, oiat=now)

    def handshake_token(self, directives: Sequence[str]) -> str:
        """Return a token that brings cookies, as Set-Cookie lines, to a site."""
        return self._signed({"handshake": list(directives)})

    def read(self, token: str) -> dict[str, Any] | None:
        """Return the claims of a token of this instance, expired or not; None when the signature is not ours."""
        for _, key in self._keys.published():
            try:
                return jwt.decode(token, key.public_key(), algorithms=["RS256"], options=_SIGNATURE_ONLY)
            except jwt.InvalidTokenError:
                continue
        return None

    def jwks(self) -> dict[str, Any]:
        """Return the JWKS document: the public keys by their ids, the one that signs first."""
        return {"keys": [_jwk(key_id, key) for key_id, key in reversed(self._keys.published())]}

    def public_key_pem(self) -> str:
        """Return what ``CLERK_JWT_KEY`` takes, for back ends that verify without the network."""
        _, key = self._keys.current()
        public = key.public_key()
        return public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode(
            "ascii"
        )

    def _signed(self, content: dict[str, Any], **header: Any) -> str:
        key_id, key = self._keys.current()
        return jwt.encode(content, key, algorithm="RS256", headers={"cat": SESSION_CATEGORY, "kid": key_id, **header})


def _jwk(key_id: str, key: rsa.RSAPrivateKey) -> dict[str, str]:
    numbers = key.public_key().public_numbers()
    return {
        "use": "sig",
        "kty": "RSA",
        "kid": key_id,
        "alg": "RS256",
        "n": _unsigned(numbers.n),
        "e": _unsigned(numbers.e),
    }


def _unsigned(number: int) -> str:
    return base64url.encode(number.to_bytes((number.bit_length() + 7) // 8, "big"))
