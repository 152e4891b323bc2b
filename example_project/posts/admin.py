from __future__ import annotations

from django.contrib import admin

from .models import Post


@admin.register(Post)
class PostAdmin(admin.ModelAdmin):
    list_display = ["title", "author", "created"]
    list_select_related = ["author"]
    search_fields = ["title", "body", "author__email"]
    date_hierarchy = "created"
