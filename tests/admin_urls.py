"""An admin of Clerk's beside nothing else: the user model, and a model of the tests."""

from __future__ import annotations

from django.contrib.admin import ModelAdmin
from django.contrib.auth import get_user_model
from django.urls import path

from django_clerk.admin_site.sites import ClerkAdminSite
from tests.testapp.models import Post

site = ClerkAdminSite()
site.register(Post, ModelAdmin)
site.register(get_user_model(), ModelAdmin)

urlpatterns = [path("admin/", site.urls)]
