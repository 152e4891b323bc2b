"""Sign in as anyone, and out again."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from django_clerk.emulator import bundles
from django_clerk.emulator.browsers import client_of, remember
from django_clerk.emulator.cookies import DEV_BROWSER
from django_clerk.emulator.exchange import Problem
from django_clerk.emulator.fapi.pages import site_pages
from django_clerk.emulator.fapi.redemption import redeem
from django_clerk.emulator.guards import local_only, origin_of, safe_target
from django_clerk.emulator.handshakes import with_parameter
from django_clerk.emulator.instance import Emulator, get_emulator
from django_clerk.emulator.store import Client

from .forms import own_origin, page
from .listing import current_person, people
from .rendering import asset, render
from .tickets import TICKET, holder


@page
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    return redirect("clerk_emulator:sign_in")


@local_only
@require_safe
def style(request: HttpRequest) -> HttpResponse:
    return asset("style.css", "text/css")


@page
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """List who can sign in, or sign in as ``user_id`` or whom a ``ticket`` is for, and go to ``redirect_url``."""
    emulator = get_emulator()
    emulator.resume_retries()
    if request.method != "POST":
        return _choice(request, emulator)
    default = site_pages("", emulator.addresses).after_sign_in
    target = safe_target(request, request.POST.get("redirect_url"), default=default)
    client = client_of(request, emulator) or emulator.clients.open()
    ticket = request.POST.get("ticket", "")
    try:
        if ticket:
            client, _ = redeem(emulator.desk, client, ticket, makes_users=True)
        else:
            client, _ = emulator.clients.sign_in(client, request.POST.get("user_id", ""))
    except Problem as problem:
        return _choice(request, emulator, problem=problem)
    return _sent_on(request, emulator, client, target)


@page
@require_safe
def sign_up(request: HttpRequest) -> HttpResponse:
    """Lead to where one becomes a user: this is the part of the sign-in page for it, as Clerk's boxes have one."""
    page_for_them = "clerk_emulator:sign_in" if request.GET.get(TICKET) else "clerk_emulator:users"
    query = request.GET.urlencode()
    return HttpResponseRedirect(reverse(page_for_them) + (f"?{query}" if query else ""))


@page
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the browser's session and go to ``redirect_url``."""
    emulator = get_emulator()
    client = client_of(request, emulator) or emulator.clients.open()
    emulator.clients.sign_out(client)
    return _sent_on(request, emulator, client, safe_target(request, request.POST.get("redirect_url"), default="/"))


def _sent_on(request: HttpRequest, emulator: Emulator, client: Client, target: str) -> HttpResponse:
    """Return a redirect to ``target`` that tells the browser who is signed in now, for the page that it goes to."""
    origin = origin_of(target) or own_origin(request)
    if urlsplit(origin).hostname != urlsplit(own_origin(request)).hostname:
        # Cookies of localhost are not those of 127.0.0.1: the site there asks by a handshake, and says for whom.
        target = with_parameter(target, DEV_BROWSER, client.dev_browser)
    response = HttpResponseRedirect(target)
    # As Clerk's JavaScript would set them: what renews a token without the browser comes with a handshake only.
    state = emulator.clients.state(client, azp=origin, renewable=False)
    for cookie in state.cookies(emulator.instance):
        cookie.put(response, secure=request.is_secure())
    remember(response, request, client)
    return response


def _choice(request: HttpRequest, emulator: Emulator, *, problem: Problem | None = None) -> HttpResponse:
    given = request.POST if request.method == "POST" else request.GET
    addresses, redirect_url = emulator.addresses, given.get("redirect_url", "")
    # On a port of its own this is no page of the site: what counts is where it leads.
    origin = (origin_of(redirect_url) or addresses.origins[0]) if addresses.own else own_origin(request)
    ticket = given.get("ticket" if request.method == "POST" else TICKET, "")
    context = {
        **people(emulator, given.get("q", "").strip()),
        "redirect_url": redirect_url,
        "ticket": ticket,
        "ticket_holder": holder(emulator, ticket) if ticket else None,
        "signed_in": current_person(request, emulator),
        "problem": problem,
        "foreign_origin": origin if addresses.parties and origin not in addresses.parties else "",
        "authorized_parties": addresses.parties,
        "is_alone": bool(addresses.own),
        "how_to_get_bundles": bundles.HOW if bundles.missing() else "",
    }
    return render(request, "sign_in", context, status=200 if problem is None else problem.status)
