"""The same API in Django Ninja, for projects that have it: the same rules, and the same answers to who is refused."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from ninja import ModelSchema, NinjaAPI

from django_clerk.contrib.ninja import ClerkAuth, register_answers, require
from django_clerk.core.policies import has_role
from django_clerk.ownership import is_owner

from .models import Post

api = NinjaAPI(title="Commonplace", auth=ClerkAuth(), urls_namespace="ninja")
register_answers(api)


class PostOut(ModelSchema):
    created: datetime

    class Meta:
        model = Post
        fields = ["id", "title", "body", "created"]


@api.get("/posts", response=list[PostOut])
def list_posts(request: HttpRequest) -> object:
    """One's own posts."""
    return request.user.posts.all()


@api.delete("/posts/{pk}", response={204: None})
def delete_post(request: HttpRequest, pk: int) -> HttpResponse:
    """For the post's owner, and for admins."""
    post = get_object_or_404(Post, pk=pk)
    require(request, is_owner("author") | has_role("admin"), post)
    post.delete()
    return HttpResponse(status=204)
