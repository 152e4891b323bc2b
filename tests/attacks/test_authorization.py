"""
Callers who claim more than they have: in odd claims, in claims of the wrong place or version, and beside the token.

Each is signed in, and knocks at a decorated view and at a permission class. In test_doors the others
answer alike.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.callers import CALLERS, as_page, sign_up
from tests.mint import bearer, mint, organization
from tests.testapp.models import Post

pytestmark = pytest.mark.django_db

#: What is no application role "admin", whatever it looks like.
ROLES: list[dict[str, Any]] = [
    {"role": "admin"},
    {"roles": ["admin"]},
    {"metadata": "admin"},
    {"metadata": ["admin"]},
    {"metadata": [["role", "admin"]]},
    {"metadata": {"Role": "admin"}},
    {"metadata": {"roles": ["admin"]}},
    {"metadata": {"role": ["admin"]}},
    {"metadata": {"role": {"admin": True}}},
    {"metadata": {"role": True}},
    {"metadata": {"role": 1}},
    {"metadata": {"role": None}},
    {"metadata": {"role": ""}},
    {"metadata": {"role": "Admin"}},
    {"metadata": {"role": "ADMIN"}},
    {"metadata": {"role": "admin "}},
    {"metadata": {"role": " admin"}},
    {"metadata": {"role": "admin\n"}},
    {"metadata": {"role": "admin\x00"}},
    {"metadata": {"role": "admin,member"}},
    {"metadata": {"role": "аdmin"}},  # Cyrillic
    {"metadata": {"role": "ａdmin"}},  # full width
    {"metadata": {"role": "org:admin"}},
    {"metadata": {"role.admin": "admin"}},
    {"metadata": {"metadata": {"role": "admin"}}},
    {"metadata": {"public": {"role": "admin"}}},
    {"metadata.role": "admin"},
    {"public_metadata": {"role": "admin"}},
    {"publicMetadata": {"role": "admin"}},
    {"unsafe_metadata": {"role": "admin"}},
    {"unsafeMetadata": {"role": "admin"}},
    {"metadata": {"unsafe": {"role": "admin"}}},
    {"unsafe_metadata": {"metadata": {"role": "admin"}}},
    {"private_metadata": {"role": "admin"}},
    {"user": {"metadata": {"role": "admin"}}},
    {"o": organization("admin")},
    {"o": {**organization("member"), "metadata": {"role": "admin"}}},
    {"org_role": "admin", "org_id": "org_1", "v": None},
    {"act": {"sub": "user_op", "role": "admin", "metadata": {"role": "admin"}}},
    {"is_staff": True, "is_superuser": True},
    {"scope": "admin"},
    {"aud": "admin"},
    {"azp": "https://example.com", "groups": ["admin"]},
]

_V1 = {"org_id": "org_1", "org_slug": "acme", "org_role": "org:admin", "org_permissions": ["org:billing:manage"]}
_MEMBER_V1 = {"org_id": "org_1", "org_slug": "acme", "org_role": "org:member", "v": None}
_V2 = organization("admin", per="manage", fpm="1")

#: What is no membership as admin with org:billing:manage, and no organization either.
ORGANIZATIONS: list[dict[str, Any]] = [
    {**_V1},
    {**_V1, "v": 3},
    {**_V1, "v": "1"},
    {**_V1, "v": True},
    {**_V1, "v": 0},
    {**_V1, "v": None, "org_id": None},
    {**_V1, "v": None, "org_id": ""},
    {**_V1, "v": None, "org_id": ["org_1"]},
    {**_V1, "v": None, "org_id": 1},
    {"o": _V2, "fea": "o:billing", "v": None},
    {"o": _V2, "fea": "o:billing", "v": 1},
    {"o": _V2, "fea": "o:billing", "v": 3},
    {"o": _V2, "fea": "o:billing", "v": "2"},
    {"o": _V2, "fea": "o:billing", "v": [2]},
    {"o": {**_V2, "id": None}, "fea": "o:billing"},
    {"o": {**_V2, "id": ""}, "fea": "o:billing"},
    {"o": {**_V2, "id": {"a": 1}}, "fea": "o:billing"},
    {"o": [_V2], "fea": "o:billing"},
    {"o": "org_acme", "fea": "o:billing"},
    {"o": True},
    {"org": _V2},
    {"organization": _V2, "fea": "o:billing"},
    {"metadata": {"role": "org:admin", "o": _V2, **_V1}},
    {"act": {"sub": "user_op", "o": _V2, **_V1}},
    {"unsafe_metadata": {"o": _V2}},
]

#: A member of acme, and no more.
MEMBERS: list[dict[str, Any]] = [
    {"o": organization("member"), **_V1},
    {"o": organization("Admin")},
    {"o": organization("admin ")},
    {"o": organization("аdmin")},
    {"o": {**organization(), "rol": ["admin"]}},
    {"o": {**organization(), "rol": {"admin": 1}}},
    {"o": {**organization(), "rol": None}},
    {"o": {**organization(), "role": "admin"}},
    {"o": organization("member"), "org_role": "org:admin"},
    {"o": organization("member"), "metadata": {"role": "org:admin"}},
    {"o": organization("member"), "role": "org:admin"},
    {"o": organization("member", per="manage", fpm="0"), "fea": "o:billing"},
    {"o": organization("member", per="manage", fpm="-1"), "fea": "o:billing"},
    {"o": organization("member", per="manage", fpm="+1"), "fea": "o:billing"},
    {"o": organization("member", per="manage", fpm="0x1"), "fea": "o:billing"},
    {"o": organization("member", per="manage", fpm="١"), "fea": "o:billing"},
    {"o": organization("member", per="manage", fpm=1), "fea": "o:billing"},
    {"o": organization("member", per=["manage"], fpm=["1"]), "fea": "o:billing"},
    {"o": organization("member", per="manage", fpm="1"), "fea": "u:billing"},
    {"o": organization("member", per="manage", fpm="0,1"), "fea": "o:billing"},
    {"o": organization("member", per="read,manage", fpm="1"), "fea": "o:billing"},
    {"o": organization("member", per="Manage", fpm="1"), "fea": "o:billing"},
    {"o": organization("member"), "permissions": ["org:billing:manage"], "org_permissions": ["org:billing:manage"]},
    {**_MEMBER_V1, "org_permissions": "org:billing:manage", "org_role": ["org:admin"]},
    {**_MEMBER_V1, "org_permissions": {"org:billing:manage": 1}},
    {**_MEMBER_V1, "org_permissions": ["org:billing:manage", 1], "org_role": "org:Admin"},
    {**_MEMBER_V1, "org_permissions": ["billing:manage"], "org_role": ""},
]  # fmt: skip

FEATURES: list[dict[str, Any]] = [
    {name: value}
    for name, word in (("fea", "reports"), ("pla", "pro"))
    for value in (
        word, f":{word}", f"x:{word}", f"o:{word.upper()}", f"o:{word}s", f"o:x{word}", f"o: {word}", f"o:{word}:x",
        [f"o:{word}"], {"o": [word]}, f"o;{word}", f"oo:{word}", 1, True, "", "o:", f"O:{word}",
    )
]  # fmt: skip
FEATURES += [{"features": ["reports"], "plans": ["pro"]}, {"metadata": {"fea": "u:reports", "pla": "u:pro"}}]

FACTORS: list[Any] = [
    None, [], [0], [0, 0, 0], "0,-1", ["0", "-1"], [True, False], [-1, -1], [-2, 0], [-0.5, -1], [None, 0], [10, -1],
    [0, 10], [0, 11], [2**53, 0], [1e308, -1], {"0": 0, "1": -1}, 0, True, [[0, -1]], [0, None],
]  # fmt: skip


def knock(rule: str, post: Post, headers: dict[str, str]) -> list[int]:
    return [
        Client().get(f"/{door}/{rule}/{post.pk}/", headers=headers).status_code for door in ("decorator", "permission")
    ]


@pytest.fixture
def post() -> Post:
    sign_up(CALLERS["owner"])
    return Post.objects.create(author=sign_up(CALLERS["owner"], "eve"))


class TestClaims:
    @pytest.mark.parametrize("claims", ROLES)
    def test_role(self, post: Post, claims: dict[str, Any]) -> None:
        for rule in ("role", "owner-or-role"):
            assert knock(rule, post, bearer(**claims)) == [403, 403]

    @pytest.mark.parametrize("claims", ORGANIZATIONS)
    def test_organization(self, post: Post, claims: dict[str, Any]) -> None:
        for rule in ("org", "org-role", "permission"):
            assert knock(rule, post, bearer(**claims)) == [403, 403]

    @pytest.mark.parametrize("claims", MEMBERS)
    def test_member(self, post: Post, claims: dict[str, Any]) -> None:
        packed = claims.get("o", {})
        if any(not isinstance(packed.get(name, ""), str) for name in ("per", "fpm")):  # Clerk's SDK gives up on it
            assert {*knock("org", post, bearer(**claims)), *knock("permission", post, bearer(**claims))} == {401}
            return
        assert knock("org", post, bearer(**claims)) == [200, 200]
        for rule in ("org-role", "permission"):
            assert knock(rule, post, bearer(**claims)) == [403, 403]

    @pytest.mark.parametrize("claims", FEATURES)
    def test_feature_and_plan(self, post: Post, claims: dict[str, Any]) -> None:
        for rule in ("feature", "plan"):
            assert knock(rule, post, bearer(**claims)) == [403, 403]

    @pytest.mark.parametrize("fva", FACTORS)
    def test_reverification(self, post: Post, fva: Any) -> None:
        assert knock("reverify", post, bearer(fva=fva)) == [403, 403]

    @pytest.mark.parametrize("sub", ["user_eve ", "USER_EVE", "user_ev", "user_eve\n"])
    def test_owner(self, post: Post, sub: str) -> None:
        assert knock("owner", post, bearer(sub="user_eve")) == [200, 200]
        assert knock("owner", post, bearer(sub=sub)) != [200, 200]
        assert 200 not in knock("owner", post, bearer(sub=sub))


class TestSyncedRole:
    """The row counts only where the token says nothing of roles, and only its column for the role."""

    @pytest.mark.parametrize(
        "metadata", [{}, {"role": "member"}, {"role": None}, {"role": ["admin"]}, {"team": "x"}, []]
    )
    def test_token_that_carries_metadata_speaks_for_it(self, metadata: Any) -> None:
        user = sign_up(CALLERS["synced-admin"])
        assert knock("role", Post.objects.create(author=user), bearer(metadata=metadata)) == [403, 403]

    @pytest.mark.parametrize(
        "row",
        [
            {"unsafe_metadata": {"role": "admin"}},
            {"public_metadata": {"role": "admin"}},
            {"role": "Admin"},
            {"role": "org:admin"},
            {"username": "admin"},
        ],
    )
    def test_other_columns_do_not_count(self, row: dict[str, Any]) -> None:
        user = sign_up(CALLERS["owner"])
        type(user.clerk).objects.filter(user=user).update(**row)
        assert knock("role", Post.objects.create(author=user), bearer()) == [403, 403]

    def test_django_s_own_flags_do_not_count(self) -> None:
        user = sign_up(CALLERS["owner"])
        type(user).objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True)
        post = Post.objects.create(author=user)
        for rule in ("role", "org-role", "permission", "org", "feature", "plan"):
            assert knock(rule, post, bearer()) == [403, 403]


class TestBesideTheToken:
    SMUGGLED: list[dict[str, str]] = [
        {"X-Clerk-Auth-Status": "signed-in", "X-Clerk-Auth-Token": "x", "X-Clerk-Auth-Reason": ""},
        {"X-Clerk-Auth-Status": "signed-in", "X-Clerk-User-Id": "user_eve"},
        {"X-Middleware-Subrequest": "middleware"},
        {"Remote-User": "eve", "X-Remote-User": "eve"},
        {"X-User": "user_eve", "X-Role": "admin", "X-Forwarded-User": "eve"},
        {"X-Forwarded-For": "127.0.0.1"},
        {"X-HTTP-Method-Override": "OPTIONS"},
    ]

    @pytest.mark.parametrize("headers", SMUGGLED)
    def test_headers_have_no_authority(self, post: Post, headers: dict[str, str]) -> None:
        headers = {"Accept": "application/json", **headers}
        for rule in ("login", "owner", "role"):
            assert knock(rule, post, headers) == [401, 401]
            assert knock(rule, post, {**bearer(), **headers}) == ([200, 200] if rule == "login" else [403, 403])

    @pytest.mark.parametrize("name", ["__session", "token", "access_token", "authorization", "user_id"])
    def test_query_has_none_either(self, post: Post, name: str) -> None:
        for door in ("decorator", "permission"):
            url = f"/{door}/login/{post.pk}/"
            assert Client().get(url, {name: mint(sub="user_eve")}, headers={"Accept": "*/*"}).status_code == 401

    @pytest.mark.parametrize("claims", [{"sts": "pending"}, {"exp": 1}, {"azp": "https://evil.example"}])
    @pytest.mark.parametrize("by_header", [True, False])
    def test_password_session_lends_nothing_to_a_bad_token(self, post: Post, claims: Any, by_header: bool) -> None:
        boss = sign_up(CALLERS["superuser"], "boss")
        cookies = as_page(CALLERS["superuser"], boss)["Cookie"]
        bad = bearer(**claims) if by_header else {}
        cookies += "" if by_header else f"; __session={mint(**claims)}; __client_uat=1"
        headers = {"Accept": "application/json", "Cookie": cookies, **bad}
        for rule in ("login", "role", "owner"):
            assert knock(rule, Post.objects.create(author=boss), headers) == [401, 401]
