"""Everybody who may knock at a door, as a browser with a cookie and as a program with a header."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from django_clerk.models import ClerkUser
from tests.mint import mint, organization
from tests.testapp.models import Post
from tests.testapp.people import create_user

FORGERS_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)

ORG_ADMIN = {
    "o": organization("admin", per="manage", fpm="1,0"),
    "fea": "o:billing,o:reports",
    "pla": "o:pro",
}


@dataclass(frozen=True)
class Caller:
    """Claims of the token, and fields of the rows behind it."""

    claims: dict[str, Any] = field(default_factory=dict)
    row: dict[str, Any] = field(default_factory=dict)
    user: dict[str, Any] = field(default_factory=dict)
    owns: bool = False
    has_token: bool = True
    has_password: bool = False


CALLERS = {
    "nobody": Caller(has_token=False),
    "forged": Caller(claims={"key": FORGERS_KEY}, owns=True, row={"role": "admin"}),
    "pending": Caller(claims={"sts": "pending"}, owns=True, row={"role": "admin"}),
    "member": Caller(claims={"o": organization("member"), "fva": [11, -1]}),
    "org-admin": Caller(claims={**ORG_ADMIN, "fva": [99, -1]}),
    "app-admin": Caller(claims={"metadata": {"role": "admin"}, "fva": [11, 11]}),
    "synced-admin": Caller(claims={"fva": [11, 10]}, row={"role": "admin"}),
    "owner": Caller(owns=True),
    "impersonated": Caller(claims={"act": {"sub": "user_op", "role": "admin", "o": organization("admin")}}, owns=True),
    "banned": Caller(claims=ORG_ADMIN, row={"banned": True, "role": "admin"}, owns=True),
    "inactive": Caller(claims=ORG_ADMIN, row={"role": "admin"}, user={"is_active": False}, owns=True),
    "tombstoned": Caller(claims=ORG_ADMIN, row={"role": "admin", "deleted_at": timezone.now()}, owns=True),
    "superuser": Caller(has_token=False, has_password=True, user={"is_staff": True, "is_superuser": True}, owns=True),
}


def sign_up(caller: Caller, name: str = "ada") -> Any:
    """Return the Django user of a caller, with a row of Clerk's unless they have none."""
    user = create_user(name, **caller.user)
    if not caller.has_password:
        ClerkUser.objects.create(clerk_id=f"user_{name}", user=user, **caller.row)
    return user


def create_post(caller: Caller, user: Any) -> Post:
    """Return a post of theirs, or of somebody else's."""
    return Post.objects.create(author=user if caller.owns else create_user("eve"), title="Post")


def as_page(caller: Caller, user: Any = None) -> dict[str, str]:
    """Return the headers of a browser that loads a page, or forgets to."""
    cookies = []
    if caller.has_token:
        cookies += [f"__session={mint(**caller.claims)}", "__client_uat=1"]
    if caller.has_password:
        session = SessionStore()
        session["_auth_user_id"] = str(user.pk)
        session["_auth_user_backend"] = "django.contrib.auth.backends.ModelBackend"
        session["_auth_user_hash"] = user.get_session_auth_hash()
        session.save()
        cookies.append(f"{settings.SESSION_COOKIE_NAME}={session.session_key}")
    accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    return {"Accept": accept, "Sec-Fetch-Dest": "document", "Cookie": "; ".join(cookies)}


def as_api(caller: Caller, user: Any = None) -> dict[str, str]:
    """Return the headers of a program."""
    if caller.has_password:
        return {"Accept": "application/json", "Cookie": as_page(caller, user)["Cookie"]}
    token = {"Authorization": f"Bearer {mint(**caller.claims)}"} if caller.has_token else {}
    return {"Accept": "application/json", **token}
