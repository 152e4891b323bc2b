"""A Django project whose web process and workers are processes of their own."""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]

_PREAMBLE = """
import json, os, sys, time
import django
django.setup()
from django_clerk.signals import webhook_received
"""

#: Takes a line of JSON for each delivery, and says how it was answered.
_WEB = """
from django.core.management import call_command
from django.test import Client
from tests.deliveries import clerk_user, deliver
if os.environ.get("QUEUES_BROKER"):
    import tests.queues.celery_app
call_command("migrate", verbosity=0)
print("ready", flush=True)
for line in sys.stdin:
    svix_id = json.loads(line)
    client = Client(raise_request_exception=False, headers={"host": "example.com"})
    print(deliver(client, "user.created", clerk_user("user_" + svix_id), svix_id=svix_id).status_code, flush=True)
"""

#: What a worker's own receiver does: say that it has the event, and be slow about some and fail once at others.
_RECEIVER = """
failed = set()
def receiver(event, **kwargs):
    if event.svix_id.startswith("slow") and sys.argv[1] == "slow":
        print("claimed", flush=True)
        time.sleep(60)
    if event.svix_id.startswith("fails") and event.svix_id not in failed:
        failed.add(event.svix_id)
        raise RuntimeError("ada@example.com")
webhook_received.connect(receiver)
"""

_CELERY_WORKER = """
from tests.queues.celery_app import app
app.worker_main(["worker", "--pool=solo", "--without-gossip", "--without-mingle", "--loglevel=ERROR"])
"""

_TASKS_WORKER = """
from django.core.management import call_command
call_command("db_worker", startup_delay=False, interval=0.1, reload=False, verbosity=0)
"""


class Project:
    """Deliveries are made by ``deliver()``; what the database says of them is read without Django."""

    def __init__(self, folder: Path, backend: str, *, broker: str = "", serves: bool = True, **more: object) -> None:
        self.database = folder / "db.sqlite3"
        self.environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.queues.settings",
            "QUEUES_BACKEND": backend,
            "QUEUES_BROKER": broker,
            "QUEUES_DATABASE": str(self.database),
            "QUEUES_NAME": f"test_django_clerk_{secrets.token_hex(6)}",
            **{f"QUEUES_{name.upper()}": str(value) for name, value in more.items()},
        }
        self._processes: list[subprocess.Popen[str]] = []
        if serves:
            self._web = self.start(_WEB)
            assert read_line(self._web) == "ready"

    def deliver(self, svix_id: str) -> int:
        """Post an event about a user of its own. Returns the status of the answer."""
        assert self._web.stdin is not None
        self._web.stdin.write(json.dumps(svix_id) + "\n")
        self._web.stdin.flush()
        return int(read_line(self._web))

    def start(self, program: str, *arguments: str) -> subprocess.Popen[str]:
        """Start a program in the project, in a process that close() ends."""
        process = subprocess.Popen(
            [sys.executable, "-c", _PREAMBLE + program, *arguments],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._processes.append(process)
        return process

    def start_worker(self, manner: str = "quick") -> subprocess.Popen[str]:
        worker = _CELERY_WORKER if self.environment["QUEUES_BROKER"] else _TASKS_WORKER
        return self.start(_RECEIVER + worker, manner)

    def run(self, program: str) -> str:
        """Run a program in the project and return what it printed."""
        process = self.start(program)
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
        return out

    def events(self) -> dict[str, tuple[str, int]]:
        """Return state and attempts of the events by svix id."""
        rows = self._query("SELECT svix_id, state, attempts FROM django_clerk_clerkwebhookevent")
        return {svix_id: (state, attempts) for svix_id, state, attempts in rows}

    def users(self) -> list[str]:
        return sorted(user for (user,) in self._query("SELECT clerk_id FROM django_clerk_clerkuser"))

    def wait_until(self, is_so: Callable[[], bool], *, seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while not is_so():
            assert time.monotonic() < end, (self.events(), [process.poll() for process in self._processes])
            time.sleep(0.05)

    def close(self) -> None:
        for process in self._processes:
            if process.poll() is None:
                process.kill()
            process.communicate()

    def _query(self, statement: str) -> list[Any]:
        connection = sqlite3.connect(self.database, timeout=30)
        try:
            return connection.execute(statement).fetchall()
        finally:
            connection.close()


def read_until(process: subprocess.Popen[str], said: str) -> None:
    """Wait until a process prints a line; the banner of Celery's worker goes before it."""
    while read_line(process) != said:
        pass


def read_line(process: subprocess.Popen[str]) -> str:
    """Return the next line that a process prints. Raises AssertionError when it has ended."""
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, process.communicate()[1]
    return line.strip()
