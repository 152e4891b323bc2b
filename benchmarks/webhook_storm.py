"""
A storm of webhooks on PostgreSQL: late, doubled, in any order, while processes are killed and the database crashes.

    python benchmarks/webhook_storm.py [--events 10000] [--users 1000] [--senders 16] [--workers 4] [--kills 10]
                                       [--postgres /usr/lib/postgresql/16/bin] [--account postgres]

Needs psycopg, and PostgreSQL's server programs: it makes a cluster of its own in a temporary folder, to crash that.
Root cannot run PostgreSQL, and runs it as ``--account``.

Senders post signed events over HTTP to worker processes that share a port: a fifth of them twice, all shuffled, and
again after anything but a 2xx, as Svix does, only sooner. Meanwhile workers are killed with -9 and replaced, and the
database is stopped without warning and started again. In the end every row is compared with the truth, and a receiver's
own table, written in the transaction of the effect, says how often each event had one.
"""

from __future__ import annotations

import argparse
import base64
import copy
import hashlib
import hmac
import http.client
import json
import os
import queue
import random
import shutil
import socket
import socketserver
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import django
from django.conf import settings
from django.urls import include, path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

KEY = b"the signing secret of the storm"
#: Seconds before each further attempt: Svix's 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 10 h, and more of the last.
PAUSES = (0.1, 0.5, 1, 2, 4, 8, 8, 8, 8)
START = 1_767_225_600_000  # of 2026, in milliseconds
urlpatterns: list[Any] = []


# The truth


