"""A project with the local Clerk in it and the package's own sign-in pages."""

from __future__ import annotations

from django.urls import include, path

from tests.emulator.urls import urlpatterns as emulator_patterns

urlpatterns = [*emulator_patterns, path("", include("django_clerk.urls"))]
