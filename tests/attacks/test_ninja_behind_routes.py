"""Operations of Django Ninja behind the route policy, which stands before ClerkAuth: what neither may let through."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, Client
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI, Router
from ninja.security import APIKeyHeader, django_auth

from django_clerk.contrib.ninja import ClerkAuth, register_answers
from django_clerk.decorators import clerk_login_required
from tests.callers import CALLERS, as_page, sign_up
from tests.loopback import Loopback
from tests.machines import OPAQUE, clerk_on_loopback
from tests.mint import bearer, mint

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

API_KEY = bearer(token=OPAQUE["api_key"])
KEYS = ClerkAuth(accepts=["api_key"], scopes=["read:posts"])
CSRF_TOKEN = "a" * 32


class Key(APIKeyHeader):
    param_name = "X-Key"

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        return key == "letmein" or None


def act(request: HttpRequest) -> str:
    return "in"


async def aact(request: HttpRequest) -> str:
    return "in"


@clerk_login_required
def decorated(request: HttpRequest) -> HttpResponse:
    return HttpResponse("in")


#: For each path what is asked for reading and what for writing.
AUTHS: dict[str, tuple[Any, Any]] = {
    "nothing": (None, None),
    "clerk": (ClerkAuth(), ClerkAuth()),
    "django": (django_auth, django_auth),
    "keys": (KEYS, KEYS),
    "either": (ClerkAuth(), ClerkAuth(accepts=["session_token", "api_key"])),
    "keys-or-nothing": (KEYS, None),
    "keys-or-django": (KEYS, django_auth),
    "keys-or-key": (KEYS, [Key(), KEYS]),
    "pending": (ClerkAuth(allow_pending=True), ClerkAuth(allow_pending=True)),
    "pending-to-read": (ClerkAuth(allow_pending=True), ClerkAuth()),
    "pending-or-nothing": (ClerkAuth(allow_pending=True), None),
}

api = NinjaAPI(urls_namespace="behind-routes", docs_url=None)
register_answers(api)
for name, (to_read, to_write) in AUTHS.items():
    for prefix, operation in (("", act), ("async/", aact)):
        api.get(f"{prefix}{name}/", auth=to_read, operation_id=f"{prefix}{name} read")(operation)
        api.post(f"{prefix}{name}/", auth=to_write, operation_id=f"{prefix}{name} write")(operation)
api.post("decorated/")(decorated)
router = Router(auth=KEYS)
router.get("keys/")(act)
api.add_router("routed/", router)

urlpatterns = [
    path("", api.urls),
    path("exempt/", csrf_exempt(lambda request: HttpResponse("in"))),
    path("open/decorated/", csrf_exempt(decorated)),
]

both = pytest.mark.parametrize("prefix", ["", "/async"])


@pytest.fixture(autouse=True)
def ada() -> Any:
    return sign_up(CALLERS["owner"])


@pytest.fixture(autouse=True)
def closed(settings: Any) -> Any:
    settings.CLERK_PROTECTED_ROUTES = ["*"]
    settings.CLERK_PUBLIC_ROUTES = ["/open/.*"]
    return settings


@pytest.fixture
def clerk(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    with clerk_on_loopback(settings, monkeypatch) as server:
        yield server


def call(url: str, headers: dict[str, str], method: str = "get") -> int:
    client: Any = (AsyncClient if url.startswith("/async/") else Client)(enforce_csrf_checks=True)
    headers = dict(headers)
    client.cookies.load(headers.pop("Cookie", ""))
    send = getattr(client, method)
    response = (async_to_sync(send) if url.startswith("/async/") else send)(url, headers=headers)
    return int(response.status_code)


def cookie(**more: str) -> dict[str, str]:
    return {"Cookie": f"__session={mint()}; __client_uat=1", "Accept": "application/json", **more}


class TestCsrf:
    """Ninja exempts its views from Django's check, and here nothing but the policy has asked who it is."""

    @both
    @pytest.mark.parametrize("name", ["nothing", "clerk", "django", "either"])
    def test_cookie_needs_a_token(self, prefix: str, name: str) -> None:
        url = f"{prefix}/{name}/"
        for origin in ({}, {"Origin": "https://evil.example"}, {"Origin": "http://testserver"}):
            assert call(url, cookie(**origin), "post") == 403
        genuine = cookie(**{"X-CSRFToken": CSRF_TOKEN})
        genuine["Cookie"] += f"; csrftoken={CSRF_TOKEN}"
        assert call(url, genuine, "post") == 200
        assert call(url, bearer(), "post") == 200
        assert call(url, cookie()) == 200

    def test_so_does_one_at_any_other_view_that_is_exempt(self) -> None:
        assert call("/exempt/", cookie(), "post") == 403
        assert call("/exempt/", bearer(), "post") == 200
        assert call("/exempt/", cookie()) == 200

    def test_guard_within_an_operation(self, closed: Any) -> None:
        for policy in (["*"], []):
            closed.CLERK_PROTECTED_ROUTES = policy
            assert call("/decorated/", cookie(), "post") == 403
            assert call("/decorated/", bearer(), "post") == 200
            assert call("/decorated/", {}, "post") in (302, 401)

    def test_exemption_of_one_s_own_view_is_one_s_own_decision(self) -> None:
        """Where no blanket rule of the settings has let the caller in."""
        assert call("/open/decorated/", cookie(), "post") == 200


