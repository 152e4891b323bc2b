"""What keeps a page's session alive without Clerk's own JavaScript."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from django_clerk.emulator.browsers import client_of
from django_clerk.emulator.guards import local_only
from django_clerk.emulator.instance import get_emulator

from .forms import own_origin
from .rendering import asset


@local_only
@require_safe
def script(request: HttpRequest) -> HttpResponse:
    """Return the script that a page loads to call renew() at times."""
    return asset("renew.js", "text/javascript")


@csrf_exempt  # it renews the session that there is, of whoever asks: nothing that another site could want
@local_only
@require_POST
def renew(request: HttpRequest) -> HttpResponse:
    """Set the cookies of this browser's session anew; of a browser without one, none."""
    emulator, response = get_emulator(), HttpResponse(status=204)
    client = client_of(request, emulator)
    if client is None or emulator.clients.session(client) is None:
        return response
    state = emulator.clients.state(client, azp=own_origin(request), renewable=False)
    for cookie in state.cookies(emulator.instance):
        cookie.put(response, secure=request.is_secure())
    return response
