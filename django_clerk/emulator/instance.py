"""The local Clerk of this process."""

from __future__ import annotations

import atexit
import os
import threading

from django_clerk.conf import conf

from .credentials import MEMORY
from .emulator import Emulator as Emulator
from .guards import require_permission

_lock = threading.Lock()
_emulators: dict[str, Emulator] = {}  # by state folder
_inherited: list[Emulator] = []  # from the parent of a forked process: not used, and not closed under it either


def get_emulator() -> Emulator:
    """
    Return the process's emulator for the folder that CLERK_EMULATOR_DIR names.

    Raises ImproperlyConfigured where the local Clerk must not run.
    """
    require_permission()
    state_dir = conf.CLERK_EMULATOR_DIR
    with _lock:
        emulator = _emulators.get(state_dir)
        if emulator is not None and emulator.pid != os.getpid() and state_dir != MEMORY:
            _inherited.append(emulator)
            emulator = None
        if emulator is None:
            emulator = _emulators[state_dir] = Emulator(state_dir)
        return emulator


def reset_emulator() -> None:
    """Close the process's emulators and forget them; those in memory, with their users. The next one starts afresh."""
    with _lock:
        emulators = [emulator for emulator in _emulators.values() if emulator.pid == os.getpid()]
        _emulators.clear()
    for emulator in emulators:
        emulator.close()


atexit.register(reset_emulator)
