"""Whatever order the events of a history come in, late or doubled: the database ends in one state, and a true one."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from django_clerk.models import ClerkMembership, ClerkOrganization, ClerkRole, ClerkUser, ClerkWebhookEvent
from tests.deliveries import (
    clerk_membership,
    clerk_organization,
    clerk_role,
    clerk_user,
    deleted,
    deliver,
    event_body,
    headers,
    milliseconds,
    post,
)

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.webhook_urls")]

JOINED, CHANGED, LEFT = (f"organizationMembership.{verb}" for verb in ("created", "updated", "deleted"))


class Told(NamedTuple):
    """One event: its type, its object, and when it occurred, in seconds after the start of 2026."""

    kind: str
    data: dict[str, Any]
    at: int

    @property
    def is_deletion(self) -> bool:
        return self.kind.endswith(".deleted")


def deliver_all(told: Iterable[tuple[str, Told]]) -> None:
    """Deliver events to an empty database, each under its svix id."""
    # Memberships go with their organizations.
    for model in (ClerkUser, ClerkOrganization, ClerkRole, ClerkWebhookEvent, get_user_model()):
        model._default_manager.all().delete()
    client = Client()
    for svix_id, (kind, data, at) in told:
        body = event_body(kind, data, timestamp=milliseconds(at))
        assert post(client, body, headers(body, svix_id=svix_id)).status_code == 200


def state() -> dict[str, Any]:
    """Return what the database says, by Clerk id; of the Django users of the living, whether they are active."""
    said: dict[str, Any] = {}
    for row in ClerkUser.objects.select_related("user"):
        active = row.user and row.user.is_active
        said[row.clerk_id] = (row.first_name, row.role, row.banned, row.updated_at, row.told_at, row.deleted_at)
        said[f"{row.clerk_id} may sign in"] = bool(active and row.may_sign_in)
    for row in ClerkOrganization.objects.all():
        said[row.clerk_id] = (row.name, row.slug, row.updated_at, row.deleted_at)
    for row in ClerkRole.objects.all():
        said[row.clerk_id] = (row.key, row.permissions, row.updated_at, row.told_at, row.deleted_at)
    for row in ClerkMembership.objects.select_related("organization", "clerk_user"):
        parents = (row.organization.clerk_id, row.clerk_user.clerk_id)
        said[row.clerk_id] = (*parents, row.role, row.permissions, row.updated_at, row.told_at, row.deleted_at)
        said[f"{row.clerk_id} also says"] = row.public_metadata
    said["in force"] = sorted(ClerkMembership.objects.active().values_list("clerk_id", flat=True))
    return said


def in_every_order(history: Sequence[Told]) -> dict[str, Any]:
    """Deliver a history in every order and return the one state that all of them end in."""
    numbered = [(f"msg_{number}", told) for number, told in enumerate(history)]
    ends = []
    for order in itertools.permutations(numbered):
        deliver_all(order)
        ends.append(state())
    assert all(end == ends[0] for end in ends)
    return ends[0]


def user(at: int, **changes: Any) -> Told:
    return Told("user.updated", clerk_user(at=at, **changes), at)


def acme(at: int, told: int | None = None, **changes: Any) -> Told:
    return Told("organization.updated", clerk_organization(at=at, **changes), at if told is None else told)


def member(
    kind: str, at: int, told: int | None = None, *, clerk_id: str = "orgmem_1", acme: int = 0, **changes: Any
) -> Told:
    """Return an event of a membership, which has inside the organization as it was updated at ``acme``."""
    organization = clerk_organization(at=acme, name=f"Acme {acme}")
    data = clerk_membership(clerk_id, organization=organization, at=at, **changes)
    return Told(kind, data, at if told is None else told)


# Small histories, exhaustively


def test_joined_changed_twice_and_left() -> None:
    end = in_every_order(
        [
            member(JOINED, 1),
            member(CHANGED, 2, role="org:admin"),
            member(CHANGED, 3, role="org:guest"),
            member(LEFT, 3, 4),
        ]
    )
    assert end["orgmem_1"][:4] == ("org_acme", "user_ada", "", [])
    assert end["in force"] == []


def test_a_role_changed_twice() -> None:
    end = in_every_order([member(JOINED, 1), *[member(CHANGED, at, role=f"org:{at}") for at in (2, 3)], acme(2)])
    assert end["orgmem_1"][2] == "org:3"
    assert end["org_acme"][0] == "Acme"
    assert end["in force"] == ["orgmem_1"]


def test_rejoined() -> None:
    end = in_every_order(
        [
            member(JOINED, 1, role="org:admin"),
            member(LEFT, 1, 2),
            member(JOINED, 3, clerk_id="orgmem_2", acme=3),
            Told("user.created", clerk_user(at=1), 1),
        ]
    )
    assert (end["orgmem_2"][2], end["in force"]) == ("org:member", ["orgmem_2"])
    assert end["org_acme"][0] == "Acme 3"
    assert end["user_ada may sign in"]


def test_rejoined_when_the_first_end_was_lost() -> None:
    """Nobody is a member twice: the later membership ends the earlier, and still does when it is over itself."""
    first, second = member(JOINED, 1, role="org:admin", created_at=milliseconds(1)), {"created_at": milliseconds(3)}
    again = [member(kind, 3, at, clerk_id="orgmem_2", **second) for kind, at in ((JOINED, 3), (CHANGED, 4))]
    left = member(LEFT, 3, 5, clerk_id="orgmem_2", **second)
    assert in_every_order([first, *again])["in force"] == ["orgmem_2"]
    assert in_every_order([first, *again, left])["in force"] == []
    assert in_every_order([first, left, member(CHANGED, 6, created_at=milliseconds(1))])["in force"] == []


def test_rejoined_at_an_unknown_moment() -> None:
    for began in ((None, 3), (3, None), (3, 3)):
        moments = [at and milliseconds(at) for at in began]
        told = [member(JOINED, 3, clerk_id=f"orgmem_{n}", created_at=at) for n, at in enumerate(moments)]
        assert in_every_order(told)["in force"] == ["orgmem_0", "orgmem_1"]


def invitation(status: str, at: int, **more: Any) -> Told:
    kind = {"pending": "created"}.get(status, status)
    data = {
        "object": "organization_invitation",
        "id": "orginv_1",
        "email_address": "ada@example.com",
        "role": "org:admin",
        "organization_id": "org_acme",
        "status": status,
        "created_at": milliseconds(1),
        "updated_at": milliseconds(at),
        **more,
    }
    return Told(f"organizationInvitation.{kind}", data, at)


def test_an_invitation_that_is_accepted_makes_one_member() -> None:
    end = in_every_order(
        [
            invitation("pending", 1),
            invitation("accepted", 3, user_id="user_ada"),
            Told("user.created", clerk_user(at=2), 2),
            member(JOINED, 3, role="org:admin"),
        ]
    )
    assert end["orgmem_1"][:3] == ("org_acme", "user_ada", "org:admin")
    assert end["in force"] == ["orgmem_1"]


def test_an_invitation_that_is_taken_back_makes_none() -> None:
    end = in_every_order(
        [acme(1), invitation("pending", 1), invitation("revoked", 2), Told("user.created", clerk_user(at=3), 3)]
    )
    assert end["in force"] == []
    assert end["user_ada may sign in"]


def test_an_organization_deleted_with_members() -> None:
    end = in_every_order(
        [
            acme(1),
            member(JOINED, 2, acme=2),
            member(JOINED, 2, clerk_id="orgmem_2", user="user_grace", acme=2),
            Told("organization.deleted", deleted("organization", "org_acme"), 5),
        ]
    )
    assert (end["org_acme"][:3], end["in force"]) == (("", "", None), [])
    assert end["orgmem_2"][:3] == ("org_acme", "user_grace", "org:member")


@pytest.mark.parametrize("choice", ["deactivate", "anonymize", "delete"])
def test_a_user_deleted_and_a_late_update(choice: str, settings: Any) -> None:
    settings.CLERK_ON_USER_DELETED = choice
    end = in_every_order(
        [
            user(1, public_metadata={"role": "admin"}),
            user(2, first_name="Grace", banned=True),
            Told("user.deleted", deleted("user", "user_ada"), 3),
            member(JOINED, 1, public_metadata={"title": "Countess"}),
        ]
    )
    assert (end["orgmem_1"][2], end["orgmem_1 also says"]) == ("org:member", {})
    assert end["user_ada"][:5] == ("", "", False, None, None)
    assert (end["user_ada may sign in"], end["in force"]) == (False, [])
    assert not get_user_model().objects.filter(is_active=True).exists()


@pytest.mark.parametrize(("changed_at", "allowed"), [(2, ["org:c"]), (5, ["org:b"])])
def test_what_a_role_allows(changed_at: int, allowed: list[str]) -> None:
    """Permissions are told by the membership and by its role; the role of the membership changes meanwhile."""
    end = in_every_order(
        [
            member(JOINED, 1, role="org:admin", permissions=["org:a"]),
            member(CHANGED, changed_at, role="org:member", permissions=["org:b"]),
            Told("role.updated", clerk_role(permissions=["org:c"], at=3), 3),
            Told("role.updated", clerk_role("role_2", key="org:admin", permissions=["org:d"], at=4), 4),
        ]
    )
    assert end["orgmem_1"][2:4] == ("org:member", allowed)


def test_two_deletions_of_different_moments() -> None:
    """A prune may be first, and the event that tells the true moment late."""
    dead = [Told("organization.deleted", deleted("organization", "org_acme"), at) for at in (5, 4, 6)]
    assert in_every_order([*dead, acme(9)])["org_acme"][3].second == 4


# Equal moments

SAME_MOMENT: list[list[Told]] = [
    [user(1, first_name=name) for name in ("Ada", "Grace", "")],
    [user(1, public_metadata={"role": role, "n": n}) for role, n in (("admin", 1), ("admin", 2.5), ("guest", 1e22))],
    [user(1, last_sign_in_at=at, banned=at is None) for at in (None, 1_767_225_600_123, 1_767_225_600_124)],
    [user(1, updated_at=None, first_name=name) for name in ("Ada", "Grace", "Alan")],
    [acme(1, name=name) for name in ("Acme", "Emca", "")],
    [acme(1, max_allowed_memberships=most) for most in (None, 0, 5)],
    [member(CHANGED, 1, role=role) for role in ("org:admin", "org:member", "")],
    [member(CHANGED, 1, permissions=permissions) for permissions in (["org:a"], ["org:a", "org:b"], [])],
    [Told("role.updated", clerk_role(permissions=permissions), 1) for permissions in (["org:a"], ["org:b"], [])],
]


@pytest.mark.parametrize("history", SAME_MOMENT, ids=lambda history: history[0].kind)
def test_of_states_told_at_one_moment_one_and_the_same_stays(history: list[Told]) -> None:
    end = in_every_order(history)
    candidates = []
    for told in history:
        deliver_all([("msg_1", told)])
        candidates.append(state())
    assert end in candidates


@pytest.mark.parametrize(
    "tell", [lambda at, name: user(1, first_name=name)._replace(at=at), lambda at, name: acme(1, at, name=name)]
)
def test_there_and_back_without_a_new_moment(tell: Any) -> None:
    """That it is as before was told last: what was told in between is late, even where the last changed nothing."""
    end = in_every_order([tell(1, "Ada"), tell(2, "Grace"), tell(3, "Ada")])
    assert "Ada" in end.get("user_ada", end.get("org_acme"))


def test_organizations_inside_of_memberships_of_one_moment() -> None:
    """They write no watermark: the rows of an organization are not locked whenever somebody joins."""
    told = [
        Told(CHANGED, clerk_membership(organization=clerk_organization(at=1, name=name), at=at), at)
        for at, name in ((1, "Acme"), (2, "Emca"), (3, "Acme"))
    ]
    assert in_every_order(told)["org_acme"][0] == "Emca"
    assert in_every_order([*told, acme(1, name="Acme")])["org_acme"][0] == "Acme"  # an event of its own is better


# What was disabled here


@pytest.mark.parametrize("position", range(1, 5))
def test_who_was_disabled_here_stays_so_in_every_order(position: int) -> None:
    """As long as the user is active at the time: of who is banned already there is nothing to disable."""
    history = [user(1), user(2, banned=True), user(3), member(CHANGED, 3)]
    disabled = 0
    for order in itertools.permutations([(f"msg_{number}", told) for number, told in enumerate(history)]):
        deliver_all(order[:position])
        active = get_user_model().objects.filter(is_active=True)
        disabled += (count := active.update(is_active=False))
        client = Client()
        for svix_id, (kind, data, at) in order[position:]:
            body = event_body(kind, data, timestamp=milliseconds(at))
            assert post(client, body, headers(body, svix_id=svix_id)).status_code == 200
        if count:
            assert not get_user_model().objects.filter(is_active=True).exists()
    assert disabled


def test_who_was_enabled_in_spite_of_a_ban_and_then_disabled_stays_so() -> None:
    """The ban's end undoes what the ban did, and that was undone before."""
    for at, banned, active in ((1, False, None), (2, True, True), (3, True, False), (4, False, None)):
        data = clerk_user("user_a", at=at, banned=banned, first_name=f"at {at}")
        assert deliver(Client(), "user.updated", data).status_code == 200
        if active is not None:
            assert get_user_model().objects.update(is_active=active)
    assert not get_user_model().objects.get().is_active


