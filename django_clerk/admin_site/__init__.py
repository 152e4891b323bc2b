"""Django's admin, with sign-in by Clerk: list ``"django_clerk.admin_site"`` instead of ``"django.contrib.admin"``."""
