"""A project that uses both the package and the local Clerk, as a developer's does."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.urls import include, path


def whoami(request: HttpRequest) -> JsonResponse:
    clerk = request.clerk  # type: ignore[attr-defined]
    return JsonResponse(
        {
            "authenticated": request.user.is_authenticated,
            "clerk_id": clerk.user_id,
            "role": clerk.role,
            "why": clerk.reason,
        }
    )


urlpatterns = [
    path("__clerk/", include("django_clerk.emulator.urls")),
    path("__clerk_api/", include("django_clerk.emulator.api_urls")),
    path("webhooks/clerk/", include("django_clerk.webhooks.urls")),
    path("whoami/", whoami),
]