# Long histories, by chance, against a model

PLACES = {"orgmem_1": ("user_a", "org_a"), "orgmem_2": ("user_a", "org_b"), "orgmem_3": ("user_b", "org_a")}
PLACES |= {"orgmem_4": ("user_a", "org_a"), "orgmem_5": ("user_b", "org_a")}
BEGAN = {"orgmem_1": 1, "orgmem_2": 1, "orgmem_3": 1, "orgmem_4": 2, "orgmem_5": None}


@st.composite
def events(draw: st.DrawFn) -> Told:
    """One event of two users, two organizations, five memberships or a role, updated and told within a few seconds."""
    at = draw(st.integers(1, 4))
    told = at + draw(st.integers(0, 2))
    about = draw(st.sampled_from(["user_a", "user_b", "org_a", "org_b", "role_1", *PLACES]))
    dead = draw(st.integers(0, 5)) == 0
    kind = {"user": "user", "org": "organization", "role": "role"}.get(
        about.partition("_")[0], "organizationMembership"
    )
    verb = "deleted" if dead else "updated"
    # What an object says follows from its moments, so that the model need not know how ties are broken.
    if about in PLACES:
        member_of, organization = PLACES[about]
        inside = clerk_organization(organization, at=at, name=f"at {at}")
        data = clerk_membership(about, user=member_of, organization=inside, at=at, role=f"org:{told % 2}")
        data["permissions"] = [f"org:{at}{told}"]
        data["created_at"] = milliseconds(began) if (began := BEGAN[about]) is not None else None
    elif dead:
        data = deleted(kind, about)
    elif kind == "user":
        data = clerk_user(about, at=at, first_name=f"at {at} {told}", banned=at % 2 == 0)
    elif kind == "organization":
        data = clerk_organization(about, at=at, name=f"at {at}")
    else:
        data = clerk_role(about, key=f"org:{told % 2}", permissions=["org:role"], at=at)
    return Told(f"{kind}.{verb}", data, told)


