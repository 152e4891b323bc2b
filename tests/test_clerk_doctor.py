"""``manage.py clerk_doctor``: what is wrong is said, with what to do, and no secret is."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache.backends.locmem import LocMemCache
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import override_settings
from django.utils import timezone

from django_clerk.api.probe import look
from django_clerk.diagnosis import diagnose
from django_clerk.exceptions import APIUnavailable
from django_clerk.models import ClerkWebhookEvent
from tests.jwks import OTHER_KEY, document, jwk
from tests.keys import PUBLIC_PEM
from tests.loopback import Loopback, html, ok, raw, refuse, serve, stall, status
from tests.processes import PROJECT

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.webhook_urls")]

SECRET = "sk_live_VeryUnlikely"
API, FRONTEND = "/v1/jwks", "/clerk/.well-known/jwks.json"


@pytest.fixture
def clerk(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    """Both sides of an instance, in good health."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serve() as server:
        settings.CLERK_API_URL, settings.CLERK_SECRET_KEY = server.url, SECRET
        settings.CLERK_PROXY_URL = f"{server.url}/clerk"
        settings.CLERK_JWT_KEY = PUBLIC_PEM
        server.on(API, ok(document()))
        server.on(FRONTEND, ok(document()))
        yield server


def consult() -> tuple[str, str]:
    """Return what the command prints, and how it fails, or ""."""
    out, failure = io.StringIO(), ""
    try:
        call_command("clerk_doctor", stdout=out, no_color=True)
    except CommandError as error:
        failure = str(error)
    assert "VeryUnlikely" not in out.getvalue() + failure
    return out.getvalue(), failure


def problems() -> list[str]:
    return [finding.text for finding in diagnose() if finding.level == "problem"]


def warnings() -> list[str]:
    return [finding.text for finding in diagnose() if finding.level == "warning"]


def test_in_good_health(clerk: Loopback) -> None:
    text, failure = consult()
    assert failure == ""
    assert {line[:7].strip() for line in text.splitlines()} == {"ok"}
    assert "the secret key sk_live… at http://127.0.0.1" in text
    assert "Webhooks are received at /webhooks/:" in text
    assert "no webhook has come yet" in text
    ClerkWebhookEvent.objects.create(svix_id="msg_1", type="user.created")
    assert "the last webhook came at 20" in consult()[0]


def test_nobody_sends_the_secret_key_to_the_frontend(clerk: Loopback) -> None:
    consult()
    sent = [request.headers.get("Authorization") for request in clerk.received]
    assert sent == [f"Bearer {SECRET}", None, None]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"CLERK_CLOCK_SKEW": "five"}, "CLERK_CLOCK_SKEW must be a number"),
        ({"CLERK_SECRET_KEY": "sk_test_VeryUnlikely"}, "belong to different instances"),
        ({"CLERK_PUBLISHABLE_KEY": "pk_live_VeryUnlikely"}, "CLERK_PUBLISHABLE_KEY"),
        ({"CLERK_JWT_KEY": "VeryUnlikely"}, "CLERK_JWT_KEY cannot be used"),
        ({"CLERK_WEBHOOK_SIGNING_SECRET": "VeryUnlikely"}, "(django_clerk.E007)"),
        ({"MIDDLEWARE": []}, ""),
        ({"AUTHENTICATION_BACKENDS": []}, "(django_clerk.E003)"),
        ({"CLERK_API_URL": "nonsense"}, "CLERK_API_URL must look like"),
        ({"CLERK_STAFF_ROLES": ["org:admin"]}, "(django_clerk.E060)"),
    ],
)
def test_settings(changes: dict[str, Any], problem: str, clerk: Loopback) -> None:
    with override_settings(**changes):
        text, failure = consult()
        assert problem in text
        assert bool(failure) == bool(problem)
        assert len(problems()) == len(set(problems()))  # each is said once


@pytest.mark.parametrize("mode", [refuse, status(401), status(500), html(), ok({}), ok(document(jwk(kty="EC")))])
def test_clerk_does_not_answer(mode: Any, clerk: Loopback) -> None:
    clerk.on(API, mode)
    assert len(problems()) == 1
    assert consult()[1] == "One problem was found."


@pytest.mark.parametrize("mode", [refuse, status(404), html(), ok([]), ok({"keys": []})])
def test_the_frontend_does_not_answer(mode: Any, clerk: Loopback) -> None:
    clerk.on(FRONTEND, mode)
    (warning,) = warnings()
    assert warning.startswith("The Frontend API gives no keys at ")
    assert problems() == []


@override_settings(CLERK_JWT_KEY=None)
def test_keys_of_two_instances(clerk: Loopback) -> None:
    clerk.on(FRONTEND, ok(document(jwk(key=OTHER_KEY))))
    assert problems() == ["CLERK_PUBLISHABLE_KEY and CLERK_SECRET_KEY belong to different instances."]


def test_a_key_for_offline_use_of_another_instance(clerk: Loopback) -> None:
    for path in (API, FRONTEND):
        clerk.on(path, ok(document(jwk(key=OTHER_KEY))))
    assert problems() == ["CLERK_JWT_KEY is none of the instance's keys: no token is accepted."]


@pytest.mark.parametrize(("ahead", "is_wrong"), [(0, False), (4, False), (-4, False), (60, True), (-60, True)])
def test_the_clock(ahead: float, is_wrong: bool, clerk: Loopback) -> None:
    found = [finding for finding in diagnose(clock=lambda: time.time() + ahead) if "clock" in finding.text]
    assert [finding.level for finding in found] == ["problem" if is_wrong else "ok"]
    if is_wrong:
        assert int(found[0].text.split()[3]) in range(58, 62)


