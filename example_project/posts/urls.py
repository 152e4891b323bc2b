"""The pages."""

from __future__ import annotations

from django.urls import path

from . import views

app_name = "posts"

urlpatterns = [
    path("", views.Home.as_view(), name="home"),
    path("posts/<int:pk>/", views.PostDetail.as_view(), name="detail"),
    path("dashboard/", views.dashboard, name="dashboard"),
    path("posts/new/", views.PostCreate.as_view(), name="create"),
    path("posts/<int:pk>/edit/", views.edit_post, name="edit"),
    path("posts/<int:pk>/delete/", views.PostDelete.as_view(), name="delete"),
    path("organization/", views.organization, name="organization"),
    path("organization/books/", views.organization_books, name="organization-books"),
    path("admin-area/", views.admin_area, name="admin-area"),
    path("inbox/", views.Inbox.as_view(), name="inbox"),
]
