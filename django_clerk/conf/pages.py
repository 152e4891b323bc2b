"""Where Clerk's components are shown, and where they lead."""

from __future__ import annotations

from .reading import flag, text


class PageSettings:
    """Where Clerk's components are shown, and where they lead."""

    @property
    def CLERK_SIGN_UP_URL(self) -> str | None:
        return text("CLERK_SIGN_UP_URL")

    @property
    def CLERK_AFTER_SIGN_IN_URL(self) -> str:
        """Where people go who have signed in and came from nowhere in particular."""
        return text("CLERK_AFTER_SIGN_IN_URL") or "/"

    @property
    def CLERK_AFTER_SIGN_UP_URL(self) -> str:
        """Where people go who have signed up and came from nowhere in particular."""
        return text("CLERK_AFTER_SIGN_UP_URL") or "/"

    @property
    def CLERK_TELEMETRY_DISABLED(self) -> bool:
        """Keep Clerk's JavaScript from reporting to Clerk how it is used, which it does with development keys."""
        return flag("CLERK_TELEMETRY_DISABLED")
