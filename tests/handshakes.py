"""Pages that a handshake may come in between, how to ask for them, and what Clerk sends a browser back with."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, urlsplit

from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.test import AsyncClient, AsyncRequestFactory, Client, RequestFactory
from django.urls import path
from rest_framework.permissions import AllowAny
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from django_clerk.core.instance import Instance
from django_clerk.decorators import clerk_accepts, clerk_login_required, clerk_pending_allowed
from django_clerk.drf import ClerkAuthentication, IsClerkAuthenticated
from tests.forge import forge
from tests.mint import mint

PRODUCTION = Instance.from_publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k")
DEVELOPMENT = Instance.from_publishable_key("pk_test_Zm9vLWJhci0xMy5jbGVyay5hY2NvdW50cy5kZXYk")
IN_DEVELOPMENT = {
    "CLERK_PUBLISHABLE_KEY": DEVELOPMENT.publishable_key,
    "CLERK_AUTHORIZED_PARTIES": ["http://localhost:8000"],
}
BROWSER = {"Sec-Fetch-Dest": "document", "Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
EXAMPLE, LOCALHOST = "https://example.com", "http://localhost:8000"
STALE = "__client_uat=5"  #: of a browser that has a session, and whose token is gone
LOOP_COOKIE = "__clerk_redirect_count=1; SameSite=Lax; HttpOnly; Max-Age=2"


def configure(settings: Any, instance: Instance) -> None:
    """Make the settings of a test those of a project with this instance, and with the pages below."""
    settings.ROOT_URLCONF = SYNC
    settings.CLERK_PROVISION_USERS = "never"
    for name, value in IN_DEVELOPMENT.items() if instance is DEVELOPMENT else ():
        setattr(settings, name, value)


def home(instance: Instance) -> str:
    return EXAMPLE if instance.is_production else LOCALHOST


def describe(request: Any) -> JsonResponse:
    return JsonResponse({"clerk": request.clerk.user_id, "user": request.user.pk})


def page(request: HttpRequest) -> HttpResponse:
    return describe(request)


async def apage(request: Any) -> HttpResponse:
    await request.auser()
    return describe(request)


def untouched(request: HttpRequest) -> HttpResponse:
    return HttpResponse("hello")


async def auntouched(request: HttpRequest) -> HttpResponse:
    return HttpResponse("hello")


class API(APIView):
    authentication_classes = [ClerkAuthentication]
    permission_classes: list[Any] = [IsClerkAuthenticated]
    renderer_classes = [JSONRenderer]

    def get(self, request: Request) -> Response:
        return Response({"clerk": getattr(request.auth, "user_id", None), "user": request.user.pk})


class MachineAuthentication(ClerkAuthentication):
    accepts = ("api_key",)


class Urls:
    """A URLconf whose views are all sync, or all async but for Django REST framework's."""

    def __init__(self, look: Callable[..., Any], ignore: Callable[..., Any]) -> None:
        self.urlpatterns = patterns(look, ignore)


def patterns(look: Callable[..., Any], ignore: Callable[..., Any]) -> list[Any]:
    return [
        path("page/", look),
        path("untouched/", ignore),
        path("members/", clerk_login_required(look)),
        path("pending/", clerk_pending_allowed(look)),
        path("key/", clerk_accepts("api_key")(look)),
        path("machines/", clerk_accepts("api_key", "m2m_token", "oauth_token")(look)),
        path("session-or-key/", clerk_accepts("session_token", "api_key")(look)),
        path("api/", API.as_view()),
        path("machine-api/", API.as_view(authentication_classes=[MachineAuthentication])),
        path("open-api/", API.as_view(permission_classes=[AllowAny])),
    ]


SYNC, ASYNC = Urls(page, untouched), Urls(apage, auntouched)


_Communicator: Any = ApplicationCommunicator


class _AsyncClient(AsyncClient):
    """Leaves the host to the caller, where Django's own is always at "testserver"."""

    def _base_scope(self, **request: Any) -> Any:
        scope = super()._base_scope(**request)  # type: ignore[misc]
        scope["headers"].remove((b"host", b"testserver"))
        return scope


