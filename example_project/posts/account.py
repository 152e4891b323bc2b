"""What only users themselves may do."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from django_clerk.decorators import clerk_not_impersonated, clerk_reverification_required
from django_clerk.exceptions import APIError
from django_clerk.wiring import get_client


@clerk_not_impersonated
@clerk_reverification_required("strict")
def delete_account(request: HttpRequest) -> HttpResponse:
    """
    Delete one's account at Clerk, whose webhook then takes it away here (CLERK_ON_USER_DELETED).

    Support staff who act for a user (Clerk's dashboard, "Impersonate") are refused, and so is whoever finds an unlocked
    laptop.
    """
    if request.method != "POST":
        return render(request, "posts/delete_account.html")
    try:
        get_client().delete_user(request.clerk.user_id)
    except APIError:
        messages.error(request, "Clerk does not answer just now, so your account is still there. Please try again.")
        return redirect("posts:dashboard")
    messages.success(request, "Your account is deleted.")
    return redirect("posts:home")
