"""Create people, give them roles, ban and delete them, and watch the webhooks do their work."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST

from django_clerk.emulator.exchange import Problem
from django_clerk.emulator.instance import Emulator, get_emulator

from .forms import page
from .listing import people
from .rendering import render


@page
@require_http_methods(["GET", "HEAD", "POST"])
def users(request: HttpRequest) -> HttpResponse:
    """List users, or create one."""
    emulator = get_emulator()
    emulator.resume_retries()
    if request.method != "POST":
        return _listing(request, emulator)
    role = request.POST.get("role", "").strip()
    try:
        emulator.create_user(
            email_address=request.POST.get("email_address", "").strip(),
            first_name=request.POST.get("first_name", "").strip() or None,
            last_name=request.POST.get("last_name", "").strip() or None,
            public_metadata={"role": role} if role else {},
        )
    except Problem as problem:
        return _listing(request, emulator, problem=problem)
    if back := request.POST.get("redirect_url"):  # they came to sign up: now they can sign in, and go back
        return HttpResponseRedirect(f"{reverse('clerk_emulator:sign_in')}?{urlencode({'redirect_url': back})}")
    return redirect("clerk_emulator:users")


@page
@require_POST
def act(request: HttpRequest, user_id: str, action: str) -> HttpResponse:
    """Do one thing to one user."""
    emulator = get_emulator()
    actions: Mapping[str, Callable[[], object]] = {
        "role": lambda: emulator.update_metadata(
            user_id, public_metadata={"role": request.POST.get("role", "").strip() or None}
        ),
        "ban": lambda: emulator.ban_user(user_id),
        "unban": lambda: emulator.unban_user(user_id),
        "lock": lambda: emulator.lock_user(user_id),
        "unlock": lambda: emulator.unlock_user(user_id),
        "delete": lambda: emulator.delete_user(user_id),
    }
    if action not in actions:
        raise Http404
    try:
        actions[action]()
    except Problem as problem:
        return _listing(request, emulator, problem=problem)
    wanted = request.POST.get("q", "")
    return HttpResponseRedirect(reverse("clerk_emulator:users") + (f"?{urlencode({'q': wanted})}" if wanted else ""))


def _listing(request: HttpRequest, emulator: Emulator, *, problem: Problem | None = None) -> HttpResponse:
    context = {
        **people(emulator, (request.POST.get("q") or request.GET.get("q", "")).strip()),
        "redirect_url": request.POST.get("redirect_url") or request.GET.get("redirect_url", ""),
        "problem": problem,
        "given": request.POST if problem is not None else {},
    }
    return render(request, "users", context, status=200 if problem is None else problem.status)
