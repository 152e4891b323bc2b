"""
Tokens that are genuine, whose claims only look as if they gave something.

Developers put claims of their own beside Clerk's, users write unsafe metadata, and versions mean different things by
one name. Whoever reads too kindly makes an administrator of somebody.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.test import RequestFactory

from django_clerk.core.auth import Auth
from django_clerk.identify import identify
from tests.attacks.target import table
from tests.mint import bearer, organization

ADMIN = {"role": "admin"}
FULL = organization("admin", per="read,manage", fpm="3")
V1 = {"org_id": "org_acme", "org_role": "org:admin", "org_permissions": ["org:billing:manage"]}


def seen(**claims: Any) -> Auth:
    return identify(RequestFactory().get("/", headers=bearer(**claims)))


def holds_nothing(auth: Auth) -> bool:
    asked = (
        auth.has(role="admin"),
        auth.has(role="org:admin"),
        auth.has(permission="org:billing:manage"),
        auth.has(permission="billing:read"),
        auth.has(feature="billing"),
        auth.has(plan="pro"),
        auth.role == "admin",
        auth.org is not None and auth.org.role == "org:admin",
    )
    return not any(asked)


METADATA: dict[str, dict[str, Any]] = {
    "unsafe_metadata": {"unsafe_metadata": ADMIN},
    "unsafeMetadata": {"unsafeMetadata": ADMIN},
    "unsafe inside metadata": {"metadata": {"unsafe": ADMIN, "unsafe_metadata": ADMIN}},
    "private_metadata": {"private_metadata": ADMIN},
    "public_metadata, where the setting does not point": {"public_metadata": ADMIN},
    "role at the top": {"role": "admin", "roles": ["admin"], "rol": "admin"},
    "user object": {"user": {"role": "admin", "public_metadata": ADMIN}},
    "metadata as text": {"metadata": '{"role": "admin"}'},
    "metadata as a list": {"metadata": [ADMIN]},
    "metadata as pairs": {"metadata": [["role", "admin"]]},
    "metadata twice deep": {"metadata": {"metadata": ADMIN}},
    "dotted name": {"metadata.role": "admin"},
    "role in capitals": {"metadata": {"Role": "admin", "ROLE": "admin"}},
    "role as a list": {"metadata": {"role": ["admin"]}},
    "role as an object": {"metadata": {"role": {"admin": True}}},
    "role true": {"metadata": {"role": True}},
    "role with a space": {"metadata": {"role": "admin "}},
    "another case": {"metadata": {"role": "Admin"}},
    "look-alike": {"metadata": {"role": "\u0430dmin"}},
    "prefixed": {"metadata": {"role": "org:admin"}},
    "several": {"metadata": {"role": "member,admin"}},
    "the actor's": {"act": {"sub": "user_op", "role": "admin", "metadata": ADMIN, "o": FULL}},
}

ORGANIZATIONS: dict[str, dict[str, Any]] = {
    "version 1's names in version 2": V1,
    "version 2's name in version 1": {"v": None, "o": FULL, "fea": "o:bills", "pla": "o:pro_plan"},
    **{f"version {v!r}": {"v": v, "o": FULL, **V1} for v in (0, 3, -2, 2.5, "2", "1", True, False, [2], {"v": 2})},
    "names of other SDKs": {"orgId": "org_1", "orgRole": "org:admin", "org": FULL, "organization": FULL},
    "memberships": {"organizations": {"org_acme": "admin"}, "memberships": [FULL]},
    "without an id": {"o": {"rol": "admin", "per": "manage", "fpm": "1"}, "fea": "o:x"},
    "id a number": {"o": {**FULL, "id": 1}},
    "id true": {"o": {**FULL, "id": True}},
    "id a list": {"o": {**FULL, "id": ["org_acme"]}},
    "id empty": {"o": {**FULL, "id": ""}},
    "a list": {"o": [FULL]},
    "text": {"o": '{"id": "org_acme", "rol": "admin"}'},
    "role a list": {"o": {**FULL, "rol": ["admin"]}},
    "role an object": {"o": {**FULL, "rol": {"admin": 1}}},
    "role true": {"o": {**FULL, "rol": True}},
    "role in capitals": {"o": {**FULL, "rol": "ADMIN"}},
    "role with a space": {"o": {**FULL, "rol": "admin\u200b"}},
    "roles": {"o": {"id": "org_acme", "roles": ["admin"], "role": "admin", "permissions": ["billing:manage"]}},
    "version 1, id missing": {**V1, "v": None, "org_id": None},
    "version 1, id a number": {**V1, "v": None, "org_id": 7},
    "version 1, permissions as text": {"v": None, "org_id": "org_1", "org_permissions": "org:billing:manage"},
    "version 1, permissions an object": {"v": None, "org_id": "org_1", "org_permissions": {"org:billing:manage": 1}},
    "version 1, permissions without prefix": {"v": None, "org_id": "org_1", "org_permissions": ["billing:manage"]},
    "version 1, one permission no text": {"v": None, "org_id": "org_1", "org_permissions": ["org:billing:manage", 1]},
    "pending": {"sts": "pending", "o": FULL, "fea": "o:billing", "pla": "o:pro", "metadata": ADMIN},
}


def packed(*, per: Any = "read,manage", fpm: Any = "3", fea: Any = "o:billing") -> dict[str, Any]:
    return {"o": organization("member", per=per, fpm=fpm), "fea": fea}


MASKS = ("-1", "1.5", "3x", "0x3", "1e1", "+3", "١", "¹", "３", "", " ", ",", "\x1c3", "4", -1, 3, 1.5, True, [3])
PACKED: dict[str, dict[str, Any]] = {
    **{f"mask {mask!r}": packed(fpm=mask) for mask in MASKS},
    "no features": packed(fea=None),
    "features a list": packed(fea=["o:billing"]),
    "features an object": packed(fea={"o": "billing"}),
    "features without a scope": packed(fea="billing"),
    "one feature without a scope": packed(fea="o:billing,billing"),
    "features of an unknown scope": packed(fea="x:billing,org:billing,O:billing"),
    "a feature in capitals": packed(fea="o:Billing"),
    "a user's feature before, masks for all": packed(fea="u:a,o:billing", fpm="3,0"),
    "a user's feature before, masks for the organization": packed(fea="u:a,o:billing", fpm="0,3"),
    "permissions a list": packed(per=["read", "manage"]),
    "permissions an object": packed(per={"read": 1}),
    "permissions true": packed(per=True),
    "no permissions": packed(per=None),
    "masks missing": packed(fpm=None),
    "fewer masks than features": packed(fea="o:invoices,o:billing", fpm="3"),
    "more bits than permissions": packed(fpm=str(2**200 - 1), per="x"),
}

BILLING: dict[str, dict[str, Any]] = {
    "plan a list": {"pla": ["u:pro"]},
    "plan without a scope": {"pla": "pro"},
    "plan of an unknown scope": {"pla": "x:pro"},
    "plan in capitals": {"pla": "u:Pro"},
    "plan with more behind": {"pla": "u:pro_plus"},
    "plan true": {"pla": True},
    "other names": {"plan": "pro", "plans": ["pro"], "features": ["billing"], "feature": "billing"},
    "a malformed one among good ones": {"pla": "u:pro,free", "fea": "u:billing,chat"},
}


@table(PACKED)
def test_permissions_that_are_packed_wrongly(attack: dict[str, Any]) -> None:
    auth = seen(**attack)
    assert not auth.has(permission="org:billing:manage")
    assert not auth.has(permission="billing:read")


@table({**METADATA, **ORGANIZATIONS, **BILLING})
def test_what_looks_like_a_claim_and_is_none(attack: dict[str, Any]) -> None:
    assert holds_nothing(seen(**attack))


def test_the_genuine_claims_do_count() -> None:
    """Otherwise the attacks above would fail for being asked about the wrong things."""
    version_2 = {"o": FULL, "fea": "o:billing", "pla": "u:pro", "metadata": ADMIN}
    for auth in (seen(**version_2), seen(v=None, **V1, fea="u:billing", pla="u:pro", metadata=ADMIN)):
        assert auth.has(role="admin", permission="org:billing:manage", feature="billing", plan="pro")
        assert auth.role == "admin"


@pytest.mark.parametrize("name", ["role", "permission", "feature", "plan", "reverification"])
def test_one_condition_that_nobody_understands_spoils_all(name: str) -> None:
    auth = seen(o=FULL, fea="o:billing", pla="u:pro")
    good: dict[str, Any] = {"role": "admin", "permission": "billing:read", "feature": "billing", "plan": "pro"}
    assert auth.has(**good)
    for bad in (None, "", [], {}, 0, True, "nobody-has-it", b"admin", ["admin"]):
        assert not auth.has(**{**good, name: bad})
