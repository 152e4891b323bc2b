"""Organizations, memberships and roles told by webhooks: the rows, the signals, and what is asked of the rows."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from django_clerk.backends import ClerkBackend, provision
from django_clerk.core.auth import Auth
from django_clerk.core.claims import SessionClaims
from django_clerk.core.memberships import read_membership, read_organization, read_role_definition
from django_clerk.models import ClerkMembership, ClerkOrganization, ClerkRole, ClerkUser
from django_clerk.sync import (
    Outcome,
    apply_memberships,
    apply_organizations,
    apply_roles,
    delete_membership,
    delete_organization,
    delete_role,
    delete_user,
    preview_memberships,
    preview_organizations,
    preview_roles,
)
from tests.deliveries import (
    clerk_membership,
    clerk_organization,
    clerk_role,
    clerk_user,
    deleted,
    deliver,
    listening,
    milliseconds,
)

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.webhook_urls")]

JOINED, CHANGED, LEFT = (f"organizationMembership.{verb}" for verb in ("created", "updated", "deleted"))


def tell(kind: str, data: Any, /, **changes: Any) -> list[str]:
    """Deliver an event, which must be received, and return the names of the signals that are sent besides."""
    with listening() as said:
        assert deliver(Client(), kind, data, **changes).status_code == 200
    return [name for name, _ in said if name != "webhook_received"]


def organization(clerk_id: str = "org_acme") -> ClerkOrganization:
    return ClerkOrganization.objects.get(clerk_id=clerk_id)


def membership(clerk_id: str = "orgmem_1") -> ClerkMembership:
    return ClerkMembership.objects.select_related("organization", "clerk_user").get(clerk_id=clerk_id)


# Organizations


def test_an_organization_is_kept() -> None:
    assert tell("organization.created", clerk_organization(public_metadata={"plan": "team"})) == ["organization_synced"]
    row = organization()
    assert (row.name, row.slug, row.max_allowed_memberships, row.created_by) == ("Acme", "acme", 5, "user_ada")
    assert row.public_metadata == {"plan": "team"}
    assert row.synced_at is not None
    assert not ClerkUser.objects.exists()  # who created it may have left since


def test_what_becomes_of_organizations() -> None:
    def apply(**changes: Any) -> Outcome:
        profile = read_organization(clerk_organization(**changes))
        expected = preview_organizations([profile])
        assert apply_organizations([profile]) == expected
        return expected["org_acme"]

    assert apply(at=2) is Outcome.CREATED
    assert apply(at=2) is Outcome.UNCHANGED
    assert apply(at=3, name="Emca") is Outcome.UPDATED
    assert apply(at=2) is Outcome.STALE
    assert delete_organization("org_acme")
    assert not delete_organization("org_acme")
    assert apply(at=9) is Outcome.GONE
    assert apply_organizations([]) == {}


def test_a_deleted_organization_is_forgotten_and_never_comes_back() -> None:
    tell("organization.created", clerk_organization(public_metadata={"plan": "team"}))
    assert tell("organization.deleted", deleted("organization", "org_acme")) == ["organization_deleted"]
    assert tell("organization.updated", clerk_organization(at=9_000)) == []
    row = organization()
    assert (row.name, row.slug, row.public_metadata, row.created_by, row.created_at) == ("", "", {}, "", None)
    assert row.deleted_at is not None


# Memberships


def test_a_membership_brings_its_user_and_its_organization() -> None:
    data = clerk_membership(role="admin", public_metadata={"desk": 4})
    assert tell(JOINED, data) == ["organization_synced", "membership_synced"]
    row = membership()
    assert (row.clerk_user.clerk_id, row.organization.name, row.role) == ("user_ada", "Acme", "org:admin")
    assert (row.permissions, row.public_metadata, row.is_active) == (["org:posts:read"], {"desk": 4}, True)
    assert (row.clerk_user.user, row.clerk_user.synced_at, row.clerk_user.email) == (None, None, "")
    assert not get_user_model().objects.exists()


def test_no_private_metadata_is_kept() -> None:
    tell(JOINED, clerk_membership())
    for model in (ClerkMembership, ClerkOrganization, ClerkUser):
        assert "another database" not in str(list(model._default_manager.values()))


@pytest.mark.parametrize("way", ["webhook", "claims"])
def test_a_member_who_was_never_here_gets_a_django_user_later(way: str) -> None:
    tell(JOINED, clerk_membership())
    assert ClerkBackend().get_user(1) is None
    if way == "webhook":
        assert tell("user.created", clerk_user(email="ada@example.com")) == ["user_synced"]
    else:
        provision("user_ada")
    user = ClerkBackend().authenticate(None, clerk_auth=Auth(SessionClaims({"sub": "user_ada"})))
    assert user is not None
    assert membership().clerk_user.user == user


def test_a_member_who_was_deleted_does_not_come_back() -> None:
    tell("user.deleted", deleted("user", "user_ada"))
    tell(JOINED, clerk_membership())
    provision("user_ada")
    assert not get_user_model().objects.exists()
    assert not membership().is_active


def test_what_becomes_of_memberships() -> None:
    def apply(**changes: Any) -> Outcome:
        profile = read_membership(clerk_membership(**changes))
        expected = preview_memberships([profile])
        assert apply_memberships([profile]) == expected
        return expected["orgmem_1"]

    assert apply(at=2) is Outcome.CREATED
    assert apply(at=2) is Outcome.UNCHANGED
    assert apply(at=3, role="org:admin") is Outcome.UPDATED
    assert apply(at=2) is Outcome.STALE
    assert delete_membership("orgmem_1")
    assert not delete_membership("orgmem_1")
    assert apply(at=9) is Outcome.GONE
    assert apply_memberships([]) == {}
    assert not delete_membership("orgmem_never_seen")
    assert not ClerkMembership.objects.filter(clerk_id="orgmem_never_seen").exists()


def test_an_organization_is_news_whatever_its_membership_is() -> None:
    """The membership may be stale, or gone; what came with it is true all the same."""
    tell(JOINED, clerk_membership(at=9))
    renamed = clerk_organization(at=2_000, name="Emca")
    assert tell(CHANGED, clerk_membership(at=1, organization=renamed)) == ["organization_synced"]
    tell(LEFT, clerk_membership())
    renamed = clerk_organization(at=3_000, name="Acme again")
    assert tell(CHANGED, clerk_membership(at=10, organization=renamed)) == ["organization_synced"]
    assert organization().name == "Acme again"


def test_deleted_before_it_was_created() -> None:
    assert tell(LEFT, clerk_membership()) == ["organization_synced", "membership_deleted"]
    assert tell(JOINED, clerk_membership()) == []
    row = membership()
    assert (row.role, row.own_permissions, row.updated_at, row.is_active) == ("", [], None, False)
    assert (row.organization.clerk_id, row.clerk_user.clerk_id) == ("org_acme", "user_ada")


def test_who_joins_again_has_another_membership() -> None:
    tell(JOINED, clerk_membership())
    tell(LEFT, clerk_membership())
    tell(JOINED, clerk_membership("orgmem_2", role="org:admin"))
    assert list(ClerkMembership.objects.active().values_list("clerk_id", "role")) == [("orgmem_2", "org:admin")]


def test_who_joins_again_does_not_keep_the_role_of_before() -> None:
    """That they had left was lost. When it is told after all, somebody hears of it, once."""
    tell("user.created", clerk_user())
    tell(JOINED, clerk_membership(role="org:admin"))
    tell(JOINED, clerk_membership("orgmem_2", created_at=milliseconds(9), at=9))
    ada = ClerkUser.objects.get()
    assert not ClerkUser.objects.in_organization("acme", role="org:admin").exists()
    assert not ClerkUser.objects.with_role("org:admin").exists()
    assert list(ClerkUser.objects.in_organization("acme", role="org:member")) == [ada]
    assert list(ada.organizations) == [organization()]
    assert [row.clerk_id for row in ClerkMembership.objects.active()] == ["orgmem_2"]
    assert [row.clerk_id for row in organization().memberships.active()] == ["orgmem_2"]
    assert (membership("orgmem_1").is_active, membership("orgmem_2").is_active) == (False, True)
    assert tell(LEFT, clerk_membership()) == ["membership_deleted"]
    assert tell(LEFT, clerk_membership()) == []
    tell(LEFT, clerk_membership("orgmem_2", created_at=milliseconds(9)))
    assert not ClerkMembership.objects.active().exists()


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (LEFT, clerk_membership()),
        ("organization.deleted", deleted("organization", "org_acme")),
        ("user.deleted", deleted("user", "user_ada")),
    ],
)
def test_when_a_membership_is_no_longer_in_force(kind: str, data: Any) -> None:
    tell(JOINED, clerk_membership(role="org:admin"))
    tell("user.created", clerk_user())
    ada = ClerkUser.objects.get()
    assert list(ada.organizations) == [organization()]
    assert list(ClerkUser.objects.with_role("org:admin")) == [ada]
    tell(kind, data)
    assert not membership().is_active
    assert not ClerkMembership.objects.active().exists()
    assert not ada.organizations.exists()
    assert not ClerkUser.objects.with_role("org:admin").exists()
    assert not ClerkUser.objects.in_organization("org_acme").exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"organization": {"id": "user_ada"}},
        {"organization": None},
        {"public_user_data": {"user_id": "org_acme"}},
        {"public_user_data": None},
        {"id": "org_1"},
    ],
)
@pytest.mark.parametrize("kind", [JOINED, LEFT])
def test_a_membership_without_its_ids_is_refused(kind: str, changes: Any, client: Client) -> None:
    assert deliver(client, kind, {**clerk_membership(), **changes}).status_code == 400
    assert not any(model._default_manager.exists() for model in (ClerkMembership, ClerkOrganization, ClerkUser))


# Permissions


def test_a_role_changes_what_its_members_may_do() -> None:
    tell(JOINED, clerk_membership(permissions=["org:a"]), timestamp=milliseconds(1))
    tell("role.created", clerk_role(permissions=["org:a"], at=0), timestamp=milliseconds(0))
    assert membership().permissions == ["org:a"]
    tell("role.updated", clerk_role(permissions=["org:a", "org:b"], at=5), timestamp=milliseconds(5))
    assert membership().permissions == ["org:a", "org:b"]
    tell(CHANGED, clerk_membership(permissions=["org:b"], at=2_000), timestamp=milliseconds(9))
    assert membership().permissions == ["org:b"]
    tell("role.updated", clerk_role(key="org:admin", permissions=["org:z"], at=20), timestamp=milliseconds(20))
    assert membership().permissions == ["org:b"]  # the role has another key now: it is not this member's


def test_a_role_that_was_told_of_later_holds_for_an_unchanged_membership_too() -> None:
    """Told again, it is news: what the role allowed in between is late."""
    told = [
        (JOINED, clerk_membership(permissions=["org:a"]), 1),
        (CHANGED, clerk_membership(permissions=["org:a"]), 3),
        ("role.updated", clerk_role(permissions=["org:b"]), 2),
    ]
    for kind, data, at in told:
        tell(kind, data, timestamp=milliseconds(at))
    assert membership().permissions == ["org:a"]


def test_of_two_roles_with_one_key_the_later_told_counts() -> None:
    tell(JOINED, clerk_membership(permissions=[]), timestamp=milliseconds(0))
    tell("role.created", clerk_role("role_new", permissions=["org:new"]), timestamp=milliseconds(2))
    tell("role.updated", clerk_role("role_old", permissions=["org:old"]), timestamp=milliseconds(1))
    assert membership().permissions == ["org:new"]
    tell("role.deleted", deleted("role", "role_new"))
    assert membership().permissions == ["org:old"]
    tell("role.deleted", deleted("role", "role_old"))
    assert membership().permissions == []


def test_permissions_of_many_cost_one_query() -> None:
    apply_roles([read_role_definition(clerk_role(permissions=["org:a"]))])
    apply_memberships(
        [read_membership(clerk_membership(f"orgmem_{n}", user=f"user_{n}", permissions=[])) for n in range(30)]
    )
    with CaptureQueriesContext(connection) as captured:
        found = [row.permissions for row in ClerkMembership.objects.active().with_permissions()]
    assert found == [[]] * 30
    assert len(captured) == 1
    role = read_role_definition(clerk_role(permissions=["org:b"], at=2_000), told_at=organization().updated_at)
    assert apply_roles([role]) == {"role_1": Outcome.UPDATED}
    with CaptureQueriesContext(connection) as captured:
        found = [row.permissions for row in ClerkMembership.objects.with_permissions()]
    assert found == [["org:b"]] * 30
    assert len(captured) == 1


def test_permissions_can_be_given_to_a_new_row() -> None:
    assert ClerkMembership(permissions=["org:a"]).own_permissions == ["org:a"]


def test_what_becomes_of_roles() -> None:
    def apply(**changes: Any) -> Outcome:
        profile = read_role_definition(clerk_role(**changes))
        expected = preview_roles([profile])
        assert apply_roles([profile]) == expected
        return expected["role_1"]

    assert apply(at=2) is Outcome.CREATED
    assert apply(at=2) is Outcome.UNCHANGED
    assert apply(at=3, permissions=["org:a"]) is Outcome.UPDATED
    assert apply(at=2) is Outcome.STALE
    assert delete_role("role_1")
    assert not delete_role("role_1")
    assert apply(at=9) is Outcome.GONE
    row = ClerkRole.objects.get()
    assert (row.key, row.name, row.permissions) == ("", "", [])


# Questions


@pytest.fixture
def people() -> dict[str, ClerkUser]:
    """Ada is admin of the application and of Acme, Grace a member of Acme and of Emca, Alan of none, Eve banned."""
    tell("user.created", clerk_user("user_ada", public_metadata={"role": "admin"}))
    tell("user.created", clerk_user("user_grace"))
    tell("user.created", clerk_user("user_alan", locked=True))
    tell("user.created", clerk_user("user_eve", banned=True, public_metadata={"role": "admin"}))
    tell(JOINED, clerk_membership("orgmem_1", user="user_ada", role="org:admin"))
    tell(JOINED, clerk_membership("orgmem_2", user="user_grace"))
    tell(JOINED, clerk_membership("orgmem_3", user="user_grace", organization="org_emca", role="org:admin"))
    return {row.clerk_id: row for row in ClerkUser.objects.all()}


def names(users: Any) -> set[str]:
    found = [row.clerk_id.removeprefix("user_") for row in users]
    assert len(found) == len(set(found))
    return set(found)


def test_with_role(people: dict[str, ClerkUser]) -> None:
    users = ClerkUser.objects
    assert names(users.with_role("admin")) == {"ada", "eve"}
    assert names(users.active().with_role("admin")) == {"ada"}
    assert names(users.with_role("org:admin")) == {"ada", "grace"}
    assert names(users.with_role("org:member")) == {"grace"}
    assert names(users.with_role("org:admin").with_role("admin")) == {"ada"}
    for nobodys in ("Admin", "org:Admin", "member", "org:", "org"):
        assert names(users.with_role(nobodys)) == set()


@pytest.mark.parametrize("role", ["", None])
def test_with_no_role(role: Any) -> None:
    """Whoever has none would be found."""
    with pytest.raises(ValueError, match="needs a role"):
        ClerkUser.objects.with_role(role)


@pytest.mark.parametrize("by", ["row", "id", "slug"])
def test_in_organization(by: str, people: dict[str, ClerkUser]) -> None:
    acme, emca = (
        {"row": organization(f"org_{name}"), "id": f"org_{name}", "slug": name}[by] for name in ("acme", "emca")
    )
    users = ClerkUser.objects
    assert names(users.in_organization(acme)) == {"ada", "grace"}
    assert names(users.in_organization(emca)) == {"grace"}
    assert names(users.in_organization(acme, role="org:admin")) == {"ada"}
    assert names(users.in_organization(acme).in_organization(emca)) == {"grace"}
    assert names(users.in_organization(emca).with_role("admin")) == set()


@pytest.mark.parametrize("organization", ["", None])
def test_in_no_organization(organization: Any, people: dict[str, ClerkUser]) -> None:
    """Organizations without a slug have the same one."""
    with pytest.raises(ValueError, match="needs an organization"):
        ClerkUser.objects.in_organization(organization)


@pytest.mark.parametrize("role", ["", "admin"])
def test_in_organization_with_another_kind_of_role(role: str, people: dict[str, ClerkUser]) -> None:
    with pytest.raises(ValueError, match="role of an organization"):
        ClerkUser.objects.in_organization("acme", role=role)


def test_a_slug_is_of_the_organization_that_has_it_now(people: dict[str, ClerkUser]) -> None:
    tell("organization.deleted", deleted("organization", "org_acme"))
    assert names(ClerkUser.objects.in_organization("acme")) == set()
    tell("organization.updated", clerk_organization("org_emca", slug="acme", at=2_000))
    assert names(ClerkUser.objects.in_organization("acme")) == {"grace"}


@pytest.mark.parametrize("order", [1, -1])
def test_a_slug_that_two_organizations_have_is_of_the_one_told_latest(order: int) -> None:
    """One has another name by now, and that was lost: no two have the same slug in Clerk."""
    told = [
        clerk_membership("orgmem_1", user="user_ada", organization="org_acme"),
        clerk_membership(
            "orgmem_2", user="user_grace", organization=clerk_organization("org_b", slug="acme", at=9_000)
        ),
    ]
    for data in told[::order]:
        tell(JOINED, data)
    assert names(ClerkUser.objects.in_organization("acme")) == {"grace"}
    tell("organization.updated", clerk_organization("org_c", slug="acme", at=9_000), timestamp=milliseconds(9_001))
    assert names(ClerkUser.objects.in_organization("acme")) == set()
    for clerk_id, member in (("org_c", {"grace"}), ("org_b", {"ada"})):
        tell("organization.deleted", deleted("organization", clerk_id))
        assert names(ClerkUser.objects.in_organization("acme")) == member


def test_active(people: dict[str, ClerkUser]) -> None:
    delete_user("user_grace")
    assert names(ClerkUser.objects.active()) == {"ada"}
    assert {row.clerk_id for row in ClerkOrganization.objects.active()} == {"org_acme", "org_emca"}
    assert [row.clerk_id for row in ClerkMembership.objects.active()] == ["orgmem_1"]
    assert all(row.may_sign_in is (row.clerk_id == "user_ada") for row in ClerkUser.objects.all())


def test_a_member_of_one_organization_by_two_memberships_is_found_once(people: dict[str, ClerkUser]) -> None:
    """The end of the first is on its way."""
    tell(JOINED, clerk_membership("orgmem_4", user="user_ada", role="org:admin"))
    assert names(ClerkUser.objects.with_role("org:admin")) == {"ada", "grace"}
    assert list(people["user_ada"].organizations) == [organization()]


# Signals


def test_arguments() -> None:
    with listening() as said:
        deliver(Client(), JOINED, clerk_membership(), svix_id="msg_1")
        deliver(Client(), CHANGED, clerk_membership(at=2_000, role="org:admin"))
        deliver(Client(), LEFT, clerk_membership())
        deliver(Client(), "organization.deleted", deleted("organization", "org_acme"))
        apply_organizations([read_organization(clerk_organization("org_emca"))])
    heard = [(name, arguments) for name, arguments in said if name != "webhook_received"]
    assert [name for name, _ in heard] == [
        "organization_synced",
        "membership_synced",
        "membership_synced",
        "membership_deleted",
        "organization_deleted",
        "organization_synced",
    ]
    (_, told), (_, joined), (_, changed), (_, left), (_, gone), (_, listed) = heard
    assert (told["sender"], told["organization"].clerk_id, told["created"]) == (ClerkOrganization, "org_acme", True)
    assert (joined["sender"], joined["membership"], joined["created"]) == (ClerkMembership, membership(), True)
    assert (changed["membership"].role, changed["created"]) == ("org:admin", False)
    assert told["event"].svix_id == joined["event"].svix_id == "msg_1"
    assert (left["membership"].organization, left["membership"].clerk_user.clerk_id) == (organization(), "user_ada")
    assert gone["organization"] == organization()
    assert (listed["event"], listed["created"]) == (None, True)


# Several databases


class ReadsElsewhere:
    """Sends whoever does not say where to read to a replica, which is not there."""

    def db_for_read(self, model: type, **hints: Any) -> str:
        return "replica"

    def db_for_write(self, model: type, **hints: Any) -> str:
        return "default"


def test_what_is_written_is_read_where_it_is_written() -> None:
    """A replica is late: what is not on it yet would be written as if it were new."""
    history = [
        (JOINED, clerk_membership()),
        ("user.created", clerk_user(email="ada@example.com")),
        (CHANGED, clerk_membership(at=2_000, role="org:admin")),
        ("organization.updated", clerk_organization(at=2_000)),
        ("role.created", clerk_role()),
        ("session.created", {"id": "sess_1", "user_id": "user_ada"}),
        (LEFT, clerk_membership()),
        ("role.deleted", deleted("role", "role_1")),
        ("organization.deleted", deleted("organization", "org_acme")),
        ("user.deleted", deleted("user", "user_ada")),
    ]
    with override_settings(DATABASE_ROUTERS=[f"{__name__}.ReadsElsewhere"]):
        heard = [name for kind, data in history for name in tell(kind, data)]
    assert len(heard) == 9
    assert not ClerkMembership.objects.get().is_active


# Costs


@pytest.mark.parametrize(
    ("kind", "data", "queries"),
    [
        (JOINED, clerk_membership("orgmem_2", user="user_new", organization="org_new"), 15),
        (JOINED, clerk_membership("orgmem_2", user="user_grace"), 12),
        (CHANGED, clerk_membership(role="org:admin", at=2_000), 11),
        (CHANGED, clerk_membership(), 8),
        (LEFT, clerk_membership(), 11),
        ("organization.created", clerk_organization("org_new"), 7),
        ("organization.updated", clerk_organization(name="Emca", at=2_000), 6),
        ("organization.updated", clerk_organization(), 6),
        ("organization.deleted", deleted("organization", "org_acme"), 6),
        ("role.updated", clerk_role(at=2_000), 7),
    ],
)
def test_queries(kind: str, data: Any, queries: int) -> None:
    tell("user.created", clerk_user("user_grace"))
    tell(JOINED, clerk_membership())
    with CaptureQueriesContext(connection) as captured:
        deliver(Client(), kind, data)
    assert len([query for query in captured if "SAVEPOINT" not in query["sql"]]) == queries


def test_a_page_of_memberships_costs_as_many_queries_as_a_pair() -> None:
    asked = []
    for size in (2, 40):
        ClerkUser.objects.all().delete()
        ClerkOrganization.objects.all().delete()
        for at in (1, 1, 2):
            page = [
                clerk_membership(f"orgmem_{n}", user=f"user_{n}", organization=f"org_{n % 3}", at=at)
                for n in range(size)
            ]
            with CaptureQueriesContext(connection) as captured:
                apply_memberships(read_membership(data) for data in page)
            asked.append(sum("SAVEPOINT" not in query["sql"] for query in captured))
    assert asked[:3] == asked[3:]
    assert max(asked) <= 12
    assert asked[1] == 3  # nothing has changed, so nothing is locked
