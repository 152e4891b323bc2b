"""Any request at all, at any project: nobody gets in who should not, nobody is sent astray, and nothing breaks."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

import pytest
from django.core.cache import cache
from django.core.handlers.asgi import ASGIRequest
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from hypothesis import strategies as st

from django_clerk.callers import accept
from django_clerk.core.deliveries import Event
from django_clerk.identify import identify_as
from django_clerk.middleware import ClerkMiddleware
from django_clerk.revocation import follow_ends
from tests.fuzz.asking import asks, pages
from tests.fuzz.examples import fuzz, seen
from tests.fuzz.network import BACKEND
from tests.fuzz.oracle import check_answer, check_caller
from tests.fuzz.projects import ALLOWED_HOSTS, PROJECTS, Project, entered
from tests.fuzz.tokens import Token, forget
from tests.fuzz.wire import Ask, Sent, environ_of, scope_of, written
from tests.parity.door import Probe, accepting, urlconf

TYPES = ["session_token", "api_key", "m2m_token", "oauth_token"]

projects = st.sampled_from(PROJECTS)
accepted_types = st.one_of(st.sampled_from(TYPES), st.lists(st.sampled_from(TYPES), min_size=1, max_size=4).map(tuple))


@pytest.fixture(scope="module", autouse=True)
def _project() -> Iterator[None]:
    """The same door for all projects. Users are known to nobody, and none is made."""
    with override_settings(
        ALLOWED_HOSTS=ALLOWED_HOSTS,
        CLERK_PROVISION_USERS="never",
        CLERK_TOKEN_LIFETIME=10**8,
        DEBUG_PROPAGATE_EXCEPTIONS=True,
        MIDDLEWARE=["tests.parity.door.Probe", "django_clerk.middleware.ClerkMiddleware"],
    ):
        for project in PROJECTS:
            with entered(project):
                data = {"id": "sess_ended"}
                now = datetime.now(timezone.utc)
                follow_ends(event=Event(svix_id="m", type="session.ended", data=data, occurred_at=now, payload={}))
        yield
    cache.clear()


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()


def begin(project: Project) -> None:
    forget()
    BACKEND.project = project
    BACKEND.gave.clear()


def listed(accepted: Any) -> list[str]:
    return [accepted] if isinstance(accepted, str) else list(accepted)


def answered(sent: Sent) -> tuple[int, list[tuple[str, str]]]:
    """Send a request through Django's WSGI handler."""
    got: list[Any] = []
    response = WSGIHandler()(environ_of(sent), lambda status, headers: got.extend((status, headers)))
    assert isinstance(response, HttpResponse)
    return int(got[0].split(" ")[0]), got[1]


def check(request: HttpRequest, sent: Sent, project: Project, accepted: Any) -> None:
    """Judge what is on the request, after the response."""
    auth: Any = getattr(request, "clerk", None)
    check_caller(auth, sent, project, listed(accepted), pending=False)
    seen("signed in" if auth.is_signed_in else "nobody")
    assert request.user.is_anonymous  # no row is anybody's here
    assert auth.source == "header" or not request.__dict__.get("_dont_enforce_csrf_checks")


@pytest.mark.django_db
@fuzz(project=projects, asked=st.lists(asks(), min_size=1, max_size=3), accepted=accepted_types)
def test_requests_at_the_door(project: Project, asked: list[Ask], accepted: Any) -> None:
    with override_settings(ROOT_URLCONF=urlconf(accepting(accepted))), entered(project):
        begin(project)
        for ask in asked:  # the process remembers tokens, refusals and keys from one to the next
            sent = written(ask, project)
            status, headers = answered(sent)
            assert status in (200, 307, 404)  # 404: Django finds no view at "*", nor where a line breaks
            check_answer(status, headers, sent, project)
            if status == 307:
                seen("redirects")
            check(Probe.seen, sent, project, accepted if status == 200 else "session_token")


@pytest.mark.django_db
@fuzz(project=projects, ask=pages())
def test_links_to_anywhere(project: Project, ask: Ask) -> None:
    """Most of these are answered with a redirect."""
    with override_settings(ROOT_URLCONF=urlconf(accepting("session_token"))), entered(project):
        begin(project)
        sent = written(ask, project)
        status, headers = answered(sent)
        check_answer(status, headers, sent, project)
        seen("links redirected" if status == 307 else "links opened")
        check(Probe.seen, sent, project, "session_token")


@pytest.mark.django_db
@fuzz(project=projects, ask=asks())
def test_requests_from_the_event_loop(loop: asyncio.AbstractEventLoop, project: Project, ask: Ask) -> None:
    async def view(request: HttpRequest) -> HttpResponse:
        clerk: Any = getattr(request, "clerk", None)
        if not clerk.is_signed_in:
            assert (await request.auser()).is_anonymous
        return HttpResponse(b"hello")

    with entered(project):
        begin(project)
        sent = written(ask, project)
        request = ASGIRequest(scope_of(sent), io.BytesIO())
        response: Any = loop.run_until_complete(ClerkMiddleware(view)(request))  # type: ignore[arg-type]
        lines = [("Set-Cookie", cookie.OutputString()) for cookie in response.cookies.values()]
        check_answer(response.status_code, [*response.headers.items(), *lines], sent, project)
        check(request, sent, project, "session_token")


@fuzz(
    project=projects,
    ask=asks(),
    questions=st.lists(st.tuples(accepted_types, st.booleans(), st.booleans()), min_size=1, max_size=4),
)
def test_views_that_accept_this_or_that(project: Project, ask: Ask, questions: list[Any]) -> None:
    """Whatever a view accepts, and in whatever order several ask."""
    with entered(project):
        begin(project)
        sent = written(ask, project)
        request = ASGIRequest(scope_of(sent), io.BytesIO())
        ClerkMiddleware(lambda request: HttpResponse())(request)
        for accepted, pending, is_renewed in questions:
            auth = (accept if is_renewed else identify_as)(request, accepted, pending=pending)
            check_caller(auth, sent, project, listed(accepted), pending=pending)
            seen("machines" if auth.machine is not None else "sessions" if auth.is_signed_in else "refused")


@pytest.mark.parametrize("project", [one for one in PROJECTS if one.answers], ids=lambda project: project.name)
@pytest.mark.parametrize("carrier", ["header", "cookie", "suffixed cookie"])
def test_the_fuzzer_can_get_in(project: Project, carrier: str) -> None:
    """Otherwise nothing above would be worth much."""
    suffix = "_<suffix>" if carrier.startswith("suffixed") else ""
    headers: dict[str, Any] = {
        "header": {"AUTHORIZATION": ("Bearer ", Token())},
        "cookie": {"COOKIE": ("__clerk_db_jwt=dvb; __client_uat=1; __session=", Token())},
    }.get(carrier, {"COOKIE": (f"__clerk_db_jwt{suffix}=dvb; __client_uat{suffix}=1; __session{suffix}=", Token())})
    if project.suffix == "nokey" and suffix:
        return
    ask = Ask("GET", True, "/", (), (("HOST", ("example.com",)), *headers.items()), True)
    with entered(project):
        begin(project)
        sent = written(ask, project)
        request = ASGIRequest(scope_of(sent), io.BytesIO())
        ClerkMiddleware(lambda request: HttpResponse())(request)
        auth = identify_as(request, "session_token")
        check_caller(auth, sent, project, ["session_token"], pending=False)
        assert auth.user_id == "user_ada"
