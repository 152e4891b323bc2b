"""Every rule as a permission class, and the API of posts as a project would write it."""

from __future__ import annotations

from typing import Any

from django.urls import include, path
from rest_framework import serializers, viewsets
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from django_clerk.drf import ClerkAuthentication, ClerkOwnedMixin, HasClerkRole, IsClerkOwner
from tests.testapp.models import Post
from tests.testapp.rules import PERMISSIONS


class PostDoor(GenericAPIView):
    authentication_classes = [ClerkAuthentication]
    queryset = Post.objects.all()
    owner_field = "author"

    def get(self, request: Request, **kwargs: Any) -> Response:
        self.get_object()
        return Response("in")


class PostSerializer(serializers.ModelSerializer[Post]):
    class Meta:
        model = Post
        fields = ["id", "author", "title"]
        extra_kwargs = {"author": {"required": False}}


class Posts(ClerkOwnedMixin, viewsets.ModelViewSet[Post]):
    """Whose owner is a field that the body may name, to see that it does not help."""

    authentication_classes = [ClerkAuthentication]
    permission_classes = [HasClerkRole("admin") | IsClerkOwner]
    queryset = Post.objects.order_by("pk")
    serializer_class = PostSerializer
    owner_field = "author"
    hide_others = False


class HiddenPosts(Posts):
    permission_classes = [IsClerkOwner]
    hide_others = True


router = SimpleRouter()
router.register("posts", Posts, basename="post")
router.register("hidden-posts", HiddenPosts, basename="hidden-post")

urlpatterns = [
    path("api/", include(router.urls)),
    *(
        path(f"permission/{rule}/<int:pk>/", PostDoor.as_view(permission_classes=[permission]))
        for rule, permission in PERMISSIONS.items()
    ),
]