class TestMachines:
    @both
    @pytest.mark.parametrize("name", ["keys", "keys-or-nothing", "keys-or-django", "keys-or-key"])
    def test_pass_to_where_every_class_knows_them(self, clerk: Loopback, prefix: str, name: str) -> None:
        assert call(f"{prefix}/{name}/", API_KEY) == (200 if name == "keys" else 401)

    def test_pass_in_a_router(self, clerk: Loopback) -> None:
        assert call("/routed/keys/", API_KEY) == 200
        assert call("/routed/keys/", bearer()) == 401

    @both
    def test_each_operation_decides_for_itself(self, clerk: Loopback, prefix: str) -> None:
        assert call(f"{prefix}/either/", API_KEY, "post") == 200
        assert call(f"{prefix}/either/", API_KEY) == 401
        assert call(f"{prefix}/either/", bearer()) == 200

    @both
    @pytest.mark.parametrize("name", ["nothing", "clerk", "django"])
    def test_do_not_pass_elsewhere(self, clerk: Loopback, prefix: str, name: str) -> None:
        """A key passes for its user at no operation that does not ask for keys, whatever asks for it next door."""
        for method in ("get", "post"):
            assert call(f"{prefix}/{name}/", API_KEY, method) == 401
        assert clerk.received == []

    @both
    @pytest.mark.parametrize("name", ["keys-or-nothing", "keys-or-django", "keys-or-key"])
    def test_do_not_come_in_next_door(self, clerk: Loopback, prefix: str, name: str) -> None:
        assert call(f"{prefix}/{name}/", API_KEY, "post") == 401

    @both
    def test_have_no_role(self, clerk: Loopback, closed: Any, prefix: str) -> None:
        closed.CLERK_ROLE_ROUTES = {"*": "admin"}
        assert call(f"{prefix}/keys/", API_KEY) == 403

    @both
    def test_a_browser_is_not_sent_to_clerk_for_them(self, prefix: str) -> None:
        """Nothing that it could bring back would help."""
        headers = {**as_page(CALLERS["owner"]), "Cookie": "__client_uat=99999999999"}
        assert call(f"{prefix}/keys/", headers) == 401
        assert call(f"{prefix}/clerk/", headers) == 307


class TestPending:
    @both
    def test_passes_where_every_class_allows_it(self, prefix: str) -> None:
        for method in ("get", "post"):
            assert call(f"{prefix}/pending/", bearer(sts="pending"), method) == 200

    @both
    @pytest.mark.parametrize("name", ["nothing", "clerk", "pending-to-read", "pending-or-nothing"])
    def test_does_not_come_in_next_door(self, prefix: str, name: str) -> None:
        for method in ("get", "post"):
            assert call(f"{prefix}/{name}/", bearer(sts="pending"), method) == 401


def test_a_browser_is_told_in_json_too() -> None:
    response = Client().get("/clerk/", headers=as_page(CALLERS["nobody"]))
    assert (response.status_code, response["WWW-Authenticate"]) == (401, "Bearer")
    assert response.json() == {"detail": "Sign in, and send a valid session token."}
