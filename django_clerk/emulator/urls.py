"""
What a browser sees of the local Clerk, pages and Frontend API::

    path("__clerk/", include("django_clerk.emulator.urls"))
"""

from __future__ import annotations

from django.urls import path

from .fapi.handshake import handshake
from .fapi.jwks import jwks
from .fapi.tickets import accept
from .fapi.views import frontend_api
from .guards import require_permission
from .pages import bundles, faults, inbox, renew, sign_in, users, webhooks

require_permission()

app_name = "clerk_emulator"
urlpatterns = [
    path("", sign_in.index, name="index"),
    path("style.css", sign_in.style, name="style"),
    path("renew", renew.renew, name="renew"),
    path("renew.js", renew.script, name="renew_script"),
    path("sign-in", sign_in.sign_in, name="sign_in"),
    path("sign-in/create", sign_in.sign_up, name="sign_up"),
    path("sign-out", sign_in.sign_out, name="sign_out"),
    path("users", users.users, name="users"),
    path("users/<str:user_id>/<str:action>", users.act, name="user_action"),
    path("v1/client/handshake", handshake, name="handshake"),
    path(".well-known/jwks.json", jwks, name="jwks"),
    path("v1/tickets/accept", accept, name="accept_ticket"),
    path("v1/<path:api_path>", frontend_api, name="frontend_api"),
    path("npm/@clerk/<str:package>/dist/<path:name>", bundles.file, name="bundle"),
    path("inbox", inbox.inbox, name="inbox"),
    path("faults", faults.faults, name="faults"),
    path("webhooks", webhooks.webhooks, name="webhooks"),
    path("webhooks/<str:delivery_id>/send", webhooks.send, name="webhook_send"),
]
