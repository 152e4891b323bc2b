"""The keys of the instance: one signs, and those before it stay published until they are withdrawn."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from .credentials import new_signing_key
from .identifiers import new_id
from .store import SigningKeyTable, StoredKey

#: The id and the key.
Key = tuple[str, rsa.RSAPrivateKey]


class KeyRing:
    """``first_id`` and ``load_first`` are the key that an instance begins with; it is loaded when first wanted."""

    def __init__(self, table: SigningKeyTable, *, first_id: str, load_first: Callable[[], rsa.RSAPrivateKey]) -> None:
        self._table = table
        self._first_id = first_id
        self._load_first = load_first
        self._lock = threading.Lock()
        self._first: rsa.RSAPrivateKey | None = None

    def current(self) -> Key:
        """Return the key that signs."""
        return self.published()[-1]

    def published(self) -> list[Key]:
        """Return every key that verifies, the one that signs last."""
        stored = self._table.all() or [StoredKey(self._first_id, None)]
        return [(key.id, self._key(key)) for key in stored if not key.is_withdrawn]

    def rotate(self) -> str:
        """Let a new key sign from now on and return its id. Tokens of the keys before it stay good."""
        if not self._table.all():
            self._table.add(StoredKey(self._first_id, None))
        key = StoredKey(new_id("ins"), _pem(new_signing_key()))
        self._table.add(key)
        return key.id

    def withdraw(self, key_id: str) -> None:
        """Publish a key no longer. Raises ValueError for the one that signs."""
        if key_id == self.current()[0]:
            raise ValueError("The key that signs cannot be withdrawn. Rotate first.")
        self._table.withdraw(key_id)

    def _key(self, stored: StoredKey) -> rsa.RSAPrivateKey:
        if stored.pem is not None:
            return _read(stored.pem)
        with self._lock:
            if self._first is None:
                self._first = self._load_first()
            return self._first


def _pem(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode("ascii")


@functools.lru_cache(maxsize=16)  # reading one takes longer than a signature
def _read(pem: str) -> rsa.RSAPrivateKey:
    key = serialization.load_pem_private_key(pem.encode("ascii"), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("The local Clerk signs with RSA keys only.")
    return key
