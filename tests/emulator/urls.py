"""A project with the local Clerk in it. Importable only where the local Clerk may run."""

from __future__ import annotations

from django.urls import include, path

from tests.emulator import receivers

urlpatterns = [
    path("__clerk/", include("django_clerk.emulator.urls")),
    path("__clerk_api/", include("django_clerk.emulator.api_urls")),
    path("hooks/", receivers.receive),
    path("hooks/busy/", receivers.refuse),
    path("hooks/crash/", receivers.crash),
    path("hooks/elsewhere/", receivers.redirect),
    path("language/", receivers.language),
]
