"""Links with a ticket in them, as a mail or a back end has them: they lead to the site's page that takes the ticket."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from django_clerk.emulator.guards import local_only
from django_clerk.emulator.handshakes import with_parameter
from django_clerk.emulator.instance import get_emulator
from django_clerk.emulator.pages.forms import own_origin

from .pages import site_pages


@local_only
@require_GET
def accept(request: HttpRequest) -> HttpResponse:
    """Send the browser to sign in, or, with an invitation of somebody who is not known yet, to sign up."""
    ticket = request.GET.get("ticket", "")
    emulator = get_emulator()
    invitation = emulator.invitations.find(ticket)
    is_new = invitation is not None and emulator.directory.find(invitation["email_address"]) is None
    pages = site_pages(own_origin(request), emulator.addresses)
    target = with_parameter(pages.sign_up if is_new else pages.sign_in, "__clerk_ticket", ticket)
    target = with_parameter(target, "__clerk_status", "sign_up" if is_new else "sign_in")
    return HttpResponse(status=303, headers={"Location": target})
