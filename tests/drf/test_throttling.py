"""Throttles: one count for each caller, whatever token they come with, and nobody's for what is not verified."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.urls import path
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from django_clerk.drf import ClerkAPIKeyRateThrottle, ClerkAuthentication, ClerkUserRateThrottle
from tests.callers import CALLERS, as_api, sign_up
from tests.loopback import Loopback
from tests.machines import clerk_on_loopback, document, m2m_jwt, oauth_jwt, serve_machines
from tests.mint import bearer, mint

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


class Anything(ClerkAuthentication):
    accepts = ("session_token", "api_key", "m2m_token", "oauth_token")


class TwoAMinute(ClerkUserRateThrottle):
    rate = "2/min"


class TwoAMinuteByKey(ClerkAPIKeyRateThrottle):
    rate = "2/min"


class Ping(APIView):
    authentication_classes = [Anything, SessionAuthentication]
    permission_classes = [AllowAny]
    throttle_classes = [TwoAMinute]

    def get(self, request: Request) -> Response:
        return Response("pong")


urlpatterns = [
    path("user/", Ping.as_view()),
    path("session/", Ping.as_view(authentication_classes=[SessionAuthentication])),
    path("key/", Ping.as_view(throttle_classes=[TwoAMinuteByKey])),
    path("unset/", Ping.as_view(throttle_classes=[ClerkUserRateThrottle])),
]


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture(autouse=True)
def ada() -> Any:
    return sign_up(CALLERS["owner"])


@pytest.fixture
def clerk(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    with clerk_on_loopback(settings, monkeypatch) as server:
        yield server


def get(url: str, headers: dict[str, str] | None = None, **extra: Any) -> int:
    return Client().get(url, headers=headers or {}, **extra).status_code


def cookie(**claims: Any) -> dict[str, str]:
    return {"Cookie": f"__session={mint(**claims)}; __client_uat=1"}


def test_fresh_tokens_sessions_and_cookies_are_one_caller() -> None:
    assert get("/user/", bearer(jti="one")) == 200
    assert get("/user/", cookie(jti="two", sid="sess_2")) == 200
    for headers in (bearer(jti="three"), bearer(sid="sess_3"), cookie(jti="four")):
        assert get("/user/", headers) == 429


def test_same_count_where_django_s_session_class_passes_the_user_on() -> None:
    assert [get("/session/", cookie()), get("/user/", bearer()), get("/session/", cookie())] == [200, 200, 429]


def test_nobody_is_counted_for_another() -> None:
    sign_up(CALLERS["owner"], "eve")
    assert [get("/user/", bearer()) for _ in range(3)] == [200, 200, 429]
    assert get("/user/", bearer(sub="user_eve")) == 200


def test_forged_token_fills_nobody_s_count() -> None:
    for _ in range(5):
        assert get("/user/", bearer(**CALLERS["forged"].claims)) == 401
        assert get("/user/", cookie(**CALLERS["forged"].claims), REMOTE_ADDR="192.0.2.9") in (200, 429)
    assert get("/user/", bearer()) == 200


def test_strangers_are_counted_by_address() -> None:
    assert [get("/user/", REMOTE_ADDR="192.0.2.1") for _ in range(3)] == [200, 200, 429]
    assert get("/user/", cookie(exp=1), REMOTE_ADDR="192.0.2.1") == 429
    assert get("/user/", REMOTE_ADDR="192.0.2.2") == 200
    assert get("/user/", bearer(), REMOTE_ADDR="192.0.2.1") == 200


def test_users_of_a_password_session_are_counted_by_themselves() -> None:
    boss = sign_up(CALLERS["superuser"], "boss")
    headers = as_api(CALLERS["superuser"], boss)
    assert [get("/user/", headers) for _ in range(3)] == [200, 200, 429]
    assert get("/user/", bearer()) == 200


def test_keys_count_for_their_user_and_other_machines_for_themselves(clerk: Loopback) -> None:
    key, oauth = bearer(token="ak_secret"), bearer(token=oauth_jwt())
    assert [get("/user/", key), get("/user/", oauth), get("/user/", bearer())] == [200, 200, 429]
    machine = [get("/user/", bearer(token=m2m_jwt(jti=f"mt_{n}"))) for n in range(3)]
    assert machine == [200, 200, 429]
    assert get("/user/", bearer(token=m2m_jwt(sub="mch_2"))) == 200


def test_each_key_by_itself(clerk: Loopback) -> None:
    keys = {f"ak_{n}": document("api_key", id=f"ak_id_{n}", subject="user_ada") for n in range(2)}
    same = {"ak_same": document("api_key", id="ak_id_0", subject="user_ada")}  # as after a rotation of its secret
    serve_machines(clerk, **keys, **same)
    assert [get("/key/", bearer(token="ak_0")) for _ in range(3)] == [200, 200, 429]
    assert get("/key/", bearer(token="ak_same")) == 429
    assert get("/key/", bearer(token="ak_1")) == 200
    for headers in (bearer(), {}, bearer(token=m2m_jwt()), bearer(token=oauth_jwt())):
        assert [get("/key/", headers) for _ in range(4)] == [200] * 4


def test_key_without_an_id_is_counted_by_whom_it_speaks_for(clerk: Loopback) -> None:
    serve_machines(clerk, ak_a=document("api_key", id=None), ak_b=document("api_key", id=None))
    assert [get("/key/", bearer(token=token)) for token in ("ak_a", "ak_b", "ak_a")] == [200, 200, 429]


def test_no_credential_is_in_the_cache() -> None:
    token = mint()
    get("/user/", bearer(token=token))
    key = TwoAMinute.cache_format % {"scope": "clerk_user", "ident": "clerk:user_ada"}
    assert len(cache.get(key)) == 1
    assert token not in key


def test_rate_must_be_set() -> None:
    with pytest.raises(ImproperlyConfigured, match="clerk_user"):
        get("/unset/", bearer())
