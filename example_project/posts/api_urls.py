"""The API."""

from __future__ import annotations

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from . import api

app_name = "api"

router = SimpleRouter()
router.register("posts", api.PostViewSet)
router.register("notices", api.NoticeViewSet)

urlpatterns = [
    path("me/", api.Me.as_view(), name="me"),
    path("", include(router.urls)),
]
