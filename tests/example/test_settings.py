"""The settings with the keys of a real instance in the environment: the local Clerk is out of the game."""

from __future__ import annotations

import subprocess
import sys

from .project import ROOT, environment, manage

REAL = {
    "CLERK_PUBLISHABLE_KEY": "pk_test_Zm9vLWJhci0xMy5jbGVyay5hY2NvdW50cy5kZXYk",
    "CLERK_SECRET_KEY": "sk_test_of-nobody",
    "CLERK_WEBHOOK_SIGNING_SECRET": "whsec_b2Ygbm9ib2R5IGF0IGFsbCwgYnV0IGxvbmcgZW5vdWdo",
}

LOOK = """
import django
django.setup()
from django.apps import apps
from django.urls import Resolver404, resolve
from django_clerk.conf import conf
assert not apps.is_installed("django_clerk.emulator")
assert not conf.CLERK_EMULATOR
assert conf.CLERK_SECRET_KEY == "sk_test_of-nobody"
assert resolve("/webhooks/clerk/").url_name == "clerk_webhook"
for path in ("/__clerk/sign-in", "/__clerk_api/v1/users"):
    try:
        resolve(path)
    except Resolver404:
        continue
    raise AssertionError(path)
"""


def test_a_real_instance_passes_the_system_checks(tmp_path):
    done = manage("check", "--fail-level", "WARNING", cwd=tmp_path, EXAMPLE_STATE_DIR=str(tmp_path), **REAL)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_real_instance_leaves_no_trace_of_the_local_one(tmp_path):
    extra = {"EXAMPLE_STATE_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "example.settings", **REAL}
    command = [sys.executable, "-c", LOOK]
    folder = ROOT / "example_project"
    done = subprocess.run(
        command, cwd=folder, env=environment(tmp_path, **extra), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_demo_does_not_touch_a_real_instance(tmp_path):
    done = manage("demo", cwd=tmp_path, EXAMPLE_STATE_DIR=str(tmp_path), **REAL)
    assert done.returncode == 1
    assert "CLERK_SECRET_KEY" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_local_clerk_passes_the_system_checks_and_no_migration_is_missing(tmp_path):
    state = {"EXAMPLE_STATE_DIR": str(tmp_path)}
    checked = manage("check", "--fail-level", "WARNING", cwd=tmp_path, **state)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    migrated = manage("makemigrations", "--check", "--dry-run", cwd=tmp_path, **state)
    assert migrated.returncode == 0, migrated.stdout + migrated.stderr
