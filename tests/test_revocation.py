"""CLERK_REVOKE_SESSIONS: a session is over when Clerk says so, not when its last token expires."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.core.cache.backends.locmem import LocMemCache
from django.http import JsonResponse
from django.test import Client, override_settings
from django.urls import include, path

from django_clerk.checks import check_deployment
from django_clerk.conf import conf
from django_clerk.decorators import clerk_login_required
from django_clerk.models import ClerkUser
from django_clerk.revocation import is_revoked
from django_clerk.signals import webhook_received
from tests.callers import CALLERS, as_page, sign_up
from tests.deliveries import clerk_user, deleted_user, deliver
from tests.mint import bearer, mint
from tests.processes import finish, start

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

urlpatterns = [
    path("webhooks/", include("django_clerk.webhooks.urls")),
    path("closed/", clerk_login_required(lambda request: JsonResponse({}))),
    path("who/", lambda request: JsonResponse({"clerk_id": request.clerk.user_id, "reason": request.clerk.reason})),
    path("nobody/", lambda request: JsonResponse({})),
]
ENDS = ["session.ended", "session.removed", "session.revoked"]
SESSION = {"object": "session", "id": "sess_1", "user_id": "user_ada", "status": "ended"}


class Counting(LocMemCache):
    """Remembers what is asked of it, and for how long it is to keep things."""

    calls: list[tuple[str, Any]] = []

    def get_many(self, keys: Any, version: Any = None) -> Any:
        self.calls.append(("get_many", list(keys)))
        return super().get_many(keys, version=version)

    def get(self, key: Any, default: Any = None, version: Any = None) -> Any:
        self.calls.append(("get", key))
        return super().get(key, default, version)

    def set(self, key: Any, value: Any, timeout: Any = None, version: Any = None) -> None:
        self.calls.append(("set", timeout))
        super().set(key, value, timeout, version)


class Broken(LocMemCache):
    """Is down."""

    def get(self, *args: Any, **kwargs: Any) -> Any:
        raise ConnectionError("redis://:password@cache.example is down")

    get_many = set = get


def cached_by(kind: type) -> Any:
    return override_settings(CACHES={"default": {"BACKEND": f"{__name__}.{kind.__name__}", "LOCATION": kind.__name__}})


@pytest.fixture(autouse=True)
def _on(settings: Any) -> Iterator[None]:
    settings.CLERK_REVOKE_SESSIONS = True
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def ada() -> Any:
    return sign_up(CALLERS["owner"])


def status_of(client: Client, **claims: Any) -> int:
    return client.get("/closed/", headers=bearer(**claims)).status_code


@pytest.mark.parametrize("kind", ENDS)
def test_an_ended_session_is_refused_at_once(client: Client, ada: Any, kind: str) -> None:
    token, later = mint(), mint(iat=int(time.time()) + 3)
    assert status_of(client, token=token) == 200
    assert deliver(client, kind, SESSION).status_code == 200
    assert status_of(client, token=token) == 401
    assert status_of(client, token=later) == 401
    body = client.get("/who/", headers=bearer(token=token)).json()
    assert body == {"clerk_id": None, "reason": "session-revoked"}
    cookie = {"Cookie": f"__session={token}; __client_uat=1", "Accept": "application/json"}
    assert client.get("/closed/", headers=cookie).status_code == 401
    assert client.get("/closed/", headers={**as_page(CALLERS["owner"])}).status_code == 302


@pytest.mark.parametrize("kind", ENDS)
def test_other_sessions_go_on(client: Client, ada: Any, kind: str) -> None:
    deliver(client, kind, {**SESSION, "id": "sess_2"})
    assert status_of(client) == 200
    assert status_of(client, sid="sess_2") == 401


@pytest.mark.parametrize("kind", ["session.created", "session.pending", "user.created", "organization.deleted"])
def test_other_events_end_nothing(client: Client, ada: Any, kind: str) -> None:
    deliver(client, kind, {**clerk_user(), **SESSION} if kind != "user.created" else clerk_user())
    assert status_of(client) == 200


def test_whoever_is_deleted_has_no_session(client: Client, ada: Any) -> None:
    deliver(client, "user.deleted", deleted_user())
    for session in ("sess_1", "sess_2"):
        body = client.get("/who/", headers=bearer(sid=session)).json()
        assert body == {"clerk_id": None, "reason": "session-revoked"}
    assert client.get("/who/", headers=bearer(sub="user_eve")).json()["clerk_id"] == "user_eve"


class TestBans:
    def ban(self, client: Client, at: float, **changes: Any) -> None:
        data = {**clerk_user(banned=True), "updated_at": int(at * 1000), **changes}
        assert deliver(client, "user.updated", data).status_code == 200

    def test_tokens_made_before_are_refused(self, client: Client, ada: Any) -> None:
        now = time.time()
        self.ban(client, now)
        assert client.get("/who/", headers=bearer(iat=int(now))).json()["reason"] == "session-revoked"

    def test_tokens_made_after_are_for_the_row_to_judge(self, client: Client, ada: Any) -> None:
        now = time.time()
        self.ban(client, now - 20)
        assert client.get("/who/", headers=bearer(iat=int(now) - 5)).json()["clerk_id"] == "user_ada"
        assert status_of(client, iat=int(now) - 5) == 401

    def test_an_older_one_that_comes_later_takes_nothing_back(self, client: Client, ada: Any) -> None:
        now = time.time()
        self.ban(client, now)
        self.ban(client, now - 1000)
        assert is_revoked("sess_1", "user_ada", now - 1)

    @pytest.mark.parametrize("banned", [False, None, "true", 1])
    def test_whoever_is_not_banned_stays(self, client: Client, ada: Any, banned: Any) -> None:
        deliver(client, "user.updated", clerk_user(banned=banned))
        assert not is_revoked("sess_1", "user_ada", 0)


@pytest.mark.parametrize("kind", ENDS)
@pytest.mark.parametrize("session_id", [None, "", 5, "user_ada", "sess_", ["sess_1"], "sess_1\n", "sess_" + "x" * 300])
def test_an_end_of_no_session_is_refused(client: Client, kind: str, session_id: Any) -> None:
    assert deliver(client, kind, {**SESSION, "id": session_id}).status_code == 400


def test_what_is_undone_in_the_database_is_over_all_the_same(client: Client, ada: Any) -> None:
    def fail(**kwargs: Any) -> None:
        raise RuntimeError("of the project's own receiver")

    client.raise_request_exception = False
    webhook_received.connect(fail)
    try:
        assert deliver(client, "session.ended", SESSION).status_code == 500
    finally:
        webhook_received.disconnect(fail)
    assert status_of(client) == 401


class TestWhatItCosts:
    @pytest.fixture(autouse=True)
    def _counted(self) -> Iterator[None]:
        with cached_by(Counting):
            cache.clear()
            Counting.calls.clear()
            yield

    def test_one_read_for_a_request_that_asks_and_none_for_others(self, client: Client, ada: Any) -> None:
        client.get("/nobody/", headers=bearer())
        client.get("/closed/", headers=bearer(exp=1))
        client.get("/closed/", headers=bearer(token="x"))
        client.get("/closed/")
        assert Counting.calls == []
        assert status_of(client) == 200
        (keys,) = [keys for call, keys in Counting.calls if call == "get_many"]
        assert [key for call, key in Counting.calls if call == "get"] == keys  # which is how this cache does it
        assert len(keys) == 2

    @pytest.mark.parametrize(
        ("lifetime", "skew", "seconds"), [(60, 5, 66), (60, 0, 61), (3600, 5, 3606), (0.5, 0.2, 2)]
    )
    def test_an_entry_outlives_the_tokens_and_nothing_else(
        self, client: Client, settings: Any, lifetime: float, skew: float, seconds: int
    ) -> None:
        settings.CLERK_TOKEN_LIFETIME, settings.CLERK_CLOCK_SKEW = lifetime, skew
        deliver(client, "session.ended", SESSION)
        assert [value for call, value in Counting.calls if call == "set"] == [seconds]

    def test_nothing_when_off(self, client: Client, ada: Any, settings: Any) -> None:
        settings.CLERK_REVOKE_SESSIONS = False
        assert deliver(client, "session.ended", {**SESSION, "id": "sess_1"}).status_code == 200
        assert status_of(client) == 200
        assert Counting.calls == []


class TestACacheThatDoesNotWork:
    def test_keeps_nobody_out(self, client: Client, ada: Any, caplog: pytest.LogCaptureFixture) -> None:
        with cached_by(Broken):
            assert status_of(client) == 200
        assert "Django's cache cannot be read (ConnectionError)" in caplog.text
        assert "password" not in caplog.text

    def test_loses_no_event(self, client: Client, ada: Any, caplog: pytest.LogCaptureFixture) -> None:
        with cached_by(Broken):
            assert deliver(client, "session.ended", SESSION).status_code == 200
            assert deliver(client, "user.updated", clerk_user(banned=True)).status_code == 200
            assert status_of(client) == 401  # the row tells
        assert ClerkUser.objects.get().banned
        assert "Django's cache cannot be written (ConnectionError)" in caplog.text
        assert "password" not in caplog.text

    @pytest.mark.parametrize("value", [None, "", "99999999999", b"x", True, [], {"at": 10**11}, float("nan")])
    def test_what_others_have_written_is_a_miss(self, client: Client, ada: Any, value: Any) -> None:
        with cached_by(Counting):  # which shows its keys
            cache.clear()
            deliver(client, "session.ended", SESSION)
            for key in list(cache._cache):  # type: ignore[attr-defined]
                cache.set(key.partition(":1:")[2], value)
            assert status_of(client) == 200
            deliver(client, "session.ended", SESSION)
            assert status_of(client) == 401


def test_another_worker_knows_it_at_once(client: Client, ada: Any, tmp_path: Path) -> None:
    shared = {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": str(tmp_path)}
    worker = start(
        """
        settings.CACHES = {"default": {"BACKEND": sys.argv[2], "LOCATION": sys.argv[3]}}
        from django_clerk.revocation import is_revoked
        print(is_revoked("sess_1", "user_ada", 0), flush=True)
        sys.stdin.readline()
        print(is_revoked("sess_1", "user_ada", 0), is_revoked("sess_2", "user_ada", 0))
        """,
        *shared.values(),
    )
    assert worker.stdout is not None
    assert worker.stdout.readline() == "False\n"
    with override_settings(CACHES={"default": shared}):
        deliver(client, "session.ended", SESSION)
    assert finish(worker, said="go\n") == "True False\n"


def test_another_instance_on_the_same_cache_knows_nothing_of_it(client: Client, ada: Any) -> None:
    deliver(client, "session.ended", SESSION)
    assert is_revoked("sess_1", "user_ada", 0)
    with override_settings(CLERK_PUBLISHABLE_KEY="pk_live_Y2xlcmsuZXhhbXBsZS5vcmck"):
        assert not is_revoked("sess_1", "user_ada", 0)


def test_settings(settings: Any) -> None:
    del settings.CLERK_REVOKE_SESSIONS
    assert conf.CLERK_REVOKE_SESSIONS is False
    assert conf.CLERK_TOKEN_LIFETIME == 60


@pytest.mark.parametrize("on", [True, False])
@pytest.mark.parametrize(
    ("backend", "is_shared"),
    [("dummy.DummyCache", False), ("locmem.LocMemCache", False), ("filebased.FileBasedCache", True)],
)
def test_a_cache_of_one_process_is_warned_of(settings: Any, on: bool, backend: str, is_shared: bool) -> None:
    settings.CLERK_REVOKE_SESSIONS = on
    location = {"BACKEND": f"django.core.cache.backends.{backend}", "LOCATION": "/nowhere/that/is/written"}
    with override_settings(CACHES={"default": location}):
        warned = any(message.id == "django_clerk.W008" for message in check_deployment())
    assert warned is (on and not is_shared)
