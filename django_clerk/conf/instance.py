"""Which Clerk instance this is, with which keys, and on which domains."""

from __future__ import annotations

from .reading import flag, text, texts


class InstanceSettings:
    """Which Clerk instance this is, with which keys, and on which domains."""

    @property
    def CLERK_PUBLISHABLE_KEY(self) -> str | None:
        return text("CLERK_PUBLISHABLE_KEY")

    @property
    def CLERK_SECRET_KEY(self) -> str | None:
        return text("CLERK_SECRET_KEY")

    @property
    def CLERK_JWT_KEY(self) -> str | None:
        return text("CLERK_JWT_KEY")

    @property
    def CLERK_MACHINE_SECRET_KEY(self) -> str | None:
        """With which M2M tokens are verified, instead of the secret key."""
        return text("CLERK_MACHINE_SECRET_KEY")

    @property
    def CLERK_API_URL(self) -> str:
        return (text("CLERK_API_URL") or "https://api.clerk.com").rstrip("/")

    @property
    def CLERK_API_VERSION(self) -> str:
        """The date of the Backend API that is spoken, sent as ``Clerk-API-Version``."""
        return text("CLERK_API_VERSION") or "2026-05-12"

    @property
    def CLERK_DOMAIN(self) -> str | None:
        """Of this application, where it is a satellite."""
        return text("CLERK_DOMAIN")

    @property
    def CLERK_IS_SATELLITE(self) -> bool:
        return flag("CLERK_IS_SATELLITE")

    @property
    def CLERK_SATELLITE_AUTO_SYNC(self) -> bool:
        """Look for a session at the primary domain at the first page already, not only after a sign-in."""
        return flag("CLERK_SATELLITE_AUTO_SYNC")

    @property
    def CLERK_SATELLITE_ORIGINS(self) -> tuple[str, ...]:
        """The satellites of a primary domain, in development: a browser is sent back to no other."""
        return texts("CLERK_SATELLITE_ORIGINS")

    @property
    def CLERK_PROXY_URL(self) -> str | None:
        """Where the Frontend API is reached instead: a URL, or a path of this site."""
        return text("CLERK_PROXY_URL")
