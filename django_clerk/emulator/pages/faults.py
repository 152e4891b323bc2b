"""Break something on purpose, and see what the site makes of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from django_clerk.emulator.faults import Faults
from django_clerk.emulator.instance import get_emulator

from .forms import page
from .rendering import render

_RETRY_AFTER = 5  # seconds
_MOST = 1000

#: What can be asked for, by the value of its field.
KINDS: Mapping[str, tuple[str, Callable[[Faults, int, str], None]]] = {
    "busy": (
        f"429 Too Many Requests, Retry-After: {_RETRY_AFTER}",
        lambda faults, times, path: faults.fail_next(status=429, retry_after=_RETRY_AFTER, times=times, path=path),
    ),
    "broken": (
        "500 Internal Server Error",
        lambda faults, times, path: faults.fail_next(status=500, times=times, path=path),
    ),
    "slow": ("An answer after three seconds", lambda faults, times, path: faults.delay_next(3, times=times, path=path)),
    "silent": ("No answer at all", lambda faults, times, path: faults.drop_next(times=times, path=path)),
}


@page
@require_http_methods(["GET", "HEAD", "POST"])
def faults(request: HttpRequest) -> HttpResponse:
    """Show what can go wrong, or let it: on one of the two APIs, for a number of calls, below a path."""
    emulator = get_emulator()
    apis = {"back end": emulator.faults, "browser": emulator.browser_faults}
    if request.method != "POST":
        pending = [(name, fault) for name, api in apis.items() for fault in api.pending()]
        kinds = [(value, label) for value, (label, _) in KINDS.items()]
        return render(request, "faults", {"pending": pending, "kinds": kinds, "apis": list(apis)})
    given = request.POST
    if "forget" in given:
        for api in apis.values():
            api.forget()
        return redirect("clerk_emulator:faults")
    times, kind, side = given.get("times", ""), given.get("kind", ""), given.get("api", "")
    if kind not in KINDS or side not in apis or not re.fullmatch("[0-9]{1,4}", times) or not 1 <= int(times) <= _MOST:
        return HttpResponse("That is no fault.", status=400, content_type="text/plain")
    KINDS[kind][1](apis[side], int(times), given.get("path") or "/")
    return redirect("clerk_emulator:faults")
