"""
The API, for a single-page application or a phone that sends Clerk's session token as ``Authorization: Bearer …``.

Signed out is 401, somebody else's is 403, not there is 404. A browser's cookie works too, and then Django's CSRF
token is asked for: open /api/posts/ in a browser, which shows the browsable API. How often anybody may call, how the
API looks and who may call unless a view says otherwise is in the settings: REST_FRAMEWORK.
"""

from __future__ import annotations

from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from django_clerk.drf import (
    ClerkAuthentication,
    ClerkOwnedMixin,
    HasClerkPermission,
    HasClerkRole,
    IsClerkAuthenticated,
    IsClerkOwner,
)

from .models import Notice, Post


class SessionOrKey(ClerkAuthentication):
    """For views that people's programs may call as well, with an API key."""

    accepts = ("session_token", "api_key")


class PostSerializer(serializers.ModelSerializer):
    class Meta:
        model = Post
        fields = ["id", "author", "title", "body", "created"]
        read_only_fields = ["author"]


class PostViewSet(ClerkOwnedMixin, viewsets.ModelViewSet):
    """
    List one's own posts and write new ones; read, change and delete a post as its owner or as an admin.

    ClerkOwnedMixin narrows the list to the caller's posts, and writes the caller into every new one. As a rule it hides
    what others own altogether (404). With ``hide_others = False`` a single post is left to the permission, which knows
    admins too: somebody else's is refused (403), and only what is not there is not found.
    """

    queryset = Post.objects.all()
    serializer_class = PostSerializer
    authentication_classes = [SessionOrKey]
    permission_classes = [HasClerkRole("admin") | IsClerkOwner]
    owner_field = "author"
    hide_others = False


class NoticeSerializer(serializers.ModelSerializer):
    class Meta:
        model = Notice
        fields = ["id", "text", "created"]


class NoticeViewSet(ClerkOwnedMixin, viewsets.ModelViewSet):
    """
    The notices of the organization that is active in the session, for those who may write them.

    They belong to the organization, whoever of its members wrote one; those of another do not exist (404).
    """

    queryset = Notice.objects.all()
    serializer_class = NoticeSerializer
    permission_classes = [IsClerkOwner & HasClerkPermission("org:notices:write")]
    owner_field = "organization"
    owner_type = "organization"


class Me(APIView):
    """What Clerk says of the caller, and which Django user that is."""

    permission_classes = [IsClerkAuthenticated]

    def get(self, request: Request) -> Response:
        clerk = request.clerk
        return Response(
            {
                "clerk_id": clerk.user_id,
                "session_id": clerk.session_id,
                "role": clerk.role,
                "organization": clerk.org.slug if clerk.org else None,
                "source": clerk.source,
                "django_user": request.user.pk,
                "email": request.user.email,
            }
        )