class History:
    """Clerk's side: objects that change one after the other, and the events that tell of it."""

    def __init__(self, events: int, users: int, dice: random.Random) -> None:
        self.dice, self.now, self.numbers = dice, START, Counter[str]()
        self.living: dict[str, dict[str, Any]] = {}
        self.dead: set[str] = set()
        self.events: list[tuple[str, bytes]] = []  # svix id and body
        for _ in range(users):
            self._create("user", first_name="", email_addresses=[])
        for _ in range(max(users // 20, 1)):
            self._create("organization", name="", slug="")
        while len(self.events) < events:
            self._go_on()

    def _go_on(self) -> None:
        kinds = ["user", "organization", "organizationMembership", "new membership"]
        kind = self.dice.choices(kinds, [70, 8, 12, 10])[0]
        if kind == "new membership":
            user, organization = self._any("user"), self._any("organization")
            if not user or not organization:
                return
            told = {"public_user_data": {"user_id": user["id"]}, "organization": organization, "permissions": []}
            self._create("organizationMembership", role="org:member", **told)
        elif (found := self._any(kind)) and self.dice.random() < 0.04:
            self._delete(kind, found)
        elif found:
            self._change(kind, found)

    def _create(self, kind: str, **members: Any) -> None:
        self.numbers[kind] += 1
        prefix = {"user": "user", "organization": "org", "organizationMembership": "orgmem"}[kind]
        document = {"object": kind, "id": f"{prefix}_{self.numbers[kind]}", "created_at": self._later(), **members}
        self.living[document["id"]] = document
        self._change(kind, document, verb="created")

    def _change(self, kind: str, document: dict[str, Any], verb: str = "updated") -> None:
        document["updated_at"] = self._later()
        if kind == "organizationMembership":
            document["role"] = self.dice.choice(["org:admin", "org:member", "org:guest"])
            document["organization"] = self.living.get(document["organization"]["id"], document["organization"])
        else:
            document["first_name" if kind == "user" else "name"] = f"at {self.now}"
        self._tell(f"{kind}.{verb}", document)

    def _delete(self, kind: str, document: dict[str, Any]) -> None:
        del self.living[document["id"]]
        self.dead.add(document["id"])
        self._later()
        whole = kind == "organizationMembership"
        self._tell(f"{kind}.deleted", document if whole else {"object": kind, "id": document["id"], "deleted": True})

    def _tell(self, kind: str, data: dict[str, Any]) -> None:
        body = {"object": "event", "type": kind, "data": copy.deepcopy(data), "timestamp": self.now}
        self.events.append((f"msg_{len(self.events)}", json.dumps(body).encode()))

    def _any(self, kind: str) -> dict[str, Any]:
        prefix = {"user": "user_", "organization": "org_", "organizationMembership": "orgmem_"}[kind]
        found = [document for document in self.living.values() if document["id"].startswith(prefix)]
        return self.dice.choice(found) if found else {}

    def _later(self) -> int:
        self.now += self.dice.randint(1, 1000)
        return self.now

    def write(self, file: Path) -> None:
        ids = [svix_id for svix_id, _ in self.events]
        file.write_text(json.dumps({"living": self.living, "dead": sorted(self.dead), "events": ids}))


# The senders


class Senders:
    """Threads that post deliveries until each is taken, or has been refused as often as Svix tries."""

    def __init__(self, port: int, deliveries: list[tuple[str, bytes]], count: int) -> None:
        self.port, self.total = port, len(deliveries)
        self.waiting: queue.SimpleQueue[tuple[str, bytes]] = queue.SimpleQueue()
        for delivery in deliveries:
            self.waiting.put(delivery)
        self.answers: Counter[str] = Counter()
        self.taken, self.given_up = 0, 0
        self._lock = threading.Lock()
        self.threads = [threading.Thread(target=self._run) for _ in range(count)]

    def _run(self) -> None:
        while True:
            try:
                svix_id, body = self.waiting.get_nowait()
            except queue.Empty:
                return
            is_taken = False
            for pause in (0, *PAUSES):
                time.sleep(pause)
                answer = self._post(svix_id, body)
                is_taken = answer.startswith("2")
                with self._lock:
                    self.answers[answer] += 1
                if is_taken:
                    break
            with self._lock:
                self.taken, self.given_up = self.taken + is_taken, self.given_up + (not is_taken)

    def _post(self, svix_id: str, body: bytes) -> str:
        timestamp = str(int(time.time()))
        signed = hmac.new(KEY, f"{svix_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
        headers = {
            "content-type": "application/json",
            "svix-id": svix_id,
            "svix-timestamp": timestamp,
            "svix-signature": "v1," + base64.b64encode(signed).decode(),
        }
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=15)  # as long as Svix waits
        try:
            connection.request("POST", "/webhooks/", body, headers)
            return str(connection.getresponse().status)
        except (OSError, http.client.HTTPException):
            return "no answer"
        finally:
            connection.close()


# What is sent to, and what breaks


class Workers:
    """Processes that serve one port. ``kill()`` ends one without warning and starts another in its place."""

    def __init__(self, count: int, database: int) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port: int = self.socket.getsockname()[1]
        self._database, self.kills = database, 0
        self.processes = [self._start() for _ in range(count)]

    def _start(self) -> subprocess.Popen[bytes]:
        handle = self.socket.fileno()
        command = [sys.executable, __file__, "serve", str(self._database), str(handle)]
        return subprocess.Popen(command, pass_fds=[handle], stderr=subprocess.DEVNULL)

    def kill(self, dice: random.Random) -> None:
        number = dice.randrange(len(self.processes))
        self.processes[number].kill()
        self.processes[number].wait()
        self.processes[number] = self._start()
        self.kills += 1

    def stop(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()
        self.socket.close()


class Cluster:
    """A PostgreSQL cluster in a folder."""

    def __init__(self, folder: Path, programs: Path, account: str) -> None:
        self.folder, self.programs = folder, programs
        self.account = account if os.geteuid() == 0 else None
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        if self.account:
            shutil.chown(folder, self.account)
        self._run("initdb", "--auth=trust", "--username=postgres", "--encoding=UTF8")
        self._control("start")

    def crash(self) -> None:
        """Stop without a checkpoint, as a loss of power would, and start again."""
        self._control("stop", "--mode=immediate")
        time.sleep(1)
        self._control("start")

    def stop(self) -> None:
        self._control("stop", "--mode=fast")

    def _control(self, *arguments: str) -> None:
        given = f"-c listen_addresses=127.0.0.1 -c port={self.port} -c unix_socket_directories={self.folder}"
        log = str(self.folder / "log")
        self._run("pg_ctl", "--wait", f"--options={given} -c max_connections=300", f"--log={log}", *arguments)

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self.programs / program), f"--pgdata={self.folder / 'data'}", *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, user=self.account, cwd=self.folder)


def disturb(senders: Senders, workers: Workers, cluster: Cluster, kills: int, dice: random.Random) -> None:
    """Kill workers, evenly spread over the deliveries, and crash the database in the middle."""
    moments = [((number + 1) / (kills + 1), lambda: workers.kill(dice)) for number in range(kills)]
    for moment, break_something in sorted([*moments, (0.5, cluster.crash)], key=lambda pair: pair[0]):
        while senders.taken + senders.given_up < moment * senders.total:
            time.sleep(0.02)
        break_something()


# The processes with Django in them


def configure(database: int) -> None:
    settings.configure(
        ALLOWED_HOSTS=["127.0.0.1"],
        CLERK_WEBHOOK_SIGNING_SECRET="whsec_" + base64.b64encode(KEY).decode(),
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "HOST": "127.0.0.1",
                "NAME": "postgres",
                "PORT": database,
                "USER": "postgres",
            }
        },
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django_clerk"],
        LOGGING_CONFIG=None,
        ROOT_URLCONF=__name__,
        SECRET_KEY="of the benchmark only",
        USE_TZ=True,
    )
    django.setup()
    urlpatterns.append(path("webhooks/", include("django_clerk.webhooks.urls")))


def prepare() -> None:
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE storm_effect (svix_id text)")


class Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Handler(WSGIRequestHandler):
    def log_request(self, *args: Any) -> None:
        """Say nothing."""


