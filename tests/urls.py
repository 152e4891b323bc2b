from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("tests.testapp.api")),
    path("", include("tests.testapp.async_views")),
    path("", include("tests.testapp.ninja_api")),
    path("", include("tests.testapp.routes")),
    path("", include("tests.testapp.shown")),
    path("", include("tests.testapp.views")),
]
