"""
Sign-in and sign-up pages of one's own::

    path("", include("django_clerk.urls"))

and in the settings ``CLERK_SIGN_IN_URL = "clerk_sign_in"`` and ``CLERK_SIGN_UP_URL = "clerk_sign_up"``.
"""

from __future__ import annotations

from django.urls import path

from .pages import views

urlpatterns = [
    path("sign-in/", views.sign_in, name="clerk_sign_in"),
    path("sign-in/<path:step>", views.sign_in),
    path("sign-up/", views.sign_up, name="clerk_sign_up"),
    path("sign-up/<path:step>", views.sign_up),
]
