"""Events worked off by real workers, which are killed in the middle: none is lost, and none has its effect twice."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.loopback import SOON
from tests.queues.project import Project, read_until

pytestmark = pytest.mark.slow

BROKERS = {"RabbitMQ": "amqp://guest:guest@127.0.0.1:5672//", "Redis": "redis://127.0.0.1:6379/1"}
CELERY = "django_clerk.contrib.celery.CeleryBackend"
TASKS = "django_clerk.contrib.tasks.TasksBackend"

CLEAN_UP = "from tests.queues.celery_app import clean_up; clean_up()"
SWEEP = "import tests.queues.celery_app; from django_clerk.contrib.celery import finish_events; finish_events.delay(0)"


def is_there(address: str) -> bool:
    parts = urlsplit(address)
    try:
        socket.create_connection((parts.hostname or "", parts.port or 0), timeout=1).close()
    except OSError:
        return False
    return True


@pytest.fixture(params=BROKERS)
def celery(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Project]:
    pytest.importorskip("celery")
    if request.param == "Redis":
        pytest.importorskip("redis")
    if not is_there(BROKERS[request.param]):
        pytest.skip(f"NOT TESTED: {request.param} does not answer at {BROKERS[request.param]}")
    project = Project(tmp_path, CELERY, broker=BROKERS[request.param])
    yield project
    project.run(CLEAN_UP)
    project.close()


@pytest.fixture
def tasks(tmp_path: Path) -> Iterator[Project]:
    pytest.importorskip("django_tasks_db")
    project = Project(tmp_path, TASKS)
    yield project
    project.close()


def test_celery(celery: Project) -> None:
    assert [celery.deliver(svix_id) for svix_id in ("a", "b", "b", "fails")] == [200] * 4
    assert set(celery.events().values()) == {("received", 0)}
    worker = celery.start_worker("slow")
    celery.wait_until(lambda: all(state == "applied" for state, _ in celery.events().values()))
    assert celery.events() == {"a": ("applied", 1), "b": ("applied", 1), "fails": ("applied", 2)}
    assert celery.deliver("slow") == 200
    read_until(worker, "claimed")
    worker.kill()
    worker.wait()
    assert celery.events()["slow"] == ("received", 0)
    celery.start_worker()
    if celery.environment["QUEUES_BROKER"].startswith("redis"):
        celery.run(SWEEP)  # Redis gives the message to another worker in an hour only
    celery.wait_until(lambda: celery.events()["slow"] == ("applied", 1))
    assert celery.users() == ["user_a", "user_b", "user_fails", "user_slow"]


@pytest.mark.parametrize("address", ["amqp://guest:wrong@127.0.0.1:5672//", "amqp://guest:guest@127.0.0.1:5672/none"])
def test_a_broker_that_lets_nobody_in(address: str, tmp_path: Path) -> None:
    pytest.importorskip("celery")
    if not is_there(address):
        pytest.skip(f"NOT TESTED: RabbitMQ does not answer at {address}")
    assert answer_with(address, tmp_path) == 503


def test_a_broker_of_no_kind(tmp_path: Path) -> None:
    pytest.importorskip("celery")
    assert answer_with("nowhere://127.0.0.1", tmp_path) == 503


@pytest.mark.parametrize("scheme", ["amqp", "redis"])
def test_a_broker_that_never_answers(scheme: str, tmp_path: Path) -> None:
    pytest.importorskip("redis" if scheme == "redis" else "celery")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        started = time.monotonic()
        assert answer_with(f"{scheme}://127.0.0.1:{silent.getsockname()[1]}//", tmp_path) == 503
    assert time.monotonic() - started < 15 + SOON  # Clerk's patience, and the time that the project takes to start


def answer_with(broker: str, folder: Path) -> int:
    """Return how a delivery is answered where Celery has a broker at this address."""
    project = Project(folder, CELERY, broker=broker)
    try:
        return project.deliver("a")
    finally:
        project.close()


@pytest.mark.parametrize("broker", ["amqp://guest:guest@127.0.0.1:9//", "redis://127.0.0.1:9/0"])
def test_no_broker(broker: str, tmp_path: Path) -> None:
    pytest.importorskip("redis" if broker.startswith("redis") else "celery")
    project = Project(tmp_path, CELERY, broker=broker)
    try:
        assert project.deliver("a") == 503
        assert project.events() == {"a": ("received", 0)}
        assert "applied 1" in project.run(
            "from django.core.management import call_command;"
            "call_command('clerk_replay_events', unfinished=True, older_than=0.0)"
        )
        assert project.deliver("a") == 200
    finally:
        project.close()


def test_tasks(tasks: Project) -> None:
    assert [tasks.deliver(svix_id) for svix_id in ("a", "b", "b", "fails")] == [200] * 4
    worker = tasks.start_worker("slow")
    tasks.wait_until(lambda: "received" not in {state for state, _ in tasks.events().values()})
    assert tasks.events() == {"a": ("applied", 1), "b": ("applied", 1), "fails": ("failed", 1)}
    assert tasks.deliver("fails") == 200  # Clerk's own redelivery hands it over again
    tasks.wait_until(lambda: tasks.events()["fails"] == ("applied", 2))
    assert tasks.deliver("slow") == 200
    read_until(worker, "claimed")
    worker.kill()
    worker.wait()
    assert tasks.events()["slow"] == ("received", 0)
    tasks.run("from django_clerk.contrib.tasks import finish_events; finish_events.enqueue(older_than=0)")
    tasks.start_worker()
    tasks.wait_until(lambda: tasks.events()["slow"] == ("applied", 1))
    assert tasks.users() == ["user_a", "user_b", "user_fails", "user_slow"]