def truth(history: Iterable[Told]) -> dict[str, Any]:
    """Return what a history comes to, by looking at the whole of it: of each object the latest state, or its end."""
    latest: dict[str, Told] = {}
    names: dict[str, int] = {}
    dead: dict[str, int] = {}
    members: set[str] = set()
    for told in history:
        clerk_id = told.data["id"]
        if "organization" in told.data:
            members.add(clerk_id)
            inside = told.data["organization"]
            names[inside["id"]] = max(names.get(inside["id"], 0), inside["updated_at"])
        if told.is_deletion:
            dead[clerk_id] = min(dead.get(clerk_id, told.at), told.at)
        elif clerk_id not in latest or rank(told) > rank(latest[clerk_id]):
            latest[clerk_id] = told
            if told.kind == "organization.updated":
                names[clerk_id] = max(names.get(clerk_id, 0), told.data["updated_at"])
    users = {clerk_id for clerk_id in {*latest, *dead} if clerk_id.startswith("user_")}
    in_force = {clerk_id for clerk_id in members if not {clerk_id, *PLACES[clerk_id]} & dead.keys()}
    in_force -= {"orgmem_1"} if "orgmem_4" in members else set()  # the user has joined again since
    living = {clerk_id: told.data for clerk_id, told in latest.items() if clerk_id not in dead}
    return {
        "users": {clerk_id: living.get(clerk_id, {}).get("first_name", "") for clerk_id in users}
        | {PLACES[clerk_id][0]: living.get(PLACES[clerk_id][0], {}).get("first_name", "") for clerk_id in members},
        "may sign in": {
            clerk_id for clerk_id in living if clerk_id.startswith("user_") and not living[clerk_id]["banned"]
        },
        "organizations": {
            clerk_id: None if clerk_id in dead else names[clerk_id]
            for clerk_id in {*names, *[one for one in dead if one.startswith("org_")]}
        },
        "roles": {clerk_id: living.get(clerk_id, {}).get("role", "") for clerk_id in members},
        "permissions": {clerk_id: permissions(latest[clerk_id], latest.get("role_1"), dead) for clerk_id in in_force},
        "in force": in_force,
        "active": in_force,
        "dead": {clerk_id: milliseconds(at) for clerk_id, at in dead.items()},
    }


