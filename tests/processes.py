"""Processes of their own that work on the database of the tests."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

from django.db import connection

PROJECT = Path(__file__).parents[1]

_PREAMBLE = """
import os, sys, time
import django
django.setup()
from django.db import connection, connections, transaction
connection.settings_dict["NAME"] = sys.argv[1]
from django.test import Client
from django.test.utils import setup_test_environment
setup_test_environment()
from django.conf import settings
settings.ROOT_URLCONF = "tests.webhook_urls"
from tests.deliveries import *

def at(moment):
    time.sleep(max(0, moment - time.time()))
"""


def start(program: str, *arguments: object) -> subprocess.Popen[str]:
    """Start a process that runs ``program``, which finds ``arguments`` from ``sys.argv[2]`` on."""
    source = _PREAMBLE + textwrap.dedent(program)
    return subprocess.Popen(
        [sys.executable, "-c", source, str(connection.settings_dict["NAME"]), *map(str, arguments)],
        cwd=PROJECT,
        env=os.environ,  # names the settings' module, which overridden settings forget
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str], *, timeout: float = 60, said: str = "") -> str:
    """Say something to a process, wait for it and return what it printed. Raises AssertionError when it failed."""
    out, err = process.communicate(said, timeout=timeout)
    assert process.returncode == 0, err
    return out
