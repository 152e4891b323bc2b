"""Key id to public key: from a configured PEM, or from Clerk's JWKS, fetched seldom and kept through an outage."""

from __future__ import annotations

import base64
import logging
import os
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeGuard

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from django_clerk.exceptions import APIError, InvalidToken, KeysUnavailable

from .jwks import read_key_set

logger = logging.getLogger("django_clerk")

#: Seconds between two fetches that nothing but hostile or broken input asks for: an unknown key id, a failed fetch.
COOLDOWN = 10.0
_LONGEST_BACK_OFF = 300.0
_LONGEST_KID = 256
_PEM = re.compile(r"-----BEGIN (?P<label>[A-Z0-9 ]+)-----(?P<body>.*?)-----END (?P=label)-----", re.DOTALL)


class SigningKeys(Protocol):
    """Where the verifier gets its keys."""

    offline: bool  #: True when get() never leaves the process

    def get(self, kid: object, *, wait: bool = True) -> RSAPublicKey:
        """
        Return the key. Raises InvalidToken when there is none of this id, KeysUnavailable when nobody can say.

        Without ``wait`` the answer comes from what is here, even when it is time to ask again.
        """

    def may_wait(self, kid: object) -> bool:
        """Tell whether get() would leave the process for an answer, which an event loop must not wait for."""


class PemKey:
    """The one key of CLERK_JWT_KEY. A token's key id is not looked at, as in Clerk's own SDK."""

    offline = True

    def __init__(self, pem: str) -> None:
        """Accepts real, escaped and missing line breaks, and the bare base64 body. Raises ValueError, saying why."""
        text = pem.replace("\\r", "\n").replace("\\n", "\n").strip().strip("\"'")
        match = _PEM.search(text)
        if match and "PRIVATE" in match["label"]:
            raise ValueError(
                "It is a private key. Clerk's dashboard shows the public one under API keys, JWKS public key."
            )
        try:
            key = load_der_public_key(
                base64.b64decode("".join((match["body"] if match else text).split()), validate=True)
            )
        except (ValueError, UnsupportedAlgorithm) as error:
            raise ValueError("It is not a PEM public key.") from error
        if not isinstance(key, RSAPublicKey) or key.key_size != 2048:
            raise ValueError("It is not an RSA key of 2048 bits, which all of Clerk's are.")
        self._key = key

    def get(self, kid: object, *, wait: bool = True) -> RSAPublicKey:
        return self._key

    def may_wait(self, kid: object) -> bool:
        return False


class KeyStore(Protocol):
    """Memory shared by processes, such as Django's cache. May forget at any time, and may be out of order."""

    def load(self) -> tuple[float, Mapping[str, Any]] | None:
        """Return when (seconds since the epoch) the document was fetched, and the document."""

    def save(self, fetched_at: float, document: Mapping[str, Any]) -> None:
        """Keep a document that was understood."""


@dataclass(frozen=True)
class _KeySet:
    keys: Mapping[str, RSAPublicKey]
    loaded_at: float  #: on the monotonic clock, so that setting the machine's clock back keeps no key alive


