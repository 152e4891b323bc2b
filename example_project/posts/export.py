"""For programs: not a person at a browser, but whatever somebody has given an API key to."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse

from django_clerk.decorators import clerk_accepts


@clerk_accepts("api_key", scopes=["posts:read"])
async def export(request: HttpRequest) -> JsonResponse:
    """
    All posts of the user who made the API key, if the key is for that.

    Sessions are not accepted here, and API keys nowhere else unless a view says so. ``request.user`` is the key's user;
    the guard has loaded them, so asking is safe in an async view.
    """
    posts = [
        {"title": post.title, "body": post.body, "created": post.created} async for post in request.user.posts.all()
    ]
    return JsonResponse({"posts": posts})