def rank(told: Told) -> tuple[int, int]:
    return told.data["updated_at"], told.at


def permissions(membership: Told, role: Told | None, dead: dict[str, int]) -> list[str]:
    if role is None or "role_1" in dead or role.data["key"] != membership.data["role"] or role.at < membership.at:
        return list(membership.data["permissions"])
    return ["org:role"]


def found() -> dict[str, Any]:
    """Return what the database says, in the words of truth()."""
    told = [*ClerkUser.objects.all(), *ClerkOrganization.objects.all(), *ClerkMembership.objects.all()]
    told += ClerkRole.objects.all()
    organizations, memberships = ClerkOrganization.objects.all(), ClerkMembership.objects.all()
    in_force = list(ClerkMembership.objects.active())
    assert all(row.name == (f"at {row.updated_at.second}" if row.updated_at else "") for row in organizations)
    return {
        "users": dict(ClerkUser.objects.values_list("clerk_id", "first_name")),
        "may sign in": {row.clerk_id for row in ClerkUser.objects.active().filter(user__is_active=True)},
        "organizations": {
            row.clerk_id: row.updated_at and round(row.updated_at.timestamp() * 1000) for row in organizations
        },
        "roles": {row.clerk_id: row.role for row in memberships},
        "permissions": {row.clerk_id: row.permissions for row in in_force},
        "in force": {row.clerk_id for row in in_force},
        "active": {row.clerk_id for row in memberships if row.is_active},
        "dead": {row.clerk_id: round(row.deleted_at.timestamp() * 1000) for row in told if row.deleted_at is not None},
    }


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_every_order_ends_in_the_truth(data: st.DataObject) -> None:
    """D10 and D11: late, out of order, a quarter doubled, and deleted in between."""
    history = data.draw(st.lists(events(), min_size=2, max_size=12))
    sent = [(f"msg_{number}", told) for number, told in enumerate(history)]
    sent += data.draw(st.lists(st.sampled_from(sent), max_size=len(sent) // 4))
    sent += [(f"{svix_id}_2", told) for svix_id, told in data.draw(st.lists(st.sampled_from(sent), max_size=2))]
    expected = truth(history)
    for _ in range(2):
        deliver_all(data.draw(st.permutations(sent)))
        assert found() == expected
