"""URLs of the local Clerk on a port of its own: ``manage.py clerk_emulator``."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("__clerk/", include("django_clerk.emulator.urls")),
    path("__clerk_api/", include("django_clerk.emulator.api_urls")),
]
