"""ClerkAuth: what it accepts, beside which other classes, and in which words an operation refuses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.http import HttpRequest
from django.test import AsyncClient, Client, override_settings
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI
from ninja.security import APIKeyHeader, django_auth

from django_clerk.answers import reverification_error
from django_clerk.contrib.ninja import ClerkAuth, Refused, arequire, register_answers, require
from django_clerk.core.machine_policies import has_scope, is_machine
from django_clerk.core.policies import Policy, has_role, reverified, signed_in
from django_clerk.ownership import is_owner
from tests.callers import CALLERS, as_page, sign_up
from tests.loopback import Loopback
from tests.machines import clerk_on_loopback, m2m_jwt
from tests.mint import bearer, mint
from tests.testapp.models import Post
from tests.testapp.people import create_user

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

BAD: list[dict[str, Any]] = [
    {"token": "x"},
    {"token": "a.b.c"},
    {"exp": 1},
    {"azp": "https://evil.example"},
    {"sts": "pending"},
    {"token": "ak_secret"},
    CALLERS["forged"].claims,
]


class Key(APIKeyHeader):
    param_name = "X-Key"

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        return key == "letmein" and "by key"


def whoami(request: HttpRequest) -> dict[str, Any]:
    auth: Any = request.auth  # type: ignore[attr-defined]
    return {"clerk_id": getattr(auth, "subject", auth), "user": request.user.pk}


async def awhoami(request: HttpRequest) -> dict[str, Any]:
    user: Any = await request.auser()
    auth: Any = request.auth  # type: ignore[attr-defined]
    return {"clerk_id": getattr(auth, "subject", auth), "user": user.pk}


AUTHS: dict[str, Any] = {
    "clerk": ClerkAuth(),
    "admins": ClerkAuth(has_role("admin")),
    "verified": ClerkAuth(reverified("strict")),
    "pending": ClerkAuth(allow_pending=True),
    "keys": ClerkAuth(accepts=["api_key"], scopes=["read:posts"]),
    "scoped": ClerkAuth(accepts=["api_key"], scopes=["write:posts"]),
    "users": ClerkAuth(signed_in, accepts=["session_token", "api_key", "m2m_token"]),
    "any": ClerkAuth(accepts=["session_token", "api_key", "m2m_token"]),
    "scope-or-role": ClerkAuth(has_scope("read:posts") | has_role("admin"), accepts=["session_token", "api_key"]),
    "verified-any": ClerkAuth(reverified("strict"), accepts=["session_token", "api_key"]),
    "clerk-or-key": [ClerkAuth(), Key()],
    "key-or-clerk": [Key(), ClerkAuth()],
    "clerk-or-session": [ClerkAuth(), django_auth],
    "machines-or-clerk": [ClerkAuth(is_machine, accepts=["api_key"]), ClerkAuth()],
    "key": Key(),
}

api = NinjaAPI(urls_namespace="ninja-tests", docs_url=None)
register_answers(api)
for name, auth in AUTHS.items():
    for prefix, view in (("", whoami), ("async/", awhoami)):
        api.get(f"{prefix}{name}/", auth=auth, operation_id=f"{prefix}{name} get")(view)
        api.post(f"{prefix}{name}/", auth=auth, operation_id=f"{prefix}{name} post")(view)


@api.post("exempt/", auth=ClerkAuth())
@csrf_exempt
def exempt(request: HttpRequest) -> str:
    return "in"


@api.get("open/{pk}/")
def unguarded(request: HttpRequest, pk: int) -> str:
    require(request, is_owner("author"), Post.objects.get(pk=pk))
    return "in"


@api.get("open/async/{pk}/")
async def aunguarded(request: HttpRequest, pk: int) -> str:
    await arequire(request, is_owner("author"), await Post.objects.aget(pk=pk))
    return "in"


plain = NinjaAPI(urls_namespace="ninja-plain", docs_url=None, auth=ClerkAuth(has_role("admin")))
plain.get("clerk/")(whoami)

urlpatterns = [path("", api.urls), path("plain/", plain.urls)]


@pytest.fixture
def ada() -> Any:
    return sign_up(CALLERS["owner"])


@pytest.fixture
def clerk(ada: Any, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    with clerk_on_loopback(settings, monkeypatch) as server:
        yield server


def cookie(*, token: str | None = None, **claims: Any) -> dict[str, str]:
    return {"Cookie": f"__session={token or mint(**claims)}; __client_uat=1"}


def call(url: str, headers: dict[str, str] | None = None, method: str = "get", **options: Any) -> Any:
    is_async = url.startswith("/async/")
    client: Any = AsyncClient(**options) if is_async else Client(**options)
    headers = dict(headers or {})
    client.cookies.load(headers.pop("Cookie", ""))
    send = getattr(client, method)
    return (async_to_sync(send) if is_async else send)(url, headers=headers)


both = pytest.mark.parametrize("prefix", ["", "/async"])


@both
@pytest.mark.parametrize("carry", [bearer, cookie])
def test_lets_in_by_header_and_by_cookie(ada: Any, prefix: str, carry: Any) -> None:
    assert call(f"{prefix}/clerk/", carry()).json() == {"clerk_id": "user_ada", "user": ada.pk}


@both
@pytest.mark.parametrize("carry", [bearer, cookie])
@pytest.mark.parametrize("bad", BAD)
def test_bad_token_is_401_and_says_nothing(ada: Any, prefix: str, carry: Any, bad: dict[str, Any]) -> None:
    response = call(f"{prefix}/clerk/", carry(**bad))
    assert (response.status_code, response["WWW-Authenticate"]) == (401, "Bearer")
    assert response.json() == {"detail": "Sign in, and send a valid session token."}
    assert "private" in response["Cache-Control"]


@both
@pytest.mark.parametrize("bad", BAD)
def test_bad_header_is_not_made_good_by_a_cookie(ada: Any, prefix: str, bad: dict[str, Any]) -> None:
    boss = sign_up(CALLERS["superuser"], "boss")
    password = as_page(CALLERS["superuser"], boss)["Cookie"]
    both_cookies = {"Cookie": f"{cookie()['Cookie']}; {password}", **bearer(**bad)}
    for name in ("clerk", "clerk-or-session", "clerk-or-key", "key-or-clerk"):
        assert call(f"{prefix}/{name}/", both_cookies).status_code == 401, name


@both
def test_without_a_header_there_is_no_credential_in_a_query(ada: Any, prefix: str) -> None:
    assert call(f"{prefix}/clerk/?token={mint()}&__session={mint()}").status_code == 401


@both
@pytest.mark.parametrize("name", ["banned", "inactive", "tombstoned"])
def test_users_who_are_shut_out_are_nobody(prefix: str, name: str) -> None:
    sign_up(CALLERS[name])
    for headers in (bearer(), cookie()):
        assert call(f"{prefix}/clerk/", headers).status_code == 401


@both
def test_known_and_not_allowed_is_403(ada: Any, prefix: str) -> None:
    response = call(f"{prefix}/admins/", bearer())
    assert (response.status_code, response.json()) == (403, {"detail": "You do not have permission to do this."})
    assert "WWW-Authenticate" not in response
    assert call(f"{prefix}/admins/", bearer(metadata={"role": "admin"})).status_code == 200


@both
def test_reverification_names_what_is_asked_for(ada: Any, prefix: str) -> None:
    for name in ("verified", "verified-any"):
        response = call(f"{prefix}/{name}/", bearer(fva=[99, -1]))
        assert (response.status_code, response.json()) == (403, reverification_error("strict"))
        assert call(f"{prefix}/{name}/", bearer()).status_code == 200


@both
def test_pending_sessions(ada: Any, prefix: str) -> None:
    assert call(f"{prefix}/pending/", bearer(sts="pending")).status_code == 200
    assert call(f"{prefix}/clerk/", bearer(sts="pending")).status_code == 401


@both
def test_keys_that_cannot_be_had_are_503(ada: Any, prefix: str) -> None:
    with override_settings(CLERK_JWT_KEY=None):
        response = call(f"{prefix}/clerk/", bearer())
    assert (response.status_code, response["Retry-After"]) == (503, "10")


class TestCSRF:
    @both
    @pytest.mark.parametrize("name", ["clerk", "pending", "any", "clerk-or-key", "key-or-clerk", "clerk-or-session"])
    def test_cookie_needs_a_token_and_a_header_none(self, ada: Any, prefix: str, name: str) -> None:
        url, token = f"{prefix}/{name}/", "a" * 32
        forged = call(url, cookie(), "post", enforce_csrf_checks=True)
        assert (forged.status_code, forged.json()) == (403, {"detail": "CSRF Failed."})
        genuine = {"Cookie": f"{cookie()['Cookie']}; csrftoken={token}", "X-CSRFToken": token}
        assert call(url, genuine, "post", enforce_csrf_checks=True).status_code == 200
        assert call(url, {**cookie(), **bearer()}, "post", enforce_csrf_checks=True).status_code == 200

    @both
    @pytest.mark.parametrize("authorization", ["Basic YTpi", "Token abc", "bearer", "Bearer", "Digest x"])
    def test_header_of_another_scheme_is_no_reason_to_skip(self, ada: Any, prefix: str, authorization: str) -> None:
        headers = {**cookie(), "Authorization": authorization}
        assert call(f"{prefix}/clerk/", headers, "post", enforce_csrf_checks=True).status_code in (401, 403)

    def test_exempting_an_operation_does_not_exempt_the_cookie(self, ada: Any) -> None:
        assert call("/exempt/", cookie(), "post", enforce_csrf_checks=True).status_code == 403


class TestMachines:
    @both
    def test_types_and_scopes(self, clerk: Loopback, prefix: str) -> None:
        key, machine = bearer(token="ak_secret"), bearer(token=m2m_jwt())
        expected = {"keys": (200, 401), "scoped": (403, 401), "users": (200, 403), "any": (200, 200)}
        for name, statuses in expected.items():
            got = tuple(call(f"{prefix}/{name}/", headers).status_code for headers in (key, machine))
            assert got == statuses, name
        refused = call(f"{prefix}/scoped/", key)
        assert refused["WWW-Authenticate"] == 'Bearer error="insufficient_scope", scope="write:posts"'
        assert call(f"{prefix}/keys/", bearer()).json() == {"detail": "Send a valid credential."}
        assert call(f"{prefix}/keys/", {"Cookie": "__session=ak_secret; __client_uat=1"}).status_code == 401

    @both
    def test_policies_hold_for_machines(self, clerk: Loopback, prefix: str) -> None:
        for headers, status in ((bearer(token="ak_secret"), 200), (bearer(), 403)):
            assert call(f"{prefix}/scope-or-role/", headers).status_code == status
        assert call(f"{prefix}/scope-or-role/", bearer(metadata={"role": "admin"})).status_code == 200

    @both
    def test_each_class_of_a_list_decides_for_itself(self, clerk: Loopback, prefix: str) -> None:
        url = f"{prefix}/machines-or-clerk/"
        assert call(url, bearer(token="ak_secret")).status_code == 200
        assert call(url, bearer()).status_code == 200
        for headers in (bearer(token=m2m_jwt()), bearer(token="ak_other"), bearer(sts="pending")):
            assert call(url, headers).status_code == 401


@both
def test_other_classes_of_a_list_are_asked(ada: Any, prefix: str) -> None:
    for name in ("clerk-or-key", "key-or-clerk"):
        assert call(f"{prefix}/{name}/", {"X-Key": "letmein"}).json()["clerk_id"] == "by key"
        assert call(f"{prefix}/{name}/", bearer()).json()["clerk_id"] == "user_ada"
        response = call(f"{prefix}/{name}/", {"X-Key": "wrong"})
        assert (response.status_code, response["WWW-Authenticate"]) == (401, "Bearer")
    alone = call(f"{prefix}/key/", {"X-Key": "wrong"})
    assert (alone.status_code, alone.json()) == (401, {"detail": "Unauthorized"})


@pytest.mark.parametrize("prefix", ["/open", "/open/async"])
def test_owner_within_an_operation_that_nothing_guards_is_nobody(ada: Any, prefix: str) -> None:
    """Nothing has checked a cookie there."""
    mine = Post.objects.create(author=ada)
    for headers in (cookie(), bearer(), {}):
        assert Client().get(f"{prefix}/{mine.pk}/", headers=headers).status_code == 401


def test_owner_as_the_refusal(ada: Any) -> None:
    request = HttpRequest()
    request.auth = "by key"  # type: ignore[attr-defined]
    with pytest.raises(Refused) as caught:
        require(request, is_owner("author"), Post.objects.create(author=create_user("eve")))
    assert caught.value.status_code == caught.value.response.status_code == 401


def test_without_the_answers_the_status_is_right_all_the_same(ada: Any) -> None:
    assert [call("/plain/clerk/", headers).status_code for headers in ({}, bearer())] == [401, 403]
    assert call("/plain/clerk/", bearer()).json() == {"detail": "Forbidden"}


def test_schema_says_how_to_call() -> None:
    schema = call("/openapi.json").json()
    assert schema["components"]["securitySchemes"]["ClerkAuth"] == {"type": "http", "scheme": "bearer"}
    assert schema["paths"]["/clerk/"]["get"]["security"] == [{"ClerkAuth": []}]


@pytest.mark.parametrize("wrong", [signed_in.decide, "admin", True, lambda subject, obj: True])
def test_what_is_no_policy(wrong: Any) -> None:
    with pytest.raises(TypeError, match="takes a policy"):
        ClerkAuth(wrong)
    assert isinstance(signed_in, Policy)


@pytest.mark.parametrize("accepts", [(), ("api_keys",), "api_key"])
def test_a_type_that_there_is_not(accepts: Any) -> None:
    with pytest.raises(ValueError, match="types of credentials"):
        ClerkAuth(accepts=accepts)
