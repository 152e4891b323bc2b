"""Events applied inline where the rest goes wrong: databases, routers, many threads, processes that die."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.queues.project import Project, read_line

pytestmark = pytest.mark.slow

INLINE = "django_clerk.webhooks.backends.InlineBackend"

_AT_ONCE = """
import threading
from concurrent.futures import ThreadPoolExecutor
from django.db import connections
from django.test import Client
from tests.deliveries import clerk_user, deliver
heard = []
webhook_received.connect(lambda event, **kwargs: heard.append(event.svix_id), weak=False)
barrier = threading.Barrier(8)
def tell(number):
    try:
        barrier.wait()
        client = Client(raise_request_exception=False, headers={"host": "example.com"})
        told = {f"msg_{number}": clerk_user(f"user_{number}") for number in range(10)}
        return [deliver(client, "user.created", user, svix_id=svix_id).status_code for svix_id, user in told.items()]
    finally:
        connections.close_all()
with ThreadPoolExecutor(8) as pool:
    answers = list(pool.map(tell, range(8)))
print(json.dumps([sorted(set(sum(answers, []))), sorted(heard)]))
"""

_ROUTED = """
from django.core.management import call_command
from django.db import connections, transaction
from django.test import Client
from django_clerk.models import ClerkUser, ClerkWebhookEvent
from tests.deliveries import clerk_user, deliver
for alias in connections:
    call_command("migrate", database=alias, verbosity=0)
def receiver(event, **kwargs):
    blocks = [len(connections[alias].savepoint_ids) for alias in ("default", "people")]
    atomic = [connections[alias].in_atomic_block for alias in ("default", "people")]
    print(json.dumps([blocks, atomic]))
    transaction.on_commit(lambda: print(json.dumps(ClerkUser.objects.count())), using="people")
    if event.svix_id == "fails":
        raise RuntimeError
webhook_received.connect(receiver)
client = Client(raise_request_exception=False, headers={"host": "example.com"})
for svix_id in ("works", "fails"):
    print(json.dumps(deliver(client, "user.created", clerk_user("user_" + svix_id), svix_id=svix_id).status_code))
for alias in ("default", "people"):
    events = ClerkWebhookEvent.objects.using(alias).order_by("-svix_id")
    print(json.dumps([list(events.values_list("svix_id", "state")), ClerkUser.objects.using(alias).count()]))
"""

_REPLICATED = """
os.environ["NO_PROXY"] = "127.0.0.1"
import asyncio
from django.conf import settings
from django.contrib.auth import aauthenticate, authenticate
from django.core.management import call_command
from django.db import connections
from django.test import RequestFactory
from django_clerk.models import ClerkUser
from tests.deliveries import clerk_user
from tests.loopback import ok, serve
from tests.mint import bearer
for alias in connections:
    call_command("migrate", database=alias, verbosity=0)
def asks(clerk_id):
    return RequestFactory().get("/", headers={"host": "example.com", **bearer(sub=clerk_id)})
with serve() as clerk:
    settings.CLERK_SECRET_KEY, settings.CLERK_API_URL = "sk_live_tests", clerk.url
    clerk.on("/v1/users/user_ada", ok(clerk_user()))
    clerk.on("/v1/users/user_grace", ok(clerk_user("user_grace")))
    clerk.on("/v1/users/user_ada/metadata", ok(clerk_user(at=9_000, public_metadata={"role": "admin"})))
    users = [authenticate(asks("user_ada")), authenticate(asks("user_ada"))]
    users.append(asyncio.run(aauthenticate(asks("user_grace"))))
    print(json.dumps([user and user._clerk_clerk_id for user in users]))
    row = ClerkUser.objects.using("default").get(clerk_id="user_ada")
    row.set_role("admin")
    print(json.dumps([row.role, len(clerk.received), ClerkUser.objects.count()]))
"""

_KILLED_AFTER_THE_COMMIT = """
from django.db import transaction
from django.test import Client
from tests.deliveries import clerk_user, deliver
def receiver(**kwargs):
    def wait():
        print("committed", flush=True)
        time.sleep(60)
    transaction.on_commit(wait)
webhook_received.connect(receiver)
deliver(Client(headers={"host": "example.com"}), "user.created", clerk_user("user_a"), svix_id="a")
"""

_DOWN = """
from django.test import Client
from tests.deliveries import clerk_user, deliver
started = time.monotonic()
client = Client(raise_request_exception=False, headers={"host": "example.com"})
status = deliver(client, "user.created", clerk_user(), svix_id="a").status_code
print(json.dumps([status, time.monotonic() - started]))
"""


@pytest.fixture
def project(tmp_path: Path):
    project = Project(tmp_path, INLINE)
    yield project
    project.close()


def test_the_same_events_to_eight_threads_on_sqlite(project: Project) -> None:
    answers, heard = json.loads(project.run(_AT_ONCE))
    assert answers == [200]
    assert heard == sorted(f"msg_{number}" for number in range(10))
    assert set(project.events().values()) == {("applied", 1)}
    assert len(project.users()) == 10


def test_killed_after_the_commit_and_before_the_answer(project: Project) -> None:
    process = project.start(_KILLED_AFTER_THE_COMMIT)
    assert read_line(process) == "committed"
    process.kill()
    process.wait()
    assert project.events() == {"a": ("applied", 1)}
    assert project.deliver("a") == 200
    assert project.events() == {"a": ("applied", 1)}


def test_a_router_and_atomic_requests_on_every_database(tmp_path: Path) -> None:
    project = Project(tmp_path, INLINE, second=True, serves=False)
    try:
        said = [json.loads(line) for line in project.run(_ROUTED).splitlines()]
    finally:
        project.close()
    in_people = [[0, 0], [False, True]]  # one transaction, of the receivers' own database, and none around it
    assert said == [in_people, 1, 200, in_people, 500, [[], 0], [[["works", "applied"], ["fails", "failed"]], 1]]


def test_a_replica_that_is_late(tmp_path: Path) -> None:
    """What was written is read again where it was written: a person who is new, and a role that was given."""
    project = Project(tmp_path, INLINE, replica=True, serves=False)
    try:
        said = [json.loads(line) for line in project.run(_REPLICATED).splitlines()]
    finally:
        project.close()
    assert said == [["user_ada", "user_ada", "user_grace"], ["admin", 3, 0]]


def test_a_database_that_is_down(tmp_path: Path) -> None:
    pytest.importorskip("psycopg")
    project = Project(tmp_path, INLINE, port=9, serves=False)
    try:
        status, seconds = json.loads(project.run(_DOWN))
    finally:
        project.close()
    assert status == 500
    assert seconds < 5
