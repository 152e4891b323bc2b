"""Django's admin. Who may enter is said by roles at Clerk: CLERK_STAFF_ROLES and its like, in the settings."""

from __future__ import annotations

from django.contrib import admin

from .models import Notice, Post


@admin.register(Post)
class PostAdmin(admin.ModelAdmin):
    list_display = ["title", "author", "created"]
    list_select_related = ["author"]
    search_fields = ["title", "body", "author__email"]
    date_hierarchy = "created"


@admin.register(Notice)
class NoticeAdmin(admin.ModelAdmin):
    list_display = ["text", "organization", "created"]
