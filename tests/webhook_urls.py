"""Where the tests of webhooks and of the admin find both."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("webhooks/", include("django_clerk.webhooks.urls")),
    path("admin/", admin.site.urls),
]