class JwksKeys:
    """
    The keys of a JWKS endpoint.

    A set is used for ``ttl`` seconds and then fetched again; while that fails it serves for ``stale`` seconds more.
    One thread fetches at a time. Those that find their key in the set they have go on, the others wait for it. An
    unknown key id may cause one fetch in each COOLDOWN, whoever sends it and however often; so may a failing endpoint.
    """

    offline = False

    def __init__(
        self,
        fetch: Callable[[], Mapping[str, Any]],
        store: KeyStore | None = None,
        *,
        ttl: float = 300,
        stale: float = 6 * 60 * 60,
        patience: float = 3.5,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self._fetch = fetch  #: returns the document, or raises APIError; bounds its own duration
        self._store = store
        self._ttl = ttl
        self._stale = stale
        self._patience = patience  #: seconds to wait for another thread's fetch
        self._clock = clock
        self._wall_clock = wall_clock
        self._set: _KeySet | None = None
        self._failure = ("jwk-remote-failed-to-load", "Clerk's signing keys are not here yet.")
        self._retry_at = -float("inf")
        self._unknown_kid_at = -float("inf")
        self._lock = threading.Lock()
        self._lock_owner = os.getpid()

    def get(self, kid: object, *, wait: bool = True) -> RSAPublicKey:
        if not _is_kid(kid):
            raise InvalidToken("jwk-kid-mismatch", "The token's kid is not a short string.")
        key = self._known(kid)
        if key is not None:
            return key
        is_answered = not wait or not self._is_due() or self._refresh(kid)
        held = self._usable()
        key = held.keys.get(kid) if held is not None else None
        if key is not None:
            return key
        if held is None or not is_answered or self._clock() < self._retry_at:  # the key may be new, and nobody says
            raise KeysUnavailable(*self._failure, retry_after=max(self._retry_at - self._clock(), 1.0))
        raise InvalidToken("jwk-kid-mismatch", "No signing key of this instance has the token's kid.")

    def may_wait(self, kid: object) -> bool:
        return _is_kid(kid) and self._known(kid) is None and self._is_due()

    def _known(self, kid: str) -> RSAPublicKey | None:
        held = self._set
        return None if held is None or self._expired(held) else held.keys.get(kid)

    def _expired(self, held: _KeySet) -> bool:
        return self._clock() - held.loaded_at >= self._ttl

    def _usable(self) -> _KeySet | None:
        held = self._set
        return held if held is not None and self._clock() - held.loaded_at < self._ttl + self._stale else None

    def _is_due(self) -> bool:
        """Tell whether it is time to ask, for a key that is not known: the other processes first, then Clerk."""
        held, now = self._set, self._clock()
        return now >= self._retry_at and (held is None or self._expired(held) or now >= self._unknown_kid_at)

    def _refresh(self, kid: str) -> bool:
        """Ask, unless another thread does. Returns False when its answer took too long."""
        if self._lock_owner != os.getpid():  # forked, perhaps while the parent's thread held the lock
            self._lock, self._lock_owner = threading.Lock(), os.getpid()
        lock, held = self._lock, self._usable()
        has_key = held is not None and kid in held.keys
        if not lock.acquire(timeout=0 if has_key else self._patience):
            return has_key
        try:
            if self._known(kid) is None and self._is_due() and not self._load(kid):
                self._download()
        finally:
            lock.release()
        return True

    def _load(self, kid: str) -> bool:
        """Take the shared document if it is fresh and newer than ours. Tell whether it has the key."""
        loaded = self._store.load() if self._store is not None else None
        if loaded is None:
            return False
        fetched_at, document = loaded
        age = self._wall_clock() - fetched_at
        if not 0 <= age < self._ttl + self._stale:  # from the future: some clock is wrong, so nobody knows its age
            return False
        loaded_at = self._clock() - age
        if self._set is not None and loaded_at <= self._set.loaded_at:
            return False
        try:
            self._adopt(document, loaded_at)
        except ValueError:
            return False
        return self._known(kid) is not None

    def _download(self) -> None:
        if not self._is_due():  # the shared document was fresh, and does not have the key either
            return
        is_for_kid = self._set is not None and not self._expired(self._set)
        try:
            document = self._fetch()
            self._adopt(document, self._clock())
        except (APIError, ValueError) as error:
            self._fail(error)
            return
        if is_for_kid:  # said only now, so that others with the same new key id wait for it instead of being refused
            self._unknown_kid_at = self._clock() + COOLDOWN
        if self._store is not None:
            self._store.save(self._wall_clock(), document)

    def _adopt(self, document: Mapping[str, Any], loaded_at: float) -> None:
        keys = read_key_set(document)
        if self._set is not None:  # the same key stays the same object, so tokens it verified stay verified
            old = self._set.keys
            keys = {kid: old[kid] if kid in old and old[kid] == key else key for kid, key in keys.items()}
        self._set = _KeySet(keys, loaded_at)

    def _fail(self, error: APIError | ValueError) -> None:
        wait = min(getattr(error, "retry_after", None) or 0.0, _LONGEST_BACK_OFF)
        wait = max(wait, COOLDOWN)
        self._retry_at = self._clock() + wait
        reason = "secret-key-invalid" if getattr(error, "status", None) == 401 else "jwk-remote-failed-to-load"
        self._failure = (reason, f"Clerk's signing keys could not be loaded: {error}")
        logger.warning(
            "Clerk's signing keys could not be loaded (%s). %s Trying again in %d s.",
            error,
            "The last good ones serve." if self._usable() else "Nobody can be signed in until they are.",
            wait,
        )


def _is_kid(kid: object) -> TypeGuard[str]:
    return isinstance(kid, str) and len(kid) <= _LONGEST_KID
