"""The Backend API as a Django view."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from django_clerk.emulator.exchange import Call, Problem
from django_clerk.emulator.faults import NoAnswer
from django_clerk.emulator.guards import local_only
from django_clerk.emulator.instance import get_emulator


@csrf_exempt
@local_only
def backend_api(request: HttpRequest, api_path: str) -> HttpResponse:
    """Answer a call. The secret key is asked for, so no browser can be talked into one."""
    call = Call(
        method=request.method or "GET",
        path=f"/{api_path}",
        query_string=request.META.get("QUERY_STRING", ""),
        authorization=request.META.get("HTTP_AUTHORIZATION", ""),
        body=request.body,
    )
    emulator = get_emulator()
    emulator.resume_retries()
    try:
        answer = emulator.api.answer(call)
    except NoAnswer:  # a view cannot hang up, and this is the nearest to it
        answer = Problem.of(503, "no_answer", "no answer", "A fault on demand: in process, this is no answer.").answer()
    return HttpResponse(answer.body, status=answer.status, headers=dict(answer.headers))
