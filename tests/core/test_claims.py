"""Both versions of the session token's claims, and forms that no version has."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from django_clerk.core.claims import NOBODY, Organization, read_claims
from tests.mint import claims, organization

V1 = {"v": None, "org_id": "org_acme", "org_slug": "acme", "org_role": "org:admin", "org_permissions": ["org:a:read"]}
V2 = {"o": organization("admin", per="read,manage", fpm="3"), "fea": "o:a,u:b", "pla": "u:free"}


def test_version_2() -> None:
    read = read_claims(claims(**V2, act={"sub": "user_op"}))
    assert (read.user_id, read.session_id, read.session_status) == ("user_ada", "sess_1", "active")
    assert read.org == Organization(
        id="org_acme", slug="acme", role="org:admin", permissions=("org:a:read", "org:a:manage")
    )
    assert read.features.organization == ("a",)
    assert read.features.user == ("b",)
    assert read.plans.user == ("free",)
    assert read.factor_ages == (0, -1)
    assert read.actor == {"sub": "user_op"}


def test_version_1() -> None:
    read = read_claims(claims(**V1, sts=None))
    assert read.session_status is None
    assert read.org == Organization(id="org_acme", slug="acme", role="org:admin", permissions=("org:a:read",))


def test_without_an_organization() -> None:
    assert read_claims(claims()).org is None
    assert read_claims(claims(v=None)).org is None


def test_the_old_names_mean_nothing_in_version_2() -> None:
    assert read_claims(claims(**{**V1, "v": 2})).org is None
    both = read_claims(claims(**{**V1, **V2, "v": 2})).org
    assert both is not None
    assert both.permissions == ("org:a:read", "org:a:manage")


def test_the_new_name_means_nothing_in_version_1() -> None:
    assert read_claims(claims(v=None, **V2)).org is None


@pytest.mark.parametrize("version", [0, 3, 99, -2, 2.5, "2", "1", True, False, [], [2], {}, 10**30])
def test_an_unknown_version_has_no_organization(version: Any) -> None:
    read = read_claims({**claims(), **V1, **V2, "v": version})
    assert read.org is None
    assert read.user_id == "user_ada"


MALFORMED_ORGANIZATIONS: dict[str, Any] = {
    "text": "org_acme",
    "number": 1,
    "true": True,
    "list": [organization("admin")],
    "no id": {"rol": "admin", "slg": "acme"},
    "empty id": organization("admin", id=""),
    "id a number": {"id": 7, "rol": "admin"},
    "id a list": {"id": ["org_acme"], "rol": "admin"},
    "id null": {"id": None, "rol": "admin"},
}


@pytest.mark.parametrize("packed", MALFORMED_ORGANIZATIONS.values(), ids=MALFORMED_ORGANIZATIONS)
def test_a_malformed_organization_is_none(packed: Any) -> None:
    assert read_claims(claims(o=packed)).org is None


@pytest.mark.parametrize("role", [None, "", 1, True, ["admin"], {"admin": True}])
def test_a_malformed_role_is_none(role: Any) -> None:
    for read in (read_claims({**claims(), "o": organization(role)}), read_claims({**claims(**V1), "org_role": role})):
        assert read.org is not None
        assert read.org.role is None


@pytest.mark.parametrize(
    "permissions", [None, "org:a:read", {"org:a:read": 1}, ["org:a:read", 1], [["org:a:read"]], True, 1]
)
def test_malformed_permissions_of_version_1_grant_nothing(permissions: Any) -> None:
    org = read_claims(claims(**{**V1, "org_permissions": permissions})).org
    assert org is not None
    assert org.permissions == ()


@pytest.mark.parametrize("claim", ["a", "o:a,b", 1, True, ["o:a"], {"o": "a"}])
def test_a_malformed_feature_claim_grants_nothing_and_raises_nothing(
    claim: Any, caplog: pytest.LogCaptureFixture
) -> None:
    assert read_claims(claims(o=organization("admin"), fea=claim)) == NOBODY
    alone = read_claims(claims(fea=claim, pla=claim))
    assert alone.user_id == "user_ada"
    assert (alone.features.names, alone.plans.names) == ((), ())
    assert 'The claim "fea"' in caplog.text


def test_a_pending_session_belongs_to_nobody() -> None:
    read = read_claims(claims(sts="pending", **V2))
    assert (read.user_id, read.session_id, read.org, read.payload) == (None, None, None, {})
    assert read.session_status == "pending"


@pytest.mark.parametrize("actor", ["user_op", True, 0, "", [], [{"sub": "user_op"}]])
def test_somebody_impersonates_whatever_the_claim_looks_like(actor: Any) -> None:
    assert read_claims({**claims(), "act": actor}).actor == {"sub": None}


def test_the_representation_keeps_claims_out_of_logs(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("django_clerk").debug("%r", read_claims(claims(email="ada@example.com")))
    assert "ada@example.com" not in caplog.text


def test_garbage_in_every_claim_raises_nothing() -> None:
    garbage: list[Any] = [
        None,
        True,
        0,
        -1,
        1.5,
        10**400,
        "",
        "x",
        ":",
        ",",
        [],
        [None],
        {},
        {"id": {}},
        "\ud800",
        "\0",
    ]
    for name in ("sub", "sid", "sts", "v", "o", "fea", "pla", "fva", "act", "org_id", "org_role", "org_permissions"):
        for value in garbage:
            read_claims({**claims(**V2), name: value})
            read_claims({**claims(**V1), name: value})
    for name in ("id", "slg", "rol", "per", "fpm"):
        for value in garbage:
            read_claims(claims(**{**V2, "o": {**organization("admin"), name: value}}))
