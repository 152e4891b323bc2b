"""What can be said of the sender of a request."""

from __future__ import annotations

from dataclasses import dataclass

from .auth import Source
from .claims import SessionClaims

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A verified session. Its claims may be nobody's still: those of a pending session are."""

    claims: SessionClaims
    token: str
    source: Source
    headers: Headers = ()


@dataclass(frozen=True, slots=True)
class SignedOut:
    """Nobody, and why."""

    reason: str
    message: str = ""
    source: Source | None = None  #: None when nothing was presented
    headers: Headers = ()
    is_unavailable: bool = False  #: True when what was presented could not be judged


@dataclass(frozen=True, slots=True)
class Handshake:
    """Nobody can tell before the browser has been at Clerk: ``headers`` say where to send it."""

    reason: str
    message: str
    source: Source | None
    headers: Headers


State = SignedIn | SignedOut | Handshake
