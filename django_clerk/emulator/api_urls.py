"""
The Backend API over HTTP, for other programs on this machine::

    path("__clerk_api/", include("django_clerk.emulator.api_urls"))
"""

from __future__ import annotations

from django.urls import path

from .guards import require_permission
from .pages.api import backend_api

require_permission()

app_name = "clerk_emulator_api"
urlpatterns = [path("<path:api_path>", backend_api, name="backend_api")]
