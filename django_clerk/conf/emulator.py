"""The local Clerk of development and tests."""

from __future__ import annotations

from .reading import flag, text


class EmulatorSettings:
    """The local Clerk of development and tests."""

    @property
    def CLERK_EMULATOR(self) -> bool:
        return flag("CLERK_EMULATOR")

    @property
    def CLERK_EMULATOR_DIR(self) -> str:
        """Folder of the local Clerk's state, or ``:memory:``."""
        return text("CLERK_EMULATOR_DIR") or ":memory:"

    @property
    def CLERK_EMULATOR_BUNDLE_DIR(self) -> str:
        """The ``node_modules`` folder with Clerk's JavaScript; empty for that beside ``manage.py``."""
        return text("CLERK_EMULATOR_BUNDLE_DIR") or ""
