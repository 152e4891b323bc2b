"""Django's password hashes in the form in which Clerk takes them over."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Digest:
    """A hash, and Clerk's name for how it was made."""

    hasher: str
    digest: str = field(repr=False)


def read_digest(encoded: str) -> Digest | None:
    """Return the digest in a Django password field; None for none, and for one that Clerk does not take."""
    algorithm, separator, rest = encoded.partition("$")
    if not separator or not rest:
        return None  # unusable: it begins with "!"
    if algorithm in ("pbkdf2_sha256", "bcrypt_sha256"):
        return Digest(f"{algorithm}_django", encoded)
    if algorithm == "bcrypt":
        return Digest("bcrypt", rest)  # "$2b$12$…", as everywhere but in Django
    variant = rest.partition("$")[0]
    if algorithm == "argon2" and variant in ("argon2i", "argon2id"):
        return Digest(variant, f"${rest}")
    return None
