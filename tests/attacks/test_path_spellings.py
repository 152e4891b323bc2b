"""
The same URL, spelt in every other way that servers, proxies and frameworks have been known to take for it.

Each spelling comes as servers pass it on, by WSGI and by ASGI, to a project whose views are protected by name, by
namespace, by path and as a whole. No session comes with it, so whatever reaches a view is a hole; what is no URL may
well be a 404.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest
from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator
from django.conf.urls.i18n import i18n_patterns
from django.core.asgi import get_asgi_application
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.urls import include, path, re_path, set_script_prefix
from django.views import View
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tests.attacks.spellings import spellings
from tests.settings import MIDDLEWARE

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

REACHED = b"the view was reached"


def secret(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    return HttpResponse(REACHED)


async def asecret(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    return HttpResponse(REACHED)


def harmless(request: HttpRequest) -> HttpResponse:
    return HttpResponse("harmless")


class Page(View):
    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return HttpResponse(REACHED)

    post = put = patch = delete = get


class Api(APIView):
    authentication_classes = []
    permission_classes = [AllowAny]

    def get(self, request: Request, **kwargs: Any) -> Response:
        return Response(REACHED.decode())


vault = (
    [
        path("gold/", secret, name="gold"),
        path("bars/<int:pk>/", Page.as_view(), name="bar"),
        re_path(r"^coins/(?P<year>[0-9]{4})/?$", secret, name="coins"),
    ],
    "vault",
)

urlpatterns = [
    path("open/", harmless, name="open"),
    path("secret/", secret, name="secret"),
    path("async/secret/", asecret, name="asecret"),
    path("page/", Page.as_view(), name="page"),
    path("api/", Api.as_view(), name="api"),
    path("vault/", include(vault)),
    path("slug/<slug:slug>/", secret, name="slug"),
    path("text/<str:text>/", secret, name="text"),
    path("file/<path:file>", secret, name="file"),
    re_path(r"^loose/+secret/?", secret, name="loose"),
    re_path(r"(?i)^Shout/", secret, name="shout"),
    *i18n_patterns(path("word/", secret, name="word")),
]

#: What the attacker is after: every URL above but the harmless one.
TARGETS = [
    "/secret/", "/async/secret/", "/page/", "/api/", "/vault/gold/", "/vault/bars/7/", "/vault/coins/2026/",
    "/slug/a-b/", "/text/a/", "/file/a/b/", "/loose/secret/", "/shout/", "/en-us/word/", "/de/word/"
]  # fmt: skip

#: The views by their names, by where they are, and by being there.
POLICIES: dict[str, dict[str, Any]] = {
    "everything": {"CLERK_PROTECTED_ROUTES": ["*"], "CLERK_PUBLIC_ROUTES": ["/open/.*"]},
    "names": {
        "CLERK_PROTECTED_ROUTES": "secret, asecret, page, api, slug, text, file, loose, shout, word",
        "CLERK_ROLE_ROUTES": {"vault:": "banker"},
    },
    "paths": {
        "CLERK_PROTECTED_ROUTES": "/(async/)?secret/, /page/, /api/, /(slug|text|file|loose|shout)/.*, /[a-z-]+/word/",
        "CLERK_ROLE_ROUTES": {"/vault/.*": ["banker", "org:banker"]},
    },
    "roles": {"CLERK_ROLE_ROUTES": {"*": "banker"}, "CLERK_PUBLIC_ROUTES": ["open"]},
}


@pytest.fixture
def project(settings: Any, request: pytest.FixtureRequest) -> Iterator[None]:
    for name, value in POLICIES[request.param].items():
        setattr(settings, name, value)
    settings.LANGUAGES = [("en-us", "English"), ("de", "Deutsch")]
    settings.MIDDLEWARE = [MIDDLEWARE[0], "django.middleware.locale.LocaleMiddleware", *MIDDLEWARE[1:]]
    yield
    set_script_prefix("/")


def wsgi(application: WSGIHandler, spelling: str, script_name: str = "") -> tuple[int, bytes]:
    """Send a target as WSGI servers pass it on: decoded once, as Latin-1, without the query."""
    target = spelling.partition("#")[0] if not spelling.startswith("/#") else spelling
    raw, _, query = target.partition("?")
    environ = RequestFactory().generic("GET", "/").environ
    environ.update(
        SCRIPT_NAME=script_name,
        PATH_INFO=unquote_to_bytes(raw.encode("utf-8", "surrogatepass")).decode("latin-1"),
        QUERY_STRING=query,
        REQUEST_URI=script_name + spelling,
        RAW_URI=script_name + spelling,
        HTTP_ACCEPT="*/*",
    )
    status: list[int] = []
    response = application(environ, lambda line, headers: status.append(int(line.split()[0])))
    try:
        return status[0], b"".join(response)
    finally:
        response.close()


async def asgi(application: Any, spelling: str, root_path: str = "") -> tuple[int, bytes]:
    """Send a target as ASGI servers pass it on: decoded once, as UTF-8, with the prefix that they have been told of."""
    raw, _, query = spelling.partition("?")
    raw_path = raw.encode("utf-8", "surrogatepass")
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": root_path + unquote_to_bytes(raw_path).decode("utf-8", "replace"), "raw_path": raw_path,
        "query_string": query.encode(), "root_path": root_path, "server": ("testserver", 80),
        "headers": [(b"host", b"testserver"), (b"accept", b"*/*")],
    }  # fmt: skip
    communicator = ApplicationCommunicator(application, scope)
    await communicator.send_input({"type": "http.request", "body": b""})
    start = await communicator.receive_output(10)
    body = await communicator.receive_output(10)
    await communicator.wait(10)
    return start["status"], body.get("body", b"")


SPELLINGS = {target: spellings(target) for target in TARGETS}


def test_there_are_enough() -> None:
    distinct = {spelling for found in SPELLINGS.values() for spelling in found}
    assert min(map(len, SPELLINGS.values())) > 300
    print(f"{len(distinct)} spellings of {len(TARGETS)} URLs")
    assert len(distinct) > 3000


@pytest.mark.slow
@pytest.mark.parametrize("project", POLICIES, indirect=True)
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.usefixtures("project")
class TestNoSpellingOpensADoor:
    def test_wsgi(self, target: str, request: pytest.FixtureRequest) -> None:
        application = WSGIHandler()
        assert wsgi(application, "/open/") == (200, b"harmless")
        self.check(target, {spelling: wsgi(application, spelling) for spelling in self.share_of(request, target)})

    def test_asgi(self, target: str, request: pytest.FixtureRequest) -> None:
        @async_to_sync
        async def knock() -> dict[str, tuple[int, bytes]]:
            application = get_asgi_application()
            assert await asgi(application, "/open/") == (200, b"harmless")
            return {spelling: await asgi(application, spelling) for spelling in self.share_of(request, target, 1)}

        self.check(target, knock())

    def share_of(self, request: pytest.FixtureRequest, target: str, offset: int = 0) -> list[str]:
        """Return the target, and the spellings that meet this policy; each meets one by WSGI and another by ASGI."""
        which = list(POLICIES).index(request.node.callspec.params["project"]) + offset
        return [target, *SPELLINGS[target][which % len(POLICIES) :: len(POLICIES)]]

    def test_under_a_prefix(self, target: str) -> None:
        application = WSGIHandler()
        for prefix in ("/prefix", "/open", "/"):
            sent = [target, *SPELLINGS[target][5::61]]
            self.check(target, {spelling: wsgi(application, spelling, prefix) for spelling in sent})

    def check(self, target: str, answered: dict[str, tuple[int, bytes]]) -> None:
        reached = [spelling for spelling, (_, body) in answered.items() if REACHED in body]
        assert reached == []
        assert {status for status, _ in answered.values()} <= {301, 302, 400, 401, 404}
        assert answered[target][0] == 401  # the target is there, and asks who comes
