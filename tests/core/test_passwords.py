"""Django's password hashes, as Clerk takes them over."""

from __future__ import annotations

import base64
import hashlib

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher, make_password

from django_clerk.core.passwords import Digest, read_digest

BCRYPT = "$2b$12$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW"
ARGON2 = "v=19$m=102400,t=2,p=8$c29tZXNhbHRzb21lc2FsdA$AJFIsNZTMKTAewB4+ETN1A"


@pytest.mark.parametrize(
    ("encoded", "hasher", "digest"),
    [
        (f"bcrypt_sha256${BCRYPT}", "bcrypt_sha256_django", f"bcrypt_sha256${BCRYPT}"),
        (f"bcrypt${BCRYPT}", "bcrypt", BCRYPT),
        (f"argon2$argon2id${ARGON2}", "argon2id", f"$argon2id${ARGON2}"),
        (f"argon2$argon2i${ARGON2}", "argon2i", f"$argon2i${ARGON2}"),
    ],
)
def test_what_clerk_takes(encoded: str, hasher: str, digest: str) -> None:
    assert read_digest(encoded) == Digest(hasher, digest)


def test_djangos_own_choice_is_taken_as_it_is() -> None:
    """Clerk wants "pbkdf2_sha256$iterations$salt$hash", the salt as it is and the hash in base64."""
    encoded = PBKDF2PasswordHasher().encode("correct horse", "s4lt", iterations=10)
    found = read_digest(encoded)
    assert found is not None
    assert found.hasher == "pbkdf2_sha256_django"
    algorithm, iterations, salt, digest = found.digest.split("$")
    wanted = hashlib.pbkdf2_hmac("sha256", b"correct horse", salt.encode(), int(iterations))
    assert (algorithm, base64.b64decode(digest)) == ("pbkdf2_sha256", wanted)


@pytest.mark.parametrize(
    "encoded",
    [
        "",
        pytest.param(make_password(None), id="unusable"),
        "md5$salt$hash",
        "scrypt$16384$salt$8$1$hash",
        "pbkdf2_sha1$1$salt$hash",
        "argon2$argon2d$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA",
        "argon2$",
        "bcrypt$",
        "pbkdf2_sha256",
        "plain text",
    ],
)
def test_what_it_does_not_take(encoded: str) -> None:
    assert read_digest(encoded) is None


def test_a_digest_is_not_printed() -> None:
    assert BCRYPT not in repr(read_digest(f"bcrypt${BCRYPT}"))
