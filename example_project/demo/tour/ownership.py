"""Posts by API: one's own, somebody else's, and an admin's hand."""

from __future__ import annotations

from posts.models import Post

from .cast import Cast
from .report import Finding, status

GRACE, ADA = "grace@example.com", "ada@example.com"


def created_as_oneself(cast: Cast) -> Finding:
    """Grace writes a post, and says it is Ada's"""
    ada = Post.objects.filter(author__email=ADA).values_list("author", flat=True)[0]
    answer = cast.grace_by_api.post("/api/posts/", {"title": "Mine", "body": "To be deleted.", "author": ada})
    as_promised = Post.objects.filter(title="Mine", author__email=GRACE).exists()
    return status(answer, 201, "the author is Grace all the same", provided=as_promised)


def list_is_one_s_own(cast: Cast) -> Finding:
    """Grace lists posts"""
    answer = cast.grace_by_api.get("/api/posts/")
    listed = {post["id"] for post in answer.json()} if answer.ok else set()
    own = set(Post.objects.filter(author__email=GRACE).values_list("pk", flat=True))
    return status(answer, 200, f"{len(listed)} posts of hers, of {Post.objects.count()}", provided=listed == own)


def page_of_another_is_refused(cast: Cast) -> Finding:
    """Grace opens the page that edits a post of Ada's"""
    return status(cast.grace.get(f"/posts/{_a_post_of(ADA)}/edit/"), 403)


def another_s_is_not_deleted(cast: Cast) -> Finding:
    """Grace deletes a post of Ada's"""
    post = _a_post_of(ADA)
    answer = cast.grace_by_api.delete(f"/api/posts/{post}/")
    return status(answer, 403, "the post is still there", provided=Post.objects.filter(pk=post).exists())


def missing_is_not_found(cast: Cast) -> Finding:
    """Grace deletes a post that does not exist"""
    return status(cast.grace_by_api.delete("/api/posts/999999/"), 404)


def own_is_deleted(cast: Cast) -> Finding:
    """Grace deletes a post of her own"""
    post = Post.objects.get(title="Mine").pk
    answer = cast.grace_by_api.delete(f"/api/posts/{post}/")
    return status(answer, 204, "gone", provided=not Post.objects.filter(pk=post).exists())


def admin_deletes_any(cast: Cast) -> Finding:
    """Ada, who is an admin, deletes a post of Grace's"""
    post = _a_post_of(GRACE)
    answer = cast.ada_by_api.delete(f"/api/posts/{post}/")
    return status(answer, 204, "gone", provided=not Post.objects.filter(pk=post).exists())


def _a_post_of(email: str) -> int:
    return Post.objects.filter(author__email=email).values_list("pk", flat=True)[0]


STEPS = [
    created_as_oneself,
    list_is_one_s_own,
    page_of_another_is_refused,
    another_s_is_not_deleted,
    missing_is_not_found,
    own_is_deleted,
    admin_deletes_any,
]
