"""clerk_accepts and its mixin: which credentials a view lets in, and as whom. Pending sessions are in test_pending."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, JsonResponse
from django.test import AsyncClient, Client
from django.urls import path
from django.utils.decorators import method_decorator
from django.views import View

from django_clerk import decorators
from django_clerk.core.machines import classify
from django_clerk.mixins import ClerkAcceptsMixin, ClerkLoginRequiredMixin
from tests.asynchronous import in_this_thread
from tests.callers import CALLERS, as_page, sign_up
from tests.loopback import Loopback, refuse, status
from tests.machines import OPAQUE, PATHS, clerk_on_loopback, document, m2m_jwt, oauth_jwt, serve_machines
from tests.mint import bearer, mint

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

accepts, role_required = decorators.clerk_accepts, decorators.clerk_role_required
METADATA = 'Bearer resource_metadata="https://clerk.example.com/.well-known/oauth-protected-resource"'


def whoami(request: Any, **kwargs: Any) -> JsonResponse:
    auth = request.clerk
    return JsonResponse(
        {
            "type": auth.token_type,
            "subject": auth.subject,
            "clerk_id": auth.user_id,
            "user": request.user.pk,
            "scopes": list(auth.scopes),
            "machine": auth.machine.id if auth.machine else None,
        }
    )


async def awhoami(request: Any, **kwargs: Any) -> JsonResponse:
    await request.auser()
    return whoami(request)


class Page(View):
    def get(self, request: HttpRequest, **kwargs: Any) -> JsonResponse:
        return whoami(request)

    post = get


class AsyncPage(View):
    async def get(self, request: HttpRequest, **kwargs: Any) -> JsonResponse:
        return await awhoami(request)

    post = get


def mixed(page: type[View], *mixins: type, **attributes: Any) -> Any:
    return type("Guarded", (*mixins, page), attributes).as_view()


TYPES = {
    "key": ("api_key",), "m2m": ("m2m_token",), "oauth": ("oauth_token",), "session": ("session_token",),
    "both": ("session_token", "api_key"), "all": ("session_token", "api_key", "m2m_token", "oauth_token"),
}  # fmt: skip
DOORS = ("view", "async", "class", "aclass", "method")
urlpatterns = [path("plain/", whoami)]
for name, types in TYPES.items():
    urlpatterns += [
        path(f"{name}/view/", accepts(*types)(whoami)),
        path(f"{name}/async/", accepts(*types)(awhoami)),
        path(f"{name}/class/", mixed(Page, ClerkAcceptsMixin, accepts=types)),
        path(f"{name}/aclass/", mixed(AsyncPage, ClerkAcceptsMixin, accepts=types)),
        path(f"{name}/method/", method_decorator(accepts(*types), name="dispatch")(type("M", (Page,), {})).as_view()),
    ]
scopes = ("read:posts", "write:posts")
urlpatterns += [
    path("scoped/view/", accepts("session_token", "api_key", "oauth_token", scopes=scopes)(whoami)),
    path("scoped/async/", accepts("session_token", "api_key", "oauth_token", scopes=scopes)(awhoami)),
    path("scoped/class/", mixed(Page, ClerkAcceptsMixin, accepts=TYPES["all"], scopes=scopes)),
]


@pytest.fixture(autouse=True)
def clerk(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    with clerk_on_loopback(settings, monkeypatch) as server:
        yield server


@pytest.fixture
def ada() -> Any:
    return sign_up(CALLERS["owner"])


def get(client: Client, url: str, token: str) -> Any:
    return client.get(url, headers=bearer(token=token))


JWTS = {"m2m_token": m2m_jwt, "oauth_token": oauth_jwt, "session_token": mint}


def credentials() -> list[tuple[str, str]]:
    return [*OPAQUE.items(), *((token_type, make()) for token_type, make in JWTS.items())]


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", list(TYPES))
def test_only_what_a_view_accepts_is_let_in(client: Client, ada: Any, door: str, name: str) -> None:
    for token_type, token in credentials():
        response = get(client, f"/{name}/{door}/", token)
        if token_type not in TYPES[name]:
            assert response.status_code == 401, token_type
            assert response["WWW-Authenticate"] == (METADATA if "oauth_token" in TYPES[name] else "Bearer")
            assert response["Content-Type"] == "application/json"
            continue
        assert response.status_code == 200, token_type
        is_m2m = token_type == "m2m_token"
        assert response.json() == {
            **response.json(),
            "type": token_type,
            "subject": "mch_1" if is_m2m else "user_ada",
            "clerk_id": None if is_m2m else "user_ada",
            "user": None if is_m2m else ada.pk,
        }
        assert response["Cache-Control"] == "private"
        assert "Authorization" in response["Vary"]


def test_a_view_that_says_nothing_accepts_sessions(client: Client, ada: Any, clerk: Loopback) -> None:
    for token_type, token in credentials():
        assert get(client, "/plain/", token).json()["user"] == (ada.pk if token_type == "session_token" else None)
    assert clerk.received == []


@pytest.mark.parametrize("door", ["view", "async"])
def test_a_credential_of_another_type_costs_no_call(client: Client, ada: Any, clerk: Loopback, door: str) -> None:
    for name, token in (("key", "oat_secret"), ("oauth", "ak_secret"), ("both", "mt_secret"), ("session", "ak_secret")):
        assert get(client, f"/{name}/{door}/", token).status_code == 401
    assert get(client, f"/key/{door}/", mint()).status_code == 401
    assert clerk.received == []


@pytest.mark.parametrize("door", DOORS)
def test_a_cookie_is_no_credential_of_a_machine(client: Client, ada: Any, clerk: Loopback, door: str) -> None:
    for cookie in (*OPAQUE.values(), m2m_jwt(), oauth_jwt(), mint()):
        headers = {"Cookie": f"__session={cookie}; __client_uat=1", "Accept": "application/json"}
        assert client.get(f"/key/{door}/", headers=headers).status_code == 401
        response = client.get(f"/all/{door}/", headers=headers)
        assert response.status_code == (200 if classify(cookie) == "session_token" else 401)
    assert clerk.received == []


@pytest.mark.parametrize("name", ["banned", "inactive", "tombstoned"])
@pytest.mark.parametrize("door", DOORS)
def test_whoever_is_shut_out_sends_no_machine(client: Client, name: str, door: str) -> None:
    sign_up(CALLERS[name])
    for token in (OPAQUE["api_key"], OPAQUE["oauth_token"], oauth_jwt(), mint()):
        assert get(client, f"/all/{door}/", token).status_code == 401
    assert get(client, f"/all/{door}/", OPAQUE["m2m_token"]).status_code == 200


def test_a_key_of_an_organization_or_a_machine_acts_for_nobody(client: Client, ada: Any, clerk: Loopback) -> None:
    for subject in ("org_acme", "mch_9"):
        serve_machines(clerk, **{f"ak_{subject}": document("api_key", subject=subject)})
        body = get(client, "/key/view/", f"ak_{subject}").json()
        assert (body["subject"], body["clerk_id"], body["user"], body["machine"]) == (subject, None, None, "ak_id_1")


@pytest.mark.parametrize("door", ["view", "async", "class"])
class TestScopes:
    def test_all_are_asked_of_a_machine(self, client: Client, ada: Any, clerk: Loopback, door: str) -> None:
        both = document("api_key", scopes=["write:posts", "x", "read:posts"])
        serve_machines(clerk, ak_both=both, ak_one=document("api_key"), oat_none=document("oauth_token", scopes=[]))
        assert get(client, f"/scoped/{door}/", "ak_both").status_code == 200
        for token in ("ak_one", "oat_none", oauth_jwt(scope="read:posts"), oauth_jwt(scope="read:posts,write:posts")):
            response = get(client, f"/scoped/{door}/", token)
            assert response.status_code == 403
            told = 'Bearer error="insufficient_scope", scope="read:posts write:posts"'
            assert response["WWW-Authenticate"] == told
        assert get(client, f"/scoped/{door}/", oauth_jwt(scope="read:posts write:posts")).status_code == 200

    def test_none_is_asked_of_a_session(self, client: Client, ada: Any, door: str) -> None:
        assert get(client, f"/scoped/{door}/", mint()).status_code == 200


@pytest.mark.parametrize("door", DOORS)
class TestWhenNobodyCanTell:
    @pytest.mark.parametrize("fault", [status(500), status(401), status(429), refuse])
    def test_is_503(self, client: Client, ada: Any, clerk: Loopback, door: str, fault: Any) -> None:
        for url in PATHS.values():
            clerk.on(url, fault)
        for token in OPAQUE.values():
            response = get(client, f"/all/{door}/", token)
            assert (response.status_code, response["Retry-After"]) == (503, "10")

    def test_without_a_secret_key(self, client: Client, ada: Any, settings: Any, door: str) -> None:
        settings.CLERK_SECRET_KEY = None
        assert get(client, f"/all/{door}/", "ak_secret").status_code == 503
        assert get(client, f"/all/{door}/", m2m_jwt()).status_code == 200


@pytest.mark.parametrize("door", DOORS)
def test_a_browser_is_sent_to_sign_in_where_sessions_are_accepted(client: Client, door: str) -> None:
    page = as_page(CALLERS["nobody"])
    response = client.get(f"/both/{door}/", headers=page)
    assert response.status_code == 302
    assert response["Location"].startswith("https://accounts.example.com/sign-in")
    assert client.get(f"/key/{door}/", headers=page).status_code == 401


@pytest.mark.parametrize("door", DOORS)
def test_beside_djangos_login_required_middleware(client: Client, ada: Any, settings: Any, door: str) -> None:
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "django.contrib.auth.middleware.LoginRequiredMiddleware"]
    for _, token in credentials():
        assert get(client, f"/all/{door}/", token).status_code == 200
    assert client.get(f"/all/{door}/", headers={"Accept": "application/json"}).status_code == 401
    assert get(client, f"/all/{door}/", "ak_unknown").status_code == 401


@pytest.mark.parametrize("door", DOORS)
def test_csrf_is_not_asked_of_a_header(ada: Any, door: str) -> None:
    client = Client(enforce_csrf_checks=True)
    for token in (*OPAQUE.values(), m2m_jwt(), oauth_jwt(), mint()):
        response = client.post(f"/all/{door}/", headers=bearer(token=token))
        assert response.status_code == 200
    cookie = {"Cookie": f"__session={mint()}; __client_uat=1"}
    assert client.post(f"/all/{door}/", headers=cookie).status_code == 403


def test_async_all_the_way(ada: Any) -> None:
    @in_this_thread
    async def check() -> None:
        client = AsyncClient()
        for door in DOORS:
            for token_type, token in credentials():
                response = await client.get(f"/all/{door}/", headers=bearer(token=token))
                assert (response.status_code, response.json()["type"]) == (200, token_type)

    check()


@pytest.mark.parametrize(
    ("types", "kwargs"),
    [
        ((), {}),
        (("api_keys",), {}),
        (("any",), {}),
        (("api_key", ""), {}),
        (("session_token",), {"scopes": ("x",)}),
        (("api_key",), {"scopes": "read"}),
        (("api_key",), {"scopes": ("",)}),
        (("api_key",), {"scopes": ("a b",)}),
        (("api_key",), {"scopes": ('"',)}),
        (("api_key",), {"scopes": ("a\r\nSet-Cookie: x=1",)}),
        (("api_key",), {"scopes": (5,)}),
    ],
)
def test_what_cannot_be_meant_fails_at_import(types: tuple[str, ...], kwargs: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError)):
        accepts(*types, **kwargs)
    with pytest.raises(ImproperlyConfigured):
        mixed(Page, ClerkAcceptsMixin, accepts=types, **kwargs)


def test_misplaced_guards_fail_at_import() -> None:
    for bases in ((Page, ClerkAcceptsMixin), (ClerkLoginRequiredMixin, ClerkAcceptsMixin, Page)):
        with pytest.raises(TypeError):
            type("Misplaced", bases, {})
    for decorate in (accepts("api_key"), decorators.clerk_pending_allowed):
        with pytest.raises(TypeError, match="class"):
            decorate(Page)
        with pytest.raises(TypeError, match="method_decorator"):
            decorate(lambda self, request: None)(object(), object())
