"""Sign in as anyone, and out again."""

from __future__ import annotations

import time
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from django_clerk.conf import conf
from django_clerk.emulator import cookies
from django_clerk.emulator.exchange import Problem
from django_clerk.emulator.guards import local_only, safe_target
from django_clerk.emulator.instance import Emulator, get_emulator

from .forms import own_origin, page
from .listing import current_person, people, session_claims
from .rendering import render, stylesheet

#: A browser's token. Clerk's live 60 seconds and are renewed by its JavaScript or by a handshake; as long as the local
#: Clerk offers neither, a shorter life would sign people out while they read.
BROWSER_TOKEN_SECONDS = 12 * 60 * 60


@page
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    return redirect("clerk_emulator:sign_in")


@local_only
@require_safe
def style(request: HttpRequest) -> HttpResponse:
    return stylesheet()


@page
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """List who can sign in, or sign in as ``user_id`` and go to ``redirect_url``."""
    emulator = get_emulator()
    emulator.resume_retries()
    if request.method != "POST":
        return _choice(request, emulator)
    default = getattr(settings, "CLERK_AFTER_SIGN_IN_URL", None) or "/"
    target = safe_target(request, request.POST.get("redirect_url"), default=default)
    try:
        session = emulator.sign_in(request.POST.get("user_id", ""))
    except Problem as problem:
        return _choice(request, emulator, problem=problem)
    client_uat = int(time.time())  # before the token is minted: a token older than the last sign-in would not count
    token = emulator.mint_session_token(
        session["user_id"],
        azp=_origin_of(target) or own_origin(request),
        lifetime=BROWSER_TOKEN_SECONDS,
        session_id=session["id"],
    )
    response = HttpResponseRedirect(target)
    cookies.sign_in(response, request, emulator.instance, token=token, client_uat=client_uat)
    return response


@page
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the browser's session and go to ``redirect_url``."""
    emulator = get_emulator()
    claims = session_claims(request, emulator)
    if claims is not None:
        emulator.sign_out(claims.get("sid", ""))
    response = HttpResponseRedirect(safe_target(request, request.POST.get("redirect_url"), default="/"))
    cookies.sign_out(response, request, emulator.instance)
    return response


def _choice(request: HttpRequest, emulator: Emulator, *, problem: Problem | None = None) -> HttpResponse:
    given = request.POST if request.method == "POST" else request.GET
    origin = own_origin(request)
    parties = conf.CLERK_AUTHORIZED_PARTIES
    context = {
        **people(emulator, given.get("q", "").strip()),
        "redirect_url": given.get("redirect_url", ""),
        "signed_in": current_person(request, emulator),
        "problem": problem,
        "foreign_origin": origin if parties and origin not in parties else "",
        "authorized_parties": parties,
    }
    return render(request, "sign_in", context, status=200 if problem is None else problem.status)


def _origin_of(url: str) -> str | None:
    """Return the origin of an absolute URL: the token is for the page that sent the browser here."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme and parts.netloc else None
