"""The pages of an organization: whichever is active in the session, as Clerk's switcher has it."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from django_clerk.callers import subject_of
from django_clerk.decorators import clerk_login_required, clerk_org_required, clerk_role_required
from django_clerk.ownership import owned_by

from .forms import NoticeForm
from .models import Notice


@clerk_login_required
def organization(request: HttpRequest) -> HttpResponse:
    """The organization that is active in this session, as the token says, and the notices that belong to it."""
    notices = Notice.objects.filter(owned_by(Notice, "organization", subject_of(request), "organization"))
    return render(request, "posts/organization.html", {"notices": notices, "form": NoticeForm()})


@require_POST
@clerk_org_required
@permission_required("org:notices:write", raise_exception=True)
def put_up_notice(request: HttpRequest) -> HttpResponse:
    """
    Django's own permission_required, about a permission that people have in the active organization at Clerk.

    Superusers have every permission, as Django has it; clerk_permission_required would ask them for it all the same.
    Whose notice it is, is not a question of the form: it is what the verified session says.
    """
    form = NoticeForm(request.POST, instance=Notice(organization=request.clerk.org.id))
    if form.is_valid():
        form.save()
        messages.success(request, "The notice is up.")
    else:
        messages.error(request, "A notice needs a text, of 200 letters at most.")
    return redirect("posts:organization")


@clerk_role_required("org:admin")
def organization_books(request: HttpRequest) -> HttpResponse:
    """For admins of the active organization. In another organization the same person may have another role."""
    return render(request, "posts/organization_books.html")
