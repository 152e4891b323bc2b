"""The Frontend API as a Django view: who the browser is, whether its page may call, and the cookie it goes with."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, QueryDict
from django.views.decorators.csrf import csrf_exempt

from django_clerk.emulator.browsers import client_of, has_unknown_dev_browser, remember
from django_clerk.emulator.exchange import Answer, Problem
from django_clerk.emulator.faults import NoAnswer
from django_clerk.emulator.guards import LOOPBACK_HOSTS, local_only
from django_clerk.emulator.instance import get_emulator
from django_clerk.emulator.pages.forms import own_origin
from django_clerk.emulator.store import Client

from .visits import Visit

_TUNNELLED = ("PATCH", "PUT", "DELETE")
_METHODS = "GET, POST, PUT, PATCH, DELETE, OPTIONS"


@csrf_exempt  # Clerk's JavaScript knows no such token; the origin of the call is looked at instead
@local_only
def frontend_api(request: HttpRequest, api_path: str) -> HttpResponse:
    """Answer a call of a page of this site, or of a page on another port of this machine."""
    own = own_origin(request)
    origin = request.META.get("HTTP_ORIGIN")
    if not _may_call(request, origin, own=own):
        return _response(
            Problem.of(
                403,
                "origin_invalid",
                "Invalid HTTP Origin header",
                "The local Clerk is called from pages of this machine only.",
            ).answer()
        )
    if request.method == "OPTIONS":
        return _shared(HttpResponse(status=204), origin, own=own)
    emulator = get_emulator()
    emulator.resume_retries()
    client = client_of(request, emulator)
    if client is None and has_unknown_dev_browser(request):
        # Its state was lost: Clerk's JavaScript asks for a new one and starts afresh.
        answer = Problem.of(
            401, "dev_browser_unauthenticated", "Browser unauthenticated", "Unable to authenticate this browser."
        ).answer()
        return _shared(_response(answer), origin, own=own)
    form = request.POST if request.method == "POST" else QueryDict(request.body)
    visit = Visit(
        method=_method(request),
        path=f"/v1/{api_path}",
        query=_values(request.GET),
        form=_values(form),
        lists=dict(form.lists()),
        origin=origin or own,
        client=client,
    )
    try:
        answer, client = emulator.browser_api.answer(visit)
    except NoAnswer:  # a view cannot hang up, and this is the nearest to it
        answer = Problem.of(503, "no_answer", "no answer", "A fault on demand: in process, this is no answer.").answer()
    return _shared(_response(answer, request, client), origin, own=own)


def _may_call(request: HttpRequest, origin: str | None, *, own: str) -> bool:
    """
    Tell whether a page may call: one of this origin, or of another port of this machine.

    Browsers name the origin of every call that could change something. Without one it is a program's call, or a
    browser's that only reads, whose answer other pages are not shown.
    """
    if origin is None:
        return request.META.get("HTTP_SEC_FETCH_SITE", "none") in ("none", "same-origin") or request.method == "GET"
    return origin == own or _is_local(origin)


def _is_local(origin: str) -> bool:
    try:
        parts = urlsplit(origin)
        hostname, _ = parts.hostname, parts.port
    except ValueError:
        return False
    is_bare = origin == f"{parts.scheme}://{parts.netloc}" and "@" not in parts.netloc
    return is_bare and parts.scheme in ("http", "https") and hostname in LOOPBACK_HOSTS


def _method(request: HttpRequest) -> str:
    """Return the method that is meant: Clerk's JavaScript sends all but GET as POST, so that no preflight is needed."""
    meant = request.GET.get("_method", "").upper()
    return meant if request.method == "POST" and meant in _TUNNELLED else request.method or "GET"


def _values(given: QueryDict) -> dict[str, str]:
    return {name: values[-1] for name, values in given.lists() if values}


def _response(answer: Answer, request: HttpRequest | None = None, client: Client | None = None) -> HttpResponse:
    response = HttpResponse(answer.body, status=answer.status, headers=dict(answer.headers))
    if request is not None and client is not None:
        remember(response, request, client)
    return response


def _shared(response: HttpResponse, origin: str | None, *, own: str) -> HttpResponse:
    """Let a page on another port read the answer; only that very page."""
    response["Vary"] = "Origin"
    if origin is not None and origin != own:
        response["Access-Control-Allow-Origin"] = origin
        response["Access-Control-Allow-Credentials"] = "true"
        response["Access-Control-Allow-Methods"] = _METHODS
        response["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
        response["Access-Control-Expose-Headers"] = "Clerk-Db-Jwt"
    return response
