"""
``sync_clerk_users`` against the local Clerk, over real HTTP: seconds, rows per second, peak memory, requests.

    python benchmarks/sync_users.py [--users 10000 100000]

The local Clerk and the command run in processes of their own, the command's with a fresh SQLite database. For each
number of users it runs three times: from nothing, again when nothing has changed, and, in another database, killed in
the middle and run again with ``--resume``.
"""

from __future__ import annotations

import argparse
import io
import json
import resource
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

import django
from django.conf import settings

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

APPS = ["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "django_clerk"]


def serve(folder: str, users: int) -> None:
    """Run the local Clerk; answer /requests with how many calls the Backend API got."""
    from django_clerk.emulator.settings import emulator_settings

    settings.configure(
        **emulator_settings(Path(folder) / "clerk"),
        DEBUG=True,
        ALLOWED_HOSTS=["localhost", "127.0.0.1"],
        INSTALLED_APPS=[*APPS, "django_clerk.emulator"],
        ROOT_URLCONF="django_clerk.emulator.server_urls",
        SECRET_KEY="of the benchmark only",
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
    )
    django.setup()
    from django_clerk.emulator.instance import get_emulator
    from django_clerk.emulator.management.commands.clerk_emulator import EmulatorHandler, make_server

    emulator = get_emulator()
    emulator.seed_users(users)
    server = make_server(0)
    handler, calls = EmulatorHandler(), 0

    def app(environ: dict[str, Any], start_response: Any) -> Any:
        nonlocal calls
        if environ["PATH_INFO"] == "/requests":
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [str(calls).encode()]
        calls += 1
        return handler(environ, start_response)

    server.set_app(app)
    print(json.dumps({"port": server.server_port, "secret": emulator.credentials.secret_key}), flush=True)
    server.serve_forever()


def sync(database: str, port: str, secret: str, *options: str) -> None:
    """Run the command, and print what it said, the seconds and the peak memory."""
    settings.configure(
        CLERK_API_URL=f"http://localhost:{port}/__clerk_api",
        CLERK_SECRET_KEY=secret,
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": database}},
        INSTALLED_APPS=APPS,
        SECRET_KEY="of the benchmark only",
    )
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    said = io.StringIO()
    before = peak_memory()
    started = time.perf_counter()
    call_command("sync_clerk_users", *options, stdout=said, skip_checks=True)
    seconds = time.perf_counter() - started
    figures = {"said": said.getvalue().strip(), "seconds": seconds, "before": before, "after": peak_memory()}
    print(json.dumps(figures), flush=True)


def peak_memory() -> float:
    """Return the most memory that this process has had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class LocalClerk:
    """The local Clerk in a process of its own."""

    def __init__(self, folder: str, users: int) -> None:
        command = [sys.executable, __file__, "serve", folder, str(users)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self.process.stdout is not None
        address = json.loads(self.process.stdout.readline())
        self.port, self.secret = str(address["port"]), address["secret"]

    def command(self, database: Path, *options: str) -> list[str]:
        return [sys.executable, __file__, "sync", str(database), self.port, self.secret, *options]

    def requests(self) -> int:
        with urllib.request.urlopen(f"http://localhost:{self.port}/requests", timeout=10) as response:
            return int(response.read())


def measure(name: str, clerk: LocalClerk, users: int, database: Path, *options: str) -> None:
    before = clerk.requests()
    done = subprocess.run(clerk.command(database, *options), check=True, stdout=subprocess.PIPE, text=True)
    result, requests = json.loads(done.stdout), clerk.requests() - before
    print(f"{users:,} users, {name}: {result['said']}")
    print(f"    {result['seconds']:.1f} s, {users / result['seconds']:,.0f} users/s")
    print(f"    {requests} requests: 1 to count, {requests - 1} pages of up to 500, the last of them not full")
    print(f"    peak memory {result['after']:.0f} MiB, {result['after'] - result['before']:.0f} MiB more than before")


def kill_in_the_middle(clerk: LocalClerk, users: int, database: Path) -> None:
    """Run the command and kill it with half of the pages read."""
    before, half = clerk.requests(), 1 + users // 1000
    process = subprocess.Popen(clerk.command(database), stdout=subprocess.DEVNULL)
    while clerk.requests() - before < half:
        assert process.poll() is None, "it was done before it could be killed"
        time.sleep(0.01)
    process.kill()
    process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.strip().partition("\n\n")[0])
    parser.add_argument("--users", type=int, nargs="+", default=[10_000])
    for users in parser.parse_args().users:
        with tempfile.TemporaryDirectory() as folder:
            clerk = LocalClerk(folder, users)
            try:
                database = Path(folder) / "db.sqlite3"
                measure("first run", clerk, users, database)
                measure("nothing changed", clerk, users, database)
                interrupted = Path(folder) / "interrupted.sqlite3"
                kill_in_the_middle(clerk, users, interrupted)
                measure("after kill -9 in the middle", clerk, users, interrupted, "--resume")
                measure("once more", clerk, users, interrupted)
            finally:
                clerk.process.terminate()
                clerk.process.wait()


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve(sys.argv[2], int(sys.argv[3]))
    elif sys.argv[1:2] == ["sync"]:
        sync(*sys.argv[2:])
    else:
        main()
