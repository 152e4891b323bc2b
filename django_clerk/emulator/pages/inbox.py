"""The mails that a real Clerk would have sent: codes to type in."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from django_clerk.emulator.instance import get_emulator

from .forms import page
from .moments import moment
from .rendering import render

SHOWN = 50


@page
@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """List the latest codes, the newest first."""
    mails = [
        {
            "address": code.address,
            "purpose": code.purpose,
            "code": code.code,
            "status": code.status,
            "created_at": moment(code.created_at),
            "expire_at": moment(code.expire_at),
        }
        for code in get_emulator().codes.latest(SHOWN)
    ]
    return render(request, "inbox", {"mails": mails})
