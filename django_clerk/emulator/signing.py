"""Session and handshake tokens and the key that verifies them, as Clerk issues them."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.types import Options

from django_clerk.core import base64url

SESSION_CATEGORY = "cl_B7d4PD111AAA"
_NOT_BEFORE_MARGIN = 10  # seconds that Clerk dates nbf back
_SIGNATURE_ONLY: Options = {"verify_exp": False, "verify_nbf": False, "verify_iat": False, "verify_aud": False}


class Signer:
    """
    Signs for one instance. ``load_key`` is called once, when the first token or key set is wanted.

    ``clock`` gives seconds since the epoch.
    """

    def __init__(
        self,
        *,
        instance_id: str,
        issuer: str,
        load_key: Callable[[], rsa.RSAPrivateKey],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._instance_id = instance_id
        self._issuer = issuer
        self._load_key = load_key
        self._clock = clock
        self._lock = threading.Lock()
        self._loaded: rsa.RSAPrivateKey | None = None

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
        try:
            return jwt.decode(token, self._key().public_key(), algorithms=["RS256"], options=_SIGNATURE_ONLY)
        except jwt.InvalidTokenError:
            return None

    def jwks(self) -> dict[str, Any]:
        """Return the JWKS document: the public key under the instance's id."""
        numbers = self._key().public_key().public_numbers()
        key = {
            "use": "sig",
            "kty": "RSA",
            "kid": self._instance_id,
            "alg": "RS256",
            "n": _unsigned(numbers.n),
            "e": _unsigned(numbers.e),
        }
        return {"keys": [key]}

    def public_key_pem(self) -> str:
        """Return what ``CLERK_JWT_KEY`` takes, for back ends that verify without the network."""
        return (
            self._key()
            .public_key()
            .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
            .decode("ascii")
        )

    def _signed(self, content: dict[str, Any], **header: Any) -> str:
        headers = {"cat": SESSION_CATEGORY, "kid": self._instance_id, **header}
        return jwt.encode(content, self._key(), algorithm="RS256", headers=headers)

    def _key(self) -> rsa.RSAPrivateKey:
        with self._lock:
            if self._loaded is None:
                self._loaded = self._load_key()
            return self._loaded


def _unsigned(number: int) -> str:
    return base64url.encode(number.to_bytes((number.bit_length() + 7) // 8, "big"))
