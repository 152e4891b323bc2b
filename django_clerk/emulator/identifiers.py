"""Ids shaped as Clerk's: a prefix that names the kind of object, and 27 letters and digits."""

from __future__ import annotations

import os
import secrets
import string

_ALPHABET = (string.ascii_letters + string.digits).encode("ascii")
# 256 is no multiple of 62, so some characters come a little more often: fine for a name, not for a secret.
_TABLE = bytes(_ALPHABET[byte % len(_ALPHABET)] for byte in range(256))


def new_id(prefix: str) -> str:
    """Return an id such as ``user_2g7np7Hrk0SN6kj5EDMLDaKNL0S``. Fast enough to name 100,000 users at once."""
    return f"{prefix}_{os.urandom(27).translate(_TABLE).decode('ascii')}"


def new_secret(prefix: str) -> str:
    """Return an unguessable key, uniform over letters and digits, such as ``sk_test_…``."""
    alphabet = _ALPHABET.decode("ascii")
    return prefix + "".join(secrets.choice(alphabet) for _ in range(40))
