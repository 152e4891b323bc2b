"""The JWKS in Django's cache, so that one process fetches for all."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from typing import Any

from django.core import signing
from django.core.cache import cache

logger = logging.getLogger("django_clerk")

_SALT = "django_clerk.jwks"


class CachedKeyStore:
    """
    One instance's document. Where the cache does not work, or has been written to by others, it is simply empty.

    The entry is signed with the secret key: whoever can write to the cache, staging for example, cannot add a key, and
    one instance never reads another's.
    """

    def __init__(self, *, secret_key: str, api_url: str, lifetime: float) -> None:
        digest = hashlib.sha256(f"{api_url}\n{secret_key}".encode()).hexdigest()
        self._cache_key = f"django_clerk:jwks:{digest[:32]}"
        self._secret_key = secret_key
        self._lifetime = int(lifetime)  #: seconds

    def load(self) -> tuple[float, Mapping[str, Any]] | None:
        """Return when the document was fetched (seconds since the epoch) and the document, or None."""
        try:
            # No fallback keys: those are of Django's SECRET_KEY, which has nothing to do with this.
            entry = signing.loads(cache.get(self._cache_key) or "", key=self._secret_key, salt=_SALT, fallback_keys=[])
            return float(entry["fetched_at"]), dict(entry["document"])
        except (signing.BadSignature, TypeError, ValueError, KeyError, AttributeError):
            return None
        except Exception as error:  # noqa: BLE001 - each cache has its own, and people must sign in without it
            logger.warning(
                "Django's cache cannot be read (%s). Clerk's keys are fetched by each process.", type(error).__name__
            )
            return None

    def save(self, fetched_at: float, document: Mapping[str, Any]) -> None:
        """Keep the document for the others."""
        entry = {"fetched_at": fetched_at, "document": dict(document)}
        try:
            cache.set(self._cache_key, signing.dumps(entry, key=self._secret_key, salt=_SALT), self._lifetime)
        except Exception as error:  # noqa: BLE001 - as above
            logger.warning(
                "Django's cache cannot be written (%s). Clerk's keys are fetched by each process.", type(error).__name__
            )
