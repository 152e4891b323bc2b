"""Signing in by browser, and what a session opens."""

from __future__ import annotations

from posts.models import Post

from .cast import Cast
from .report import Finding, status


def grace_signs_in(cast: Cast) -> Finding:
    """Grace chooses her name on the sign-in page, and gets to where she wanted to go"""
    answer = cast.sign_in(cast.grace, "grace@example.com", at="/dashboard/")
    as_promised = answer.url == f"{cast.origin}/dashboard/" and "Good to see you, Grace" in answer.text
    return status(answer, 200, "her dashboard", provided=as_promised and "__session" in cast.grace.cookies)


def token_says_who_she_is(cast: Cast) -> Finding:
    """/api/me/ with her session token in the header"""
    answer = cast.grace_by_api.get("/api/me/")
    me = answer.json() if answer.ok else {}
    as_promised = me.get("email") == "grace@example.com" and me.get("source") == "header"
    return status(answer, 200, me.get("email", ""), provided=as_promised)


def admin_area_is_not_hers(cast: Cast) -> Finding:
    """Grace, who is no admin, opens /admin-area/"""
    answer = cast.grace.get("/admin-area/")
    return status(answer, 403, "the site's own 403 page", provided="not yours to open" in answer.text)


def cookie_alone_changes_nothing(cast: Cast) -> Finding:
    """A form with her cookies and without a CSRF token"""
    answer = cast.grace.post("/posts/new/", {"title": "Not by me", "body": "Another site sent this."})
    return status(answer, 403, "nothing written", provided=not Post.objects.filter(title="Not by me").exists())


def form_writes_a_post(cast: Cast) -> Finding:
    """The form on her dashboard, with the token that is in it"""
    page = cast.grace.get("/dashboard/")
    answer = cast.grace.press(page, "Publish", title="Sent by hand", body="With a CSRF token.")
    post = Post.objects.filter(title="Sent by hand").select_related("author").first()
    as_promised = post is not None and post.author.email == "grace@example.com"
    return status(answer, 302, "written, and hers", provided=as_promised)


def ada_signs_in(cast: Cast) -> Finding:
    """Ada, who is an admin, signs in on the way to /admin-area/"""
    answer = cast.sign_in(cast.ada, "ada@example.com", at="/admin-area/")
    return status(answer, 200, "people and webhooks", provided=answer.url == f"{cast.origin}/admin-area/")


STEPS = [
    grace_signs_in,
    token_says_who_she_is,
    admin_area_is_not_hers,
    cookie_alone_changes_nothing,
    form_writes_a_post,
    ada_signs_in,
]
