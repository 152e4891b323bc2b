"""``request.clerk``: what it shows, what ``has()`` answers, and what nobody can change or carry away."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from django_clerk.core.auth import Auth
from django_clerk.core.claims import read_claims
from tests.mint import claims, organization

ACME = {"o": organization("admin", per="read", fpm="1"), "fea": "o:billing,u:b,ou:c", "pla": "u:free"}


def signed_in(
    *, role_claim: str = "metadata.role", synced: Callable[[], str | None] | None = None, **changes: Any
) -> Auth:
    return Auth(read_claims(claims(**changes)), "a.b.c", "header", None, role_claim, synced)


def test_somebody() -> None:
    auth = signed_in(**ACME, act={"sub": "user_op"})
    assert auth.is_signed_in
    assert not auth.is_unavailable
    assert (auth.user_id, auth.session_id, auth.session_status) == ("user_ada", "sess_1", "active")
    assert auth.org is not None
    assert auth.org.slug == "acme"
    assert auth.permissions == ("org:billing:read",)
    assert auth.features == ("billing", "c", "b")
    assert auth.plans == ("free",)
    assert auth.factor_ages == (0, -1)
    assert auth.actor == {"sub": "user_op"}
    assert auth.claims["azp"] == "https://example.com"
    assert (auth.token_type, auth.token, auth.source, auth.reason) == ("session_token", "a.b.c", "header", None)


def test_nobody() -> None:
    auth = Auth(reason="token-expired", source="cookie")
    assert not auth.is_signed_in
    assert [
        getattr(auth, name) for name in ("user_id", "session_id", "org", "role", "actor", "factor_ages", "token")
    ] == [None] * 7
    assert (auth.permissions, auth.features, auth.plans, dict(auth.claims)) == ((), (), (), {})
    assert not auth.has(role="admin")
    assert not auth.has()


HAS = [
    ({"role": "admin"}, True),
    ({"role": "org:admin"}, True),
    ({"role": "org:org:admin"}, True),
    ({"role": "org:Admin"}, False),
    ({"role": ""}, False),
    ({"role": None}, False),
    ({"role": ["admin"]}, False),
    ({"permission": "billing:read"}, True),
    ({"permission": "org:billing:read"}, True),
    ({"permission": "org:billing:write"}, False),
    ({"permission": ""}, False),
    ({"permission": None}, False),
    *(({"feature": name}, True) for name in ("billing", "u:b", "user:b", "org:c", "user:c", "o:billing:x")),
    *(({"feature": name}, False) for name in ("o:b", "x:billing", "a:", ":a", "o:", "", None, "Billing", ["b"])),
    ({"plan": "free"}, True),
    ({"plan": "o:free"}, False),
    ({"reverification": "strict"}, True),
    ({"reverification": None}, False),
    ({"role": "admin", "feature": "b"}, True),
    ({"role": "admin", "feature": "zzz"}, False),
    ({"role": "admin", "permission": None}, False),
    ({"role": "admin", "reverification": "unknown"}, False),
    ({}, False),
]


@pytest.mark.parametrize(("wanted", "answer"), HAS)
def test_has(wanted: dict[str, Any], answer: bool) -> None:
    assert signed_in(**ACME).has(**wanted) is answer


def test_permissions_without_a_prefix_are_not_met() -> None:
    auth = signed_in(v=None, org_id="org_1", org_role="admin", org_permissions=["billing:read"])
    assert not auth.has(permission="billing:read")
    assert auth.has(role="org:admin")


def test_the_role_comes_from_public_metadata_only() -> None:
    assert signed_in(metadata={"role": "admin"}).role == "admin"
    for place in ("unsafe_metadata", "unsafeMetadata", "public_metadata", "private_metadata", "user", "o", "act"):
        assert signed_in(**{place: {"role": "admin"}}).role is None
    assert signed_in(role="admin", rol="admin", org_role="admin").role is None


@pytest.mark.parametrize(
    "metadata", [{}, {"role": None}, {"role": 1}, {"role": ["admin"]}, {"role": ""}, "admin", [], 0, {"Role": "a"}]
)
def test_metadata_without_a_role_is_no_role(metadata: Any) -> None:
    """Not even the synced one: the token is newer than the row."""
    assert signed_in(metadata=metadata, synced=lambda: "admin").role is None
    assert Auth(read_claims({**claims(), "metadata": None}), synced_role=lambda: "admin").role is None


def test_a_token_without_metadata_leaves_it_to_the_row() -> None:
    assert signed_in(synced=lambda: "editor").role == "editor"
    assert signed_in(synced=lambda: "").role is None
    assert signed_in(synced=lambda: None).role is None
    assert signed_in().role is None


@pytest.mark.parametrize(
    ("path", "payload", "role"),
    [
        ("role", {"role": "admin"}, "admin"),
        ("role", {}, "synced"),
        ("app.metadata.role", {"app": {"metadata": {"role": "admin"}}}, "admin"),
        ("app.metadata.role", {"app": {"metadata": {}}}, None),
        ("app.metadata.role", {"app": {}}, "synced"),
        ("app.metadata.role", {"app": "x"}, None),
        ("app.metadata.role", {"app": {"metadata": ["role"]}}, None),
    ],
)
def test_the_role_is_where_the_setting_says(path: str, payload: dict[str, Any], role: str | None) -> None:
    assert signed_in(role_claim=path, synced=lambda: "synced", **payload).role == role


def test_an_application_role_is_no_role_in_an_organization() -> None:
    auth = signed_in(metadata={"role": "org:admin"}, o=organization("member"))
    assert not auth.has(role="org:admin")


def test_who_impersonates_gets_nothing_of_the_actor() -> None:
    auth = signed_in(act={"sub": "user_op", "role": "admin", "metadata": {"role": "admin"}, "o": organization("admin")})
    assert auth.role is None
    assert auth.org is None


def test_it_cannot_be_changed() -> None:
    auth = signed_in(metadata={"role": "member"}, act={"sub": "user_op", "act": {"sub": "user_boss"}})
    with pytest.raises(dataclasses.FrozenInstanceError):
        auth.reason = "x"  # type: ignore[misc]
    with pytest.raises(TypeError):
        auth.claims["sub"] = "user_eve"  # type: ignore[index]
    with pytest.raises(TypeError):
        auth.session.payload["sub"] = "user_eve"  # type: ignore[index]
    auth.claims["metadata"]["role"] = "admin"
    assert auth.role == "member"
    assert auth.actor is not None
    auth.actor["act"]["sub"] = "user_eve"
    assert auth.actor["act"]["sub"] == "user_boss"


def test_it_is_not_carried_away() -> None:
    """A user in a cache would bring the permissions of a session that has long ended, and the token with them."""
    auth = signed_in(**ACME)
    assert pickle.loads(pickle.dumps(auth)) == Auth()
    assert copy.copy(auth) is auth
    assert copy.deepcopy({"auth": auth})["auth"] is auth


def test_the_representation_is_fit_for_logs() -> None:
    auth = signed_in(email="ada@example.com")
    assert "a.b.c" not in repr(auth)
    assert "ada@example.com" not in repr(auth)