def serve(handle: int) -> None:
    from django.core.wsgi import get_wsgi_application
    from django.db import connection

    from django_clerk.signals import webhook_received

    def count(event: Any, **kwargs: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO storm_effect VALUES (%s)", [event.svix_id])

    webhook_received.connect(count, weak=False)
    server = Server(("127.0.0.1", 0), Handler, bind_and_activate=False)
    server.socket.close()
    server.socket = socket.socket(fileno=handle)
    server.server_name, server.server_port = "127.0.0.1", server.socket.getsockname()[1]
    server.setup_environ()
    server.set_app(get_wsgi_application())
    server.serve_forever()


def judge(file: Path) -> None:
    """Compare the database with the truth, and print what differs as JSON."""
    from django.db import connection

    from django_clerk.models import ClerkMembership, ClerkOrganization, ClerkUser, ClerkWebhookEvent

    truth = json.loads(file.read_text())
    with connection.cursor() as cursor:
        cursor.execute("SELECT svix_id FROM storm_effect")
        effects = Counter(svix_id for (svix_id,) in cursor.fetchall())
    finished = set(
        ClerkWebhookEvent.objects.filter(state__in=ClerkWebhookEvent.FINISHED).values_list("svix_id", flat=True)
    )
    rows: dict[str, Any] = {}
    for model in (ClerkUser.objects.select_related("user"), ClerkOrganization.objects, ClerkMembership.objects):
        rows |= {row.clerk_id: row for row in model.all()}
    found: dict[str, list[str]] = {
        "lost": [svix_id for svix_id in truth["events"] if not effects[svix_id] or svix_id not in finished],
        "doubled": [svix_id for svix_id, times in effects.items() if times > 1],
        "resurrected": [
            clerk_id
            for clerk_id in truth["dead"]
            if clerk_id not in rows
            or rows[clerk_id].deleted_at is None
            or (getattr(rows[clerk_id], "user", None) is not None and rows[clerk_id].user.is_active)
        ],
        "different": [clerk_id for clerk_id, told in truth["living"].items() if not says(rows.get(clerk_id), told)],
        "unheard of": sorted(set(rows) - set(truth["living"]) - set(truth["dead"])),
    }
    print(json.dumps({"found": found, "rows": len(rows)}))


def says(row: Any, told: dict[str, Any]) -> bool:
    """Tell whether a row says what was told last of a living object."""
    if row is None or row.deleted_at is not None:
        return False
    if row.updated_at != datetime.fromtimestamp(told["updated_at"] / 1000, tz=timezone.utc):
        return False
    if told["object"] == "user":
        return bool(row.first_name == told["first_name"] and row.user is not None and row.user.is_active)
    name = "name" if told["object"] == "organization" else "role"
    return bool(getattr(row, name) == told[name])


# The whole


def run_child(*arguments: object) -> str:
    command = [sys.executable, __file__, *map(str, arguments)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.strip().partition("\n\n")[0])
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--users", type=int, default=1000)
    parser.add_argument("--senders", type=int, default=16)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: float(folder.parent.name))
    parser.add_argument("--postgres", type=Path, default=programs[-1] if programs else None)
    parser.add_argument("--account", default="postgres")
    options = parser.parse_args()
    dice = random.Random(options.seed)
    history = History(options.events, options.users, dice)
    deliveries = history.events + dice.sample(history.events, len(history.events) // 5)
    dice.shuffle(deliveries)
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        truth = Path(folder) / "truth.json"
        history.write(truth)
        (Path(folder) / "cluster").mkdir()
        cluster = Cluster(Path(folder) / "cluster", options.postgres, options.account)
        try:
            run_child("prepare", cluster.port)
            workers = Workers(options.workers, cluster.port)
            senders = Senders(workers.port, deliveries, options.senders)
            started = time.perf_counter()
            for thread in senders.threads:
                thread.start()
            disturb(senders, workers, cluster, options.kills, dice)
            for thread in senders.threads:
                thread.join()
            seconds = time.perf_counter() - started
            workers.stop()
            verdict = json.loads(run_child("judge", cluster.port, truth))
        finally:
            cluster.stop()
    found = {name: len(ids) for name, ids in verdict["found"].items()}
    print(f"{len(history.events)} events about {options.users} users and what is theirs, in {senders.total} deliveries")
    print(f"    {options.workers} worker processes, {workers.kills} killed with -9; the database crashed once")
    print(
        f"    {seconds:.1f} s, {len(history.events) / seconds:.0f} events/s, {senders.total / seconds:.0f} deliveries/s"
    )
    print(f"    answers: {dict(senders.answers)}; attempts again: {senders.answers.total() - senders.total}")
    print(f"    {verdict['rows']} rows compared: " + ", ".join(f"{name} {count}" for name, count in found.items()))
    print(f"    deliveries given up: {senders.given_up}")
    return 1 if any(found.values()) or senders.given_up else 0


if __name__ == "__main__":
    if sys.argv[1:2] in (["prepare"], ["serve"], ["judge"]):
        configure(int(sys.argv[2]))
        {"prepare": prepare, "serve": lambda: serve(int(sys.argv[3])), "judge": lambda: judge(Path(sys.argv[3]))}[
            sys.argv[1]
        ]()
    else:
        sys.exit(main())