def ask(kind: str, url: str, *cookies: str, method: str = "GET", origin: str = EXAMPLE, **headers: str) -> Any:
    """Send a request as a browser does, through Django's WSGI or ASGI handler, and return the response."""
    scheme, _, host = origin.partition("://")
    given = {**BROWSER, "Host": host, **{name.replace("_", "-"): value for name, value in headers.items()}}
    if cookies:
        given["Cookie"] = "; ".join((*cookies, "last=1"))  # Django 5.2's client puts a comma behind it
    if kind == "sync":
        return Client().generic(method, url, headers=given, secure=scheme == "https")

    async def run() -> Any:
        return await _AsyncClient().generic(method, url, headers=given, secure=scheme == "https")

    return async_to_sync(run)()


def on_the_wire(kind: str, url: str, *cookies: str, **headers: str) -> tuple[int, list[tuple[str, str]], bytes]:
    """Do what ask() does, and return what a server gets to send: status, header lines in their order, and body."""
    given = {**BROWSER, "Host": "example.com", "Cookie": "; ".join((*cookies, "last=1")), **headers}
    if kind == "sync":
        request = RequestFactory().get(url, headers=given, secure=True)
        environ = {**request.environ, "wsgi.input": BytesIO(), "RAW_URI": url}
        sent: list[Any] = []
        handler: Any = WSGIHandler()
        body = b"".join(handler(environ, lambda status, lines: sent.append((status, lines))))
        (status, lines) = sent[0]
        return int(status[:3]), [(name.lower(), value) for name, value in lines], body

    async def run() -> tuple[int, list[tuple[str, str]], bytes]:
        arequest: Any = AsyncRequestFactory().get(url, headers=given, secure=True)
        scope = {**arequest.scope, "raw_path": url.partition("?")[0].encode()}
        scope["headers"].remove((b"host", b"testserver"))
        server: Any = _Communicator(ASGIHandler(), scope)
        await server.send_input({"type": "http.request"})
        start, content = await server.receive_output(), await server.receive_output()
        await server.wait()
        lines = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in start["headers"]]
        return start["status"], lines, content["body"]

    return async_to_sync(run)()


def cookie_lines(response: Any) -> list[str]:
    """Return the Set-Cookie lines of a response."""
    return [morsel.OutputString() for morsel in response.cookies.values()]


def frontend_api(response: Any) -> dict[str, str]:
    """Return the parameters with which a browser is sent to Clerk's Frontend API."""
    parts = urlsplit(response["Location"])
    assert parts.path == "/v1/client/handshake"
    return {name: value[0] for name, value in parse_qs(parts.query, keep_blank_values=True).items()}


def handshake_token(*directives: Any, header: dict[str, Any] | None = None, **more: Any) -> str:
    """Return what Clerk signs at the end of a handshake."""
    return forge(header={"cat": None, **(header or {})}, payload={"handshake": list(directives)}, **more)


def directives(user: str = "user_ada", instance: Instance = PRODUCTION, **changes: Any) -> list[str]:
    """Return the Set-Cookie lines of a browser that is signed in."""
    azp = "https://example.com" if instance.is_production else "http://localhost:8000"
    token = mint(**{"sub": user, "iss": instance.issuer, "azp": azp, **changes})
    return [
        f"__session={token}; Path=/; Domain=example.com; Max-Age=315360000; Secure; SameSite=Lax",
        f"{instance.suffixed('__session')}={token}; Path=/; Secure; SameSite=Lax",
        "__client_uat=1; Path=/; Domain=example.com; Secure; SameSite=Lax",
        f"{instance.suffixed('__client_uat')}=1; Path=/",
        f"{instance.suffixed('__refresh')}=rt_1; Path=/; HttpOnly",
        "__clerk_db_jwt=dvb_1; Path=/",
        f"{instance.suffixed('__clerk_db_jwt')}=dvb_1; Path=/",
        "__clerk_handshake=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
    ]
