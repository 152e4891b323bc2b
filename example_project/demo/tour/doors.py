"""The same people at other doors: route policy, Django's admin, an API key, an organization, somebody else's hand."""

from __future__ import annotations

from django.apps import apps
from posts.models import Notice, Post

from django_clerk.emulator.instance import get_emulator

from .cast import Cast, session_of
from .report import Finding, status
from .visitor import Program

NOTICES = "/api/notices/"


def schema_is_shut_to_strangers(cast: Cast) -> Finding:
    """/api/schema/ without a token, a view of another package that lets in everybody"""
    return status(cast.no_token.get("/api/schema/"), 401, "CLERK_PROTECTED_ROUTES, for whatever nobody has opened")


def schema_names_every_way_to_call(cast: Cast) -> Finding:
    """/api/schema/ with Grace's token"""
    answer = cast.grace_by_api.get("/api/schema/")
    ways = sorted(answer.json()["components"]["securitySchemes"]) if answer.ok else []
    return status(answer, 200, ", ".join(ways), provided={"clerkApiKey", "clerkSession"} <= set(ways))


def ninja_asks_the_same_rule(cast: Cast) -> Finding:
    """Grace deletes a post of Ada's through Django Ninja"""
    post = Post.objects.filter(author__email="ada@example.com").values_list("pk", flat=True)[0]
    answer = cast.grace_by_api.delete(f"/ninja/posts/{post}")
    return status(answer, 403, "the post is still there", provided=Post.objects.filter(pk=post).exists())


def area_is_for_admins(cast: Cast) -> Finding:
    """Grace opens /admin-area/refusals/, whose view has no guard"""
    return status(cast.grace.get("/admin-area/refusals/"), 403, "CLERK_ROLE_ROUTES, for all of /admin-area/")


def refusal_is_remembered(cast: Cast) -> Finding:
    """Ada opens it, and finds Grace in it"""
    answer = cast.ada.get("/admin-area/refusals/")
    grace = session_of(cast.grace)["sub"]
    as_promised = grace in answer.text and "CLERK_ROLE_ROUTES" in answer.text
    return status(answer, 200, "who, where, and by which rule", provided=as_promised)


def editor_enters_the_admin(cast: Cast) -> Finding:
    """Grace, an editor at Clerk, opens Django's admin"""
    answer = cast.grace.get("/admin/posts/post/")
    users = cast.grace.get("/admin/auth/user/")
    fact = f"posts, as her group may, and not the users: {users.status_code}"
    return status(answer, 200, fact, provided=users.status_code == 403)


def key_opens_what_it_is_for(cast: Cast) -> Finding:
    """A program with an API key of Grace's"""
    grace = session_of(cast.grace)["sub"]
    made = cast.back_office.post("v1/api_keys", {"name": "Backup", "subject": grace, "scopes": ["posts:read"]})
    program = Program(cast.origin, made.json()["secret"])
    answer, elsewhere = program.get("/export/"), program.get("/api/me/")
    fact = f"her posts, and nothing where keys are not accepted: {elsewhere.status_code}"
    return status(answer, 200, fact, provided="posts" in answer.json() and elsewhere.status_code == 401)


def notice_is_the_organization_s(cast: Cast) -> Finding:
    """Grace starts an organization, chooses it, and writes a notice for it"""
    session = session_of(cast.grace)
    made = cast.back_office.post("v1/organizations", {"name": "Harbour", "created_by": session["sub"]})
    chosen = {"active_organization_id": made.json()["id"]}
    cast.grace.post(f"/__clerk/v1/client/sessions/{session['sid']}/touch", chosen)
    answer = cast.program(cast.grace).post(NOTICES, {"text": "High tide at six", "organization": "org_of_somebody"})
    as_promised = Notice.objects.filter(text="High tide at six", organization=made.json()["id"]).exists()
    return status(answer, 201, "it belongs to the organization, whatever the body says", provided=as_promised)


def notices_are_hidden_from_others(cast: Cast) -> Finding:
    """Ada, an admin and a superuser, but no member of it, asks for the notices"""
    return status(cast.ada_by_api.get(NOTICES), 403, "has_permission(org:notices:write)")


def support_may_look_and_not_delete(cast: Cast) -> Finding:
    """Somebody from support acts for Grace, and opens /account/delete/"""
    grace = session_of(cast.grace)["sub"]
    act = {"iss": "https://dashboard.clerk.com", "sub": "user_support"}
    support = Program(cast.origin, get_emulator().mint_session_token(grace, azp=cast.origin, act=act))
    dashboard = support.get("/dashboard/")
    answer = support.get("/account/delete/")
    as_promised = "Good to see you, Grace" in dashboard.text and "acts for this person" in dashboard.text
    return status(answer, 403, f"her dashboard was {dashboard.status_code}, and says who acts", provided=as_promised)


STEPS = [
    *([schema_is_shut_to_strangers, schema_names_every_way_to_call] if apps.is_installed("drf_spectacular") else []),
    *([ninja_asks_the_same_rule] if apps.is_installed("ninja") else []),
    area_is_for_admins,
    refusal_is_remembered,
    editor_enters_the_admin,
    key_opens_what_it_is_for,
    notice_is_the_organization_s,
    notices_are_hidden_from_others,
    support_may_look_and_not_delete,
]
