"""Found by ``INSTALLED_APPS``. It is the admin's own app, with another site."""

from __future__ import annotations

from django.contrib.admin import apps


class ClerkAdminConfig(apps.AdminConfig):
    """Makes ``admin.site`` a ClerkAdminSite."""

    default_site = "django_clerk.admin_site.sites.ClerkAdminSite"
