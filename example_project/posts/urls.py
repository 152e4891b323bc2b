"""The pages."""

from __future__ import annotations

from django.urls import path

from . import account, export, organizations, views

app_name = "posts"

urlpatterns = [
    path("", views.Home.as_view(), name="home"),
    path("posts/<int:pk>/", views.PostDetail.as_view(), name="detail"),
    path("dashboard/", views.dashboard, name="dashboard"),
    path("posts/new/", views.PostCreate.as_view(), name="create"),
    path("posts/<int:pk>/edit/", views.edit_post, name="edit"),
    path("posts/<int:pk>/delete/", views.PostDelete.as_view(), name="delete"),
    path("organization/", organizations.organization, name="organization"),
    path("organization/books/", organizations.organization_books, name="organization-books"),
    path("organization/notices/", organizations.put_up_notice, name="put-up-notice"),
    path("admin-area/", views.admin_area, name="admin-area"),
    path("admin-area/refusals/", views.Refusals.as_view(), name="refusals"),
    path("inbox/", views.Inbox.as_view(), name="inbox"),
    path("account/delete/", account.delete_account, name="delete-account"),
    path("export/", export.export, name="export"),
]
