from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from django_clerk.emulator.credentials import load_credentials, load_signing_key
from django_clerk.emulator.settings import emulator_settings

READ_KEY = """
import sys
from django_clerk.emulator.credentials import load_credentials, load_signing_key
print(load_credentials(sys.argv[1]).secret_key, load_signing_key(sys.argv[1]).private_numbers().p)
"""


def test_keys_are_made_once_and_kept(tmp_path: Path) -> None:
    folder = str(tmp_path / ".clerk")
    assert load_credentials(folder) == load_credentials(folder)
    assert load_signing_key(folder).private_numbers() == load_signing_key(folder).private_numbers()


def test_a_key_of_another_kind_is_said(tmp_path: Path) -> None:
    load_credentials(str(tmp_path))
    pem = ed25519.Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "signing_key.pem").write_bytes(pem)
    with pytest.raises(ValueError, match="Delete it, and a new one is made"):
        load_signing_key(str(tmp_path))


def test_every_folder_has_keys_of_its_own(tmp_path: Path) -> None:
    first, second = load_credentials(str(tmp_path / "a")), load_credentials(str(tmp_path / "b"))
    assert first.secret_key != second.secret_key
    assert first.webhook_secret != second.webhook_secret
    assert first.instance_id != second.instance_id


def test_keys_are_for_their_owner_and_not_for_git(tmp_path: Path) -> None:
    folder = tmp_path / "state" / ".clerk"
    load_credentials(str(folder))
    load_signing_key(str(folder))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for name in ("instance.json", "signing_key.pem"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    assert (folder / ".gitignore").read_text() == "*\n"
    assert sorted(path.name for path in folder.iterdir()) == [".gitignore", "instance.json", "signing_key.pem"]


def test_processes_that_start_together_agree(tmp_path: Path) -> None:
    folder = str(tmp_path / ".clerk")
    processes = [
        subprocess.Popen([sys.executable, "-c", READ_KEY, folder], stdout=subprocess.PIPE, text=True) for _ in range(4)
    ]
    answers = {process.communicate(timeout=60)[0] for process in processes}
    assert len(answers) == 1
    assert answers != {""}


def test_keys_do_not_show_in_a_traceback() -> None:
    credentials = load_credentials(":memory:")
    assert credentials.secret_key not in repr(credentials)
    assert credentials.webhook_secret not in repr(credentials)


def test_the_settings_of_a_project(tmp_path: Path) -> None:
    settings = emulator_settings(tmp_path / ".clerk", origin="http://localhost:9000")
    stored = json.loads((tmp_path / ".clerk" / "instance.json").read_text())
    assert settings == {
        "CLERK_EMULATOR": True,
        "CLERK_EMULATOR_DIR": str(tmp_path / ".clerk"),
        "CLERK_EMULATOR_WEBHOOK_URL": "/webhooks/clerk/",
        "CLERK_PUBLISHABLE_KEY": "pk_test_Y2xlcmstZW11bGF0b3IuaW52YWxpZCQ",
        "CLERK_SECRET_KEY": stored["secret_key"],
        "CLERK_WEBHOOK_SIGNING_SECRET": stored["webhook_secret"],
        "CLERK_API_URL": "https://api.clerk-emulator.invalid",
        "CLERK_AUTHORIZED_PARTIES": ["http://localhost:9000", "http://127.0.0.1:9000", "http://[::1]:9000"],
        "CLERK_PROXY_URL": "/__clerk",
        "CLERK_SIGN_IN_URL": "/__clerk/sign-in",
        "CLERK_TELEMETRY_DISABLED": True,
    }


def test_the_settings_need_neither_django_settings_nor_a_signing_key(tmp_path: Path) -> None:
    code = "import sys; from django_clerk.emulator.settings import emulator_settings; emulator_settings(sys.argv[1])"
    subprocess.run([sys.executable, "-c", code, str(tmp_path / ".clerk")], check=True, timeout=60)
    assert not (tmp_path / ".clerk" / "signing_key.pem").exists()


@pytest.mark.parametrize(
    "origin",
    [
        "https://example.com",
        "http://localhost.example.com:8000",
        "http://localhost:8000/",
        "http://user@localhost:8000",
        "localhost:8000",
        "ftp://localhost",
        "http://localhost:port",
        "",
    ],
)
def test_an_origin_elsewhere_is_refused(origin: str) -> None:
    with pytest.raises(ValueError, match="origin of a local Clerk"):
        emulator_settings(":memory:", origin=origin)


def test_an_origin_without_a_port() -> None:
    assert emulator_settings(":memory:", origin="http://127.0.0.1")["CLERK_AUTHORIZED_PARTIES"] == [
        "http://127.0.0.1",
        "http://localhost",
        "http://[::1]",
    ]
