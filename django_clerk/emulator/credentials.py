"""
The keys of this local instance: made on first use, kept in its state folder, never shipped with the package.

Importable from a settings module: nothing here reads Django's settings.
"""

from __future__ import annotations

import base64
import functools
import json
import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from django_clerk.core.instance import LOCAL_CLERK, Instance

from .identifiers import new_id, new_secret

MEMORY = ":memory:"
HOST = LOCAL_CLERK
PUBLISHABLE_KEY = "pk_test_" + base64.b64encode(f"{HOST}$".encode()).decode("ascii").rstrip("=")
INSTANCE = Instance.from_publishable_key(PUBLISHABLE_KEY)


@dataclass(frozen=True)
class Credentials:
    """What a back end must know of the instance."""

    instance_id: str  #: also the ``kid`` of its tokens
    secret_key: str = field(repr=False)
    webhook_secret: str = field(repr=False)


def load_credentials(state_dir: str) -> Credentials:
    """Return the instance's credentials, making them if the folder has none. ``:memory:`` has one set per process."""
    if state_dir == MEMORY:
        return _memory_credentials()
    text = _read_or_make(Path(state_dir), "instance.json", _new_credentials_file)
    return Credentials(**json.loads(text))


def load_signing_key(state_dir: str) -> rsa.RSAPrivateKey:
    """Return the instance's RSA key, making it if the folder has none: that takes some tenths of a second."""
    if state_dir == MEMORY:
        return _memory_signing_key()
    pem = _read_or_make(Path(state_dir), "signing_key.pem", _new_signing_key_file)
    key = serialization.load_pem_private_key(pem, password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError(f"{Path(state_dir) / 'signing_key.pem'} holds no RSA key. Delete it, and a new one is made.")
    return key


def prepare_state_dir(state_dir: Path) -> None:
    """Make the folder, for its owner only, with a .gitignore of its own so that no key is ever committed."""
    state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    ignore = state_dir / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n", encoding="ascii")


@functools.cache
def _memory_credentials() -> Credentials:
    return _new_credentials()


@functools.cache
def _memory_signing_key() -> rsa.RSAPrivateKey:
    return new_signing_key()


def _new_credentials() -> Credentials:
    return Credentials(
        instance_id=new_id("ins"),
        secret_key=new_secret("sk_test_"),
        webhook_secret="whsec_" + base64.b64encode(secrets.token_bytes(24)).decode("ascii"),
    )


def new_signing_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _new_credentials_file() -> bytes:
    return json.dumps(vars(_new_credentials()), indent=2).encode("ascii")


def _new_signing_key_file() -> bytes:
    return new_signing_key().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _read_or_make(state_dir: Path, name: str, make: Callable[[], bytes]) -> bytes:
    """
    Return the file's content, writing it first where it is missing.

    Several processes may start at once (the autoreloader is two). Each writes a file of its own, and the first to link
    it under the final name wins, so nobody reads half a key and all end with the same one.
    """
    final = state_dir / name
    try:
        return final.read_bytes()
    except FileNotFoundError:
        prepare_state_dir(state_dir)
    draft = state_dir / f"{name}.{os.getpid()}.{secrets.token_hex(4)}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(make())
        with suppress(FileExistsError):  # another process was first: its key is the instance's
            os.link(draft, final)
    finally:
        draft.unlink()
    return final.read_bytes()
