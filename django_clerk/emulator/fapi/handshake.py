"""The handshake: a site that is not sure of a browser sends it here, and gets it back with cookies that are true."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.encoding import iri_to_uri
from django.views.decorators.http import require_GET

from django_clerk.emulator import cookies
from django_clerk.emulator.browsers import client_of, remember
from django_clerk.emulator.exchange import Problem
from django_clerk.emulator.guards import local_only, origin_of, safe_return
from django_clerk.emulator.handshakes import with_parameter
from django_clerk.emulator.instance import Emulator, get_emulator
from django_clerk.emulator.store import Client


@local_only
@require_GET
def handshake(request: HttpRequest) -> HttpResponse:
    """
    Send the browser back to ``redirect_url`` with its cookies, or with a nonce for them.

    ``organization_id`` makes that organization the active one. One that the user is no member of changes nothing.
    """
    target = safe_return(request, request.GET.get("redirect_url"))
    if target is None:
        answer = Problem.of(
            422,
            "form_param_value_invalid",
            "is invalid",
            "redirect_url must be an absolute URL of this site or of another port of this machine.",
            param="redirect_url",
        ).answer()
        return HttpResponse(answer.body, status=answer.status, headers=dict(answer.headers))
    emulator = get_emulator()
    # A back end that sends the parameter at all knows both families; its value says which one it reads.
    family = request.GET.get("suffixed_cookies")
    client = client_of(request, emulator, suffixed=family == "true") or emulator.clients.open()
    client = _with_organization(emulator, client, request.GET.get("organization_id"))
    origin = origin_of(target) or ""
    state = emulator.clients.state(client, azp=origin)
    name, value = emulator.handshakes.offer(
        cookies.directives(
            state.cookies(emulator.instance, suffixed=family is not None), secure=origin.startswith("https:")
        ),
        as_nonce=request.GET.get("format") == "nonce",
    )
    # Not Django's redirect: it refuses to go to addresses as long as those with a token in them.
    response = HttpResponse(status=307, headers={"Location": iri_to_uri(with_parameter(target, name, value))})
    remember(response, request, client)
    return response


def _with_organization(emulator: Emulator, client: Client, wanted: str | None) -> Client:
    session = emulator.clients.session(client)
    if session is None or wanted is None:
        return client
    try:
        organization_id = emulator.clients.chosen_organization(session, wanted)
    except Problem:
        return client
    return emulator.clients.activate(client, session["id"], organization_id=organization_id)[0]
