"""
The pages of the local Clerk::

    path("__clerk/", include("django_clerk.emulator.urls"))
"""

from __future__ import annotations

from django.urls import path

from .guards import require_permission
from .pages import sign_in, users, webhooks

require_permission()

app_name = "clerk_emulator"
urlpatterns = [
    path("", sign_in.index, name="index"),
    path("style.css", sign_in.style, name="style"),
    path("sign-in", sign_in.sign_in, name="sign_in"),
    path("sign-out", sign_in.sign_out, name="sign_out"),
    path("users", users.users, name="users"),
    path("users/<str:user_id>/<str:action>", users.act, name="user_action"),
    path("webhooks", webhooks.webhooks, name="webhooks"),
    path("webhooks/<str:delivery_id>/send", webhooks.send, name="webhook_send"),
]
