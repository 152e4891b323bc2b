"""Machines at an API: ClerkAuthentication.accepts, and the permission classes about them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import path
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from django_clerk.decorators import clerk_accepts
from django_clerk.drf import (
    ClerkAuthentication,
    ClerkOwnedMixin,
    HasClerkPermission,
    HasClerkRole,
    HasClerkScope,
    IsClerkAuthenticated,
    IsClerkMachine,
    IsClerkOwner,
    RequiresClerkReverification,
)
from tests.callers import CALLERS, sign_up
from tests.loopback import Loopback, refuse, status
from tests.machines import OPAQUE, PATHS, clerk_on_loopback, document, m2m_jwt, oauth_jwt, serve_machines
from tests.mint import bearer, mint

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


class Everything(ClerkAuthentication):
    accepts = ("session_token", "api_key", "m2m_token", "oauth_token")


class Keys(ClerkAuthentication):
    accepts = ("api_key",)


class OAuth(ClerkAuthentication):
    accepts = ("oauth_token",)


class Pending(ClerkAuthentication):
    allow_pending = True


class Whoami(APIView):
    def get(self, request: Request) -> Response:
        auth, below = request.auth, request._request
        return Response(
            {
                "user": request.user.pk,
                "type": getattr(auth, "token_type", None),
                "subject": getattr(auth, "subject", None),
                "below": [below.user.pk, getattr(below, "clerk", auth).subject if auth else None],
            }
        )

    post = get


class Owned(ClerkOwnedMixin, Whoami):
    owner_field = "author"


def whoami(permission: Any, *authentication: Any) -> Any:
    return Whoami.as_view(permission_classes=[permission], authentication_classes=authentication)


PERMISSIONS: dict[str, tuple[Any, tuple[int, ...]]] = {
    # who presents a key, a machine's token, an OAuth token, a session, and nothing
    "any": (AllowAny, (200, 200, 200, 200, 200)),
    "django": (IsAuthenticated, (200, 403, 200, 200, 401)),
    "clerk": (IsClerkAuthenticated, (200, 403, 200, 200, 401)),
    "machine": (IsClerkMachine, (200, 200, 200, 403, 401)),
    "not-machine": (~IsClerkMachine, (403, 403, 403, 200, 401)),
    "scope": (HasClerkScope("read:posts"), (200, 403, 200, 403, 401)),
    "scopes": (HasClerkScope("read:posts", "write:posts"), (403, 403, 403, 403, 401)),
    "not-scope": (~HasClerkScope("write:posts"), (403, 403, 403, 200, 401)),
    "scope-or-session": (HasClerkScope("mch_2") | ~IsClerkMachine, (403, 200, 403, 200, 401)),
    "scope-and-role": (HasClerkScope("read:posts") & HasClerkRole("admin"), (403, 403, 403, 403, 401)),
    "role": (HasClerkRole("admin"), (403, 403, 403, 200, 401)),
    "not-role": (~HasClerkRole("guest"), (403, 403, 403, 200, 401)),
    "org-role": (HasClerkRole("org:admin") | HasClerkPermission("org:x:y"), (403, 403, 403, 403, 401)),
    "fresh": (RequiresClerkReverification(), (403, 403, 403, 200, 401)),
    "owner": (IsClerkOwner(field="author"), (200, 403, 200, 200, 401)),
}
urlpatterns = [
    *(path(f"{name}/", whoami(permission, Everything)) for name, (permission, _) in PERMISSIONS.items()),
    path("keys/", whoami(AllowAny, Keys)),
    path("oauth/", whoami(IsClerkAuthenticated, OAuth)),
    path("sessions/", whoami(AllowAny, ClerkAuthentication)),
    path("pending/", whoami(IsClerkAuthenticated, Pending)),
    path("beside-session/", whoami(IsClerkAuthenticated, SessionAuthentication, Everything)),
    path("keys-then-sessions/", whoami(IsClerkAuthenticated, Keys, ClerkAuthentication)),
    path("decorated/", clerk_accepts("api_key")(whoami(AllowAny, ClerkAuthentication))),
]


@pytest.fixture(autouse=True)
def clerk(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    with clerk_on_loopback(settings, monkeypatch) as server:
        yield server


@pytest.fixture
def ada() -> Any:
    return sign_up(CALLERS["owner"])


def get(client: Client, url: str, token: str | None) -> Any:
    headers = bearer(token=token) if token is not None else {}
    return client.get(url, headers={"Accept": "application/json", **headers})


def cookie(token: str) -> dict[str, str]:
    return {"Cookie": f"__session={token}; __client_uat=1", "Accept": "application/json"}


@pytest.mark.parametrize("middleware", [True, False])
@pytest.mark.parametrize("name", list(PERMISSIONS))
def test_who_passes(client: Client, ada: Any, settings: Any, name: str, middleware: bool) -> None:
    if not middleware:
        settings.MIDDLEWARE = []
    session = mint(metadata={"role": "admin"})
    tokens = ("ak_secret", "mt_secret", "oat_secret", session, None)
    assert tuple(get(client, f"/{name}/", token).status_code for token in tokens) == PERMISSIONS[name][1]
    jwts = (m2m_jwt(metadata={"role": "admin"}), oauth_jwt(metadata={"role": "admin"}))
    assert tuple(get(client, f"/{name}/", token).status_code for token in jwts) == PERMISSIONS[name][1][1:3]


def test_request_user_and_request_auth(client: Client, ada: Any) -> None:
    for token_type, token in (*OPAQUE.items(), ("oauth_token", oauth_jwt()), ("session_token", mint())):
        is_m2m = token_type == "m2m_token"
        user, subject = (None, "mch_1") if is_m2m else (ada.pk, "user_ada")
        body = {"user": user, "type": token_type, "subject": subject, "below": [user, subject]}
        assert get(client, "/any/", token).json() == body


def test_other_types_are_401_and_cost_no_call(client: Client, ada: Any, clerk: Loopback) -> None:
    for url in ("/keys/", "/sessions/", "/oauth/"):
        for token in ("mt_secret", "ak_secret" if url != "/keys/" else "oat_secret", "AK_secret", "x.y.z"):
            assert get(client, url, token).status_code == 401
    assert get(client, "/keys/", mint()).status_code == 401
    assert clerk.received == []


def test_the_challenge_says_where_a_client_may_get_a_token(client: Client) -> None:
    metadata = 'Bearer resource_metadata="https://clerk.example.com/.well-known/oauth-protected-resource"'
    assert get(client, "/oauth/", None)["WWW-Authenticate"] == metadata
    assert get(client, "/oauth/", "oat_unknown")["WWW-Authenticate"] == metadata
    assert get(client, "/keys/", "ak_unknown")["WWW-Authenticate"] == "Bearer"


def test_a_session_in_the_cookie_is_nobody_where_only_keys_are_accepted(client: Client, ada: Any) -> None:
    assert client.get("/keys/", headers=cookie(mint())).json()["user"] is None
    assert client.get("/keys/", headers=cookie("ak_secret")).json()["user"] is None
    assert client.get("/any/", headers=cookie(mint())).json()["user"] == ada.pk


def test_classes_beside_each_other(client: Client, ada: Any) -> None:
    assert get(client, "/keys-then-sessions/", "ak_secret").status_code == 200
    assert client.get("/keys-then-sessions/", headers=cookie(mint())).status_code == 200
    assert get(client, "/beside-session/", "mt_secret").status_code == 403
    assert get(client, "/beside-session/", "ak_secret").status_code == 200


def test_a_class_does_not_take_over_what_a_decorator_accepts(client: Client, ada: Any) -> None:
    assert get(client, "/decorated/", "ak_secret").status_code == 401


def test_csrf_is_asked_of_cookies_only(ada: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    for token in (*OPAQUE.values(), mint()):
        assert client.post("/any/", headers=bearer(token=token)).status_code == 200
    assert client.post("/any/", headers=cookie(mint())).status_code == 403


@pytest.mark.parametrize("name", ["banned", "inactive", "tombstoned"])
def test_whoever_is_shut_out_sends_no_machine(client: Client, name: str) -> None:
    sign_up(CALLERS[name])
    for token in ("ak_secret", "oat_secret", oauth_jwt()):
        for url in ("/any/", "/machine/", "/scope/", "/clerk/"):
            assert get(client, url, token).status_code == 401
    assert get(client, "/machine/", "mt_secret").status_code == 200


@pytest.mark.parametrize("fault", [status(500), status(401), refuse])
def test_503_while_nobody_can_tell(client: Client, ada: Any, clerk: Loopback, fault: Any) -> None:
    for url in PATHS.values():
        clerk.on(url, fault)
    for token in OPAQUE.values():
        assert get(client, "/any/", token).status_code == 503


def test_revoked_and_inactive_ones_are_refused(client: Client, ada: Any, clerk: Loopback) -> None:
    serve_machines(
        clerk,
        ak_1=document("api_key", revoked=True),
        ak_2=document("api_key", expired=True),
        mt_1=document("m2m_token", revoked=True),
        oat_1={"active": False},
    )
    for token in ("ak_1", "ak_2", "mt_1", "oat_1", "ak_none", "mt_none", "oat_none"):
        assert get(client, "/any/", token).status_code == 401


def test_pending_sessions(client: Client, ada: Any) -> None:
    assert get(client, "/pending/", mint(sts="pending")).status_code == 200
    assert get(client, "/clerk/", mint(sts="pending")).status_code == 401
    assert get(client, "/pending/", "ak_secret").status_code == 401


@pytest.mark.parametrize("types", [(), ("api_keys",), "api_key", ("any",)])
def test_a_type_that_there_is_not(types: Any) -> None:
    with pytest.raises(ValueError, match="types of credentials"):
        type("Wrong", (ClerkAuthentication,), {"accepts": types})


@pytest.mark.parametrize("scopes", [(), ("",), (5,), ("a b",)])
def test_a_scope_that_there_is_not(scopes: Any) -> None:
    with pytest.raises(ValueError, match="scope"):
        HasClerkScope(*scopes)
