"""How cookies get from the local Clerk to the site: in a token that the browser carries, or fetched by a nonce."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from urllib.parse import urlencode

from .signing import Signer
from .store import Payloads

TOKEN, NONCE = "__clerk_handshake", "__clerk_handshake_nonce"
_LIFETIME = 60_000  # milliseconds; a redirect takes less


class Handshakes:
    """``clock`` gives milliseconds since the epoch."""

    def __init__(self, payloads: Payloads, *, signer: Signer, clock: Callable[[], int]) -> None:
        self._payloads = payloads
        self._signer = signer
        self._clock = clock

    def offer(self, directives: Sequence[str], *, as_nonce: bool) -> tuple[str, str]:
        """Return the name and value of the query parameter that brings the cookies to the site."""
        if not as_nonce:
            return TOKEN, self._signer.handshake_token(directives)
        nonce, now = secrets.token_urlsafe(24), self._clock()
        self._payloads.put(nonce, directives, now=now, expires_at=now + _LIFETIME)
        return NONCE, nonce

    def redeem(self, nonce: str) -> list[str] | None:
        """Return the directives behind a nonce, once and within a minute; else None."""
        return self._payloads.take(nonce, now=self._clock())


def with_parameter(url: str, name: str, value: str) -> str:
    """Return ``url`` with a parameter, in place of what an earlier visit to the local Clerk may have left there."""
    url, hash_sign, fragment = url.partition("#")
    address, _, query = url.partition("?")
    kept = [pair for pair in query.split("&") if pair and pair.partition("=")[0] not in (NONCE, TOKEN, name)]
    return f"{address}?{'&'.join([*kept, urlencode({name: value})])}{hash_sign}{fragment}"