@override_settings(ROOT_URLCONF="tests.urls")
@pytest.mark.urls("tests.urls")
def test_no_webhook(clerk: Loopback) -> None:
    assert [text for text in warnings() if "no URL for webhooks" in text]


class BrokenCache(LocMemCache):
    """As one whose server is away."""

    def set(self, *args: Any, **kwargs: Any) -> None:
        raise ConnectionError("redis://:VeryUnlikely@cache.example")


@pytest.mark.parametrize(
    ("backend", "reason"),
    [
        ("django.core.cache.backends.dummy.DummyCache", "it forgets at once"),
        (f"{__name__}.BrokenCache", "ConnectionError"),
    ],
)
def test_a_cache_that_does_not_work(backend: str, reason: str, clerk: Loopback) -> None:
    with override_settings(CACHES={"default": {"BACKEND": backend}}):
        text, failure = consult()
    assert f"The default cache does not work ({reason})." in text
    assert failure == ""


def test_migrations(clerk: Loopback) -> None:
    MigrationRecorder(connection).migration_qs.filter(app="django_clerk").delete()
    assert problems() == ["The database lacks the migrations 0001_initial of django_clerk."]


def in_a_process(code: str) -> subprocess.CompletedProcess[str]:
    """Consult in a process of its own, which finds nobody to ask and a database without tables."""
    environment = {
        **os.environ,
        "CLERK_API_URL": "http://127.0.0.1:9",
        "CLERK_PROXY_URL": "/__clerk",
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "TEST_DATABASE": "sqlite",
    }
    code = f"{code}; import sys; from django.core.management import execute_from_command_line as run; run(sys.argv)"
    command = [sys.executable, "-c", code, "clerk_doctor", "--no-color"]
    return subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=60)


def test_the_status_of_the_process() -> None:
    done = in_a_process("pass")
    assert done.returncode == 1
    assert "problem  The database lacks the migrations" in done.stdout
    assert done.stderr == "CommandError: One problem was found.\n"


def test_a_database_that_is_away() -> None:
    done = in_a_process("from tests import settings; settings.DATABASES['default']['NAME'] = '/dev/null/VeryUnlikely'")
    assert "problem  The database cannot be used (OperationalError)." in done.stdout
    assert "VeryUnlikely" not in done.stdout + done.stderr


def receive(state: str, *, minutes_ago: float, number: int) -> None:
    received_at = timezone.now() - timedelta(minutes=minutes_ago)
    for position in range(number):
        event = ClerkWebhookEvent.objects.create(svix_id=f"{state}_{minutes_ago}_{position}", type="x", state=state)
        ClerkWebhookEvent.objects.filter(pk=event.pk).update(received_at=received_at)


def test_events_without_effect(clerk: Loopback) -> None:
    for state in ("applied", "stale"):
        receive(state, minutes_ago=60, number=1)
    receive("received", minutes_ago=4, number=1)  # somebody may be working on it
    assert warnings() == []
    receive("failed", minutes_ago=0, number=2)
    receive("received", minutes_ago=6, number=3)
    assert warnings() == ["Webhook events that failed: 2.", "Webhook events without effect after 5 minutes: 3."]
    text, failure = consult()
    assert failure == ""
    assert re.findall(r"run manage.py (.*)\.\n", text) == ["clerk_replay_events", "clerk_replay_events --unfinished"]


@override_settings(CLERK_ROLE_GROUPS={"admin": ["Editors"]})
def test_groups(clerk: Loopback) -> None:
    assert 'names the group "Editors", which does not exist' in consult()[0]


def test_silenced_checks(clerk: Loopback) -> None:
    with override_settings(CLERK_AUTHORIZED_PARTIES=[]):
        assert "W003" in consult()[0]
        with override_settings(SILENCED_SYSTEM_CHECKS=["django_clerk.W003"]):
            assert "W003" not in consult()[0]


@override_settings(CLERK_PROXY_URL="/__clerk")
def test_a_proxy_on_this_site_is_not_asked(clerk: Loopback) -> None:
    consult()
    assert {request.path for request in clerk.received} == {API}


class TestLook:
    @pytest.mark.parametrize("mode", [html(), raw(b"[" * 100_000), raw(b"\xff"), status(204)])
    def test_what_is_no_json(self, mode: Any, clerk: Loopback) -> None:
        clerk.on("/x", mode)
        seen = look(f"{clerk.url}/x")
        assert seen.document is None
        assert abs(time.time() - (seen.told_at or 0)) < 5

    @pytest.mark.parametrize("date", ["", "yesterday", "Mon, 99 Foo 2026 99:99:99 GMT"])
    def test_what_is_no_date(self, date: str, clerk: Loopback) -> None:
        def mode(handler: Any) -> None:
            handler.send_response_only(200)
            handler.send_header("Date", date)
            handler.send_header("Content-Length", "0")
            handler.end_headers()

        clerk.on("/x", mode)
        assert look(f"{clerk.url}/x").told_at is None

    @pytest.mark.parametrize("url", ["nonsense", "http://", "ftp://127.0.0.1/", "http://127.0.0.1:1/"])
    def test_nobody_there(self, url: str) -> None:
        with pytest.raises(APIUnavailable):
            look(url)

    def test_does_not_wait_for_ever(self, clerk: Loopback) -> None:
        clerk.on("/x", stall())
        with pytest.raises(APIUnavailable, match=r"within 0\.2 s"):
            look(f"{clerk.url}/x", deadline=0.2)
