"""
``sync_clerk_users`` against the local Clerk, over real HTTP: seconds, rows per second, peak memory, requests.

    python benchmarks/sync_users.py [--users 10000]

The local Clerk and the command run in processes of their own, the command's with a fresh SQLite database. It runs
twice: the second time nothing has changed.
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


def sync(folder: str, port: int, secret: str) -> None:
    """Run the command, and print what it said, the seconds and the peak memory."""
    settings.configure(
        CLERK_API_URL=f"http://localhost:{port}/__clerk_api",
        CLERK_SECRET_KEY=secret,
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(Path(folder) / "db.sqlite3")}},
        INSTALLED_APPS=APPS,
        SECRET_KEY="of the benchmark only",
    )
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    said = io.StringIO()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    call_command("sync_clerk_users", stdout=said, skip_checks=True)
    seconds = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"said": said.getvalue().strip(), "seconds": seconds, "before": before, "after": after}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.strip().partition("\n\n")[0])
    parser.add_argument("--users", type=int, default=10_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, __file__, "serve", folder, str(options.users)]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            assert server.stdout is not None
            address = json.loads(server.stdout.readline())
            for run in ("first run", "nothing changed"):
                before = count_requests(address["port"])
                command = [sys.executable, __file__, "sync", folder, str(address["port"]), address["secret"]]
                result = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
                requests = count_requests(address["port"]) - before
                peak, more = result["after"] / 1024, (result["after"] - result["before"]) / 1024
                print(f"{run}: {result['said']}")
                print(f"    {result['seconds']:.1f} s, {options.users / result['seconds']:.0f} users/s")
                print(f"    {requests} requests: 1 to count, {requests - 1} pages")
                print(f"    peak memory {peak:.0f} MiB, {more:.0f} MiB more than before")
        finally:
            server.terminate()
            server.wait()


def count_requests(port: int) -> int:
    import urllib.request

    with urllib.request.urlopen(f"http://localhost:{port}/requests", timeout=10) as response:
        return int(response.read())


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve(sys.argv[2], int(sys.argv[3]))
    elif sys.argv[1:2] == ["sync"]:
        sync(sys.argv[2], int(sys.argv[3]), sys.argv[4])
    else:
        main()
