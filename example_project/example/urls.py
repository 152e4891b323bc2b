"""The URLs: pages, API, Clerk's webhook, Django's admin, and in development the local Clerk."""

from __future__ import annotations

from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("posts.urls")),
    path("api/", include("posts.api_urls")),
    # Clerk tells this address about every change of a user. It needs no guard: each delivery is signed.
    path("webhooks/clerk/", include("django_clerk.webhooks.urls")),
    path("admin/", admin.site.urls),
]

# What other packages show to everybody, such as a description of the API, the route policy shuts to strangers.
if apps.is_installed("drf_spectacular"):
    from drf_spectacular.views import SpectacularJSONAPIView

    urlpatterns.append(path("api/schema/", SpectacularJSONAPIView.as_view(), name="schema"))
if apps.is_installed("ninja"):
    from posts.ninja_api import api

    urlpatterns.append(path("ninja/", api.urls))

if settings.HAS_CLERK_BOX:
    urlpatterns.append(path("", include("django_clerk.urls")))  # /sign-in/ and /sign-up/, with Clerk's own box

if getattr(settings, "CLERK_EMULATOR", False):
    urlpatterns += [
        path("__clerk/", include("django_clerk.emulator.urls")),  # what a browser sees of Clerk
        path("__clerk_api/", include("django_clerk.emulator.api_urls")),  # what a back end sees of it
    ]
