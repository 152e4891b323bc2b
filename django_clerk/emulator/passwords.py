"""Whether a password is the one whose digest is kept: Django's hashers read what Clerk imports, as far as they can."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.contrib.auth.hashers import check_password

from .exchange import not_emulated
from .store.users import Password

#: From Clerk's name of a hasher to the digest as Django writes it.
_DJANGO: Mapping[str, Callable[[str], str]] = {
    "django": str,
    "pbkdf2_sha256_django": str,
    "bcrypt_sha256_django": str,
    "bcrypt": lambda digest: f"bcrypt${digest}",
    "argon2i": lambda digest: f"argon2{digest}",
    "argon2id": lambda digest: f"argon2{digest}",
}


def matches(stored: Password, password: str) -> bool:
    """Tell whether a password has this digest. Raises Problem (501) for a hasher that Django does not have."""
    hasher, digest = stored
    if hasher not in _DJANGO:
        raise not_emulated(f"passwords that were imported as {hasher}")
    return check_password(password, _DJANGO[hasher](digest))
