"""The browsable API, for people who are signed in by Clerk's cookie."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework.renderers import BrowsableAPIRenderer

from django_clerk.answers import redirect_to_sign_in
from django_clerk.wiring import get_instance

from .callers import subject_of_api


class ClerkBrowsableAPIRenderer(BrowsableAPIRenderer):
    """
    REST framework's pages, which let people sign in by Clerk, and say where they can sign out.

    Its own "Log out" ends Django's session, and whoever is signed in by Clerk's cookie would stay so.
    """

    template = "django_clerk/rest_framework/api.html"

    def get_context(
        self, data: Any, accepted_media_type: str | None, renderer_context: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the variables of the page."""
        context: dict[str, Any] = super().get_context(data, accepted_media_type, renderer_context)
        request, instance = renderer_context["request"], get_instance()
        context["is_signed_in_by_clerk"] = subject_of_api(request).auth.is_signed_in
        context["clerk_account_url"] = f"{instance.account_portal}/user" if instance is not None else None
        context["clerk_sign_in_url"] = redirect_to_sign_in(request._request).headers["Location"]
        return context
