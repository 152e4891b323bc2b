"""``path("webhooks/clerk/", include("django_clerk.webhooks.urls"))``"""

from __future__ import annotations

from django.urls import path

from .views import clerk_webhook

urlpatterns = [path("", clerk_webhook, name="clerk_webhook")]
