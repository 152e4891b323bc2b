"""What a token must be to be believed, and for how long it is."""

from __future__ import annotations

from .reading import flag, number, texts


class TokenSettings:
    """What a token must be to be believed, and for how long it is."""

    @property
    def CLERK_AUTHORIZED_PARTIES(self) -> tuple[str, ...]:
        return texts("CLERK_AUTHORIZED_PARTIES")

    @property
    def CLERK_AUDIENCE(self) -> tuple[str, ...]:
        return texts("CLERK_AUDIENCE")

    @property
    def CLERK_ISSUER(self) -> tuple[str, ...]:
        """Accepted ``iss`` values, instead of those that follow from the publishable key."""
        return texts("CLERK_ISSUER")

    @property
    def CLERK_CLOCK_SKEW(self) -> float:
        """Seconds."""
        return number("CLERK_CLOCK_SKEW", 5)

    @property
    def CLERK_JWKS_CACHE_SECONDS(self) -> float:
        """After so long the keys are fetched anew, and a withdrawn key stops working."""
        return number("CLERK_JWKS_CACHE_SECONDS", 300, may_be_zero=False)

    @property
    def CLERK_JWKS_STALE_SECONDS(self) -> float:
        """For so long the last good keys serve while Clerk cannot be reached."""
        return number("CLERK_JWKS_STALE_SECONDS", 6 * 60 * 60)

    @property
    def CLERK_REVOKE_SESSIONS(self) -> bool:
        """Refuse a session as soon as Clerk reports its end, and not when its token expires."""
        return flag("CLERK_REVOKE_SESSIONS")

    @property
    def CLERK_TOKEN_LIFETIME(self) -> float:
        """Seconds that a session token lives at most. For so long an ended session is remembered."""
        return number("CLERK_TOKEN_LIFETIME", 60, may_be_zero=False)
