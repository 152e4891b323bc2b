"""Parts of a sync: one user, what changed since, a run that goes on where another ended, and organizations."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings
from django.utils import timezone

from django_clerk.api import ClerkClient
from django_clerk.api.resources import Membership
from django_clerk.models import ClerkMembership, ClerkOrganization, ClerkUser
from django_clerk.reconcile.organizations import reconcile_organizations
from django_clerk.reconcile.report import Report
from django_clerk.reconcile.users import reconcile_users
from tests.backend_api import NOT_FOUND, asked, serve_organizations, serve_users
from tests.deliveries import (
    clerk_membership,
    clerk_role,
    clerk_user,
    deliver,
    event_body,
    headers,
    listening,
    milliseconds,
    post,
)
from tests.loopback import ok, serve, status
from tests.test_sync_clerk_users import KEY, fail, people, run

pytestmark = pytest.mark.django_db


@pytest.fixture
def server(settings, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serve() as server:
        settings.CLERK_SECRET_KEY, settings.CLERK_API_URL = KEY, server.url
        yield server


def test_one_user(server) -> None:
    serve_users(server, people(3))
    assert run("--user", "user_0001") == "Users: created 1, updated 0, unchanged 0, removed 0."
    assert asked(server) == ["/v1/users/user_0001"]
    assert [user.clerk_id for user in ClerkUser.objects.all()] == ["user_0001"]


@pytest.mark.parametrize("name", ["../jwks", "user_1/metadata", "user 1", ""])
def test_no_user_by_that_id(name: str, server) -> None:
    serve_users(server, people(1), gone=["user_gone"])
    fail("--user", name or " ")
    with pytest.raises(CommandError):
        call_command("sync_clerk_users", "--user", name or " ", "--json", stdout=(out := io.StringIO()))
    assert json.loads(out.getvalue())["complete"] is False
    said = fail("--user", "user_gone")
    assert "--prune, without --user" in said
    assert "--resume" not in said
    assert set(asked(server)) <= {"/v1/users/user_gone"}
    assert not ClerkUser.objects.exists()


def test_a_run_that_was_interrupted_goes_on(server) -> None:
    serve_users(server, people(1_200))
    listing = server._modes["/v1/users"][0]
    server.on("/v1/users", listing, status(403), listing)
    assert "created 500" in fail()
    server.received.clear()
    assert run("--resume") == "Users: created 700, updated 0, unchanged 0, removed 0."
    assert [request.query.get("starting_after") for request in server.received if request.path == "/v1/users"] == [
        ["user_0499"],
        ["user_0999"],
    ]
    assert ClerkUser.objects.count() == 1_200
    assert (
        run("--resume") == "Users: created 0, updated 0, unchanged 1200, removed 0."
    )  # nothing was left to go on with


def test_a_new_run_does_not_go_on_with_an_old_one(server) -> None:
    serve_users(server, people(600))
    listing = server._modes["/v1/users"][0]
    server.on("/v1/users", listing, status(403), listing)
    fail()
    assert run() == "Users: created 100, updated 0, unchanged 500, removed 0."


@pytest.mark.parametrize("refusal", [status(404, data=NOT_FOUND), status(400), status(422)])
def test_a_run_is_not_gone_on_with_behind_a_user_who_was_deleted_since(refusal: Any, server) -> None:
    serve_users(server, people(600))
    listing = server._modes["/v1/users"][0]
    server.on("/v1/users", listing, status(403))
    assert "--resume goes on" in fail()
    serve_users(server, [*people(499), *people(600)[500:]])
    listing = server._modes["/v1/users"][0]
    server.on("/v1/users", refusal, listing)
    said = io.StringIO()
    assert run("--resume", stderr=said) == "Users: created 100, updated 0, unchanged 499, removed 0."
    assert said.getvalue() == "What the last run ended with is gone in Clerk: users are read from the beginning.\n"
    assert run("--resume").endswith("unchanged 599, removed 0.")


@pytest.mark.parametrize("refusal", [status(401), status(403), status(429)])
def test_a_run_that_is_refused_goes_on_the_next_time(refusal: Any, server) -> None:
    serve_users(server, people(600))
    listing = server._modes["/v1/users"][0]
    server.on("/v1/users", listing, status(403), refusal)
    fail()
    assert "created 0, updated 0, unchanged 0, removed 0." in fail("--resume")
    server.on("/v1/users", listing)
    assert run("--resume") == "Users: created 100, updated 0, unchanged 0, removed 0."


def test_a_dry_run_leaves_no_checkpoint(server) -> None:
    serve_users(server, people(600))
    listing = server._modes["/v1/users"][0]
    server.on("/v1/users", listing, status(403), listing)
    fail("--dry-run")
    assert run("--resume") == "Users: created 600, updated 0, unchanged 0, removed 0."


@pytest.mark.parametrize("other", [("--resume",), ("--user", "user_0001")])
def test_a_prune_needs_the_whole_list(other: tuple[str, ...], server) -> None:
    serve_users(server, people(3))
    assert "whole list" in fail("--prune", *other)
    assert asked(server) == []


def test_a_summary_for_machines(server) -> None:
    serve_users(server, [*people(3), {"id": "bad one"}])
    out = io.StringIO()
    with pytest.raises(CommandError):
        call_command("sync_clerk_users", "--json", stdout=out, stderr=io.StringIO())
    summary = json.loads(out.getvalue())
    assert summary.pop("seconds") >= 0
    figures = {"created": 3, "updated": 0, "unchanged": 0, "removed": 0, "gone": 0, "failed": ["'bad one'"]}
    assert summary == {"complete": False, "dry_run": False, "users": figures}
    serve_users(server, people(3))
    summary = json.loads(run("--json"))
    assert (summary["complete"], summary["users"]["unchanged"]) == (True, 3)


# What changed since


@pytest.mark.parametrize("since", ["2026-01-01T00:10", "2026-01-01T00:10:00+00:00"])
def test_only_who_changed_since(since: str, server) -> None:
    """A time without a zone is in that of the project."""
    users = [*people(3, at=10), clerk_user("user_new", at=700), clerk_user("user_newer", at=800)]
    serve_users(server, users)

    def page(handler: Any) -> None:
        assert handler.query["order_by"] == ["-updated_at"]
        handler.answer(200, json.dumps(users[::-1]).encode())

    server.on("/v1/users", page)
    with timezone.override("UTC"):
        assert run("--since", since) == "Users: created 2, updated 0, unchanged 0, removed 0."
    assert {user.clerk_id for user in ClerkUser.objects.all()} == {"user_new", "user_newer"}


@pytest.mark.parametrize("since", ["yesterday", "2026-13-01", "7"])
def test_a_time_that_is_none(since: str, server) -> None:
    with pytest.raises(CommandError, match="is no time"):
        run("--since", since)
    assert asked(server) == []


# Organizations


def memberships(organization: str, *users: str, **changes: Any) -> list[dict[str, Any]]:
    return [
        clerk_membership(f"orgmem_{organization}_{user}", user=user, organization=organization, **changes)
        for user in users
    ]


def test_organizations_and_their_members(server) -> None:
    serve_users(server, people(3))
    serve_organizations(
        server,
        {
            "org_acme": memberships("org_acme", "user_0000", "user_0001"),
            "org_void": [],
            "org_one": memberships("org_one", "user_0000"),
        },
        roles=[clerk_role()],
    )
    assert run("--organizations") == (
        "Users: created 3, updated 0, unchanged 0, removed 0. "
        "Roles: created 1, updated 0, unchanged 0, removed 0. "
        "Organizations: created 3, updated 0, unchanged 0, removed 0. "
        "Memberships: created 3, updated 0, unchanged 0, removed 0."
    )
    assert {user.clerk_id for user in ClerkUser.objects.in_organization("org_acme")} == {"user_0000", "user_0001"}
    with listening() as said:
        assert "Memberships: created 0, updated 0, unchanged 3, removed 0." in run("--organizations")
    assert said == []


def test_a_prune_ends_memberships_and_organizations(server) -> None:
    serve_users(server, people(2))
    serve_organizations(
        server,
        {
            "org_acme": memberships("org_acme", "user_0000", "user_0001"),
            "org_gone": memberships("org_gone", "user_0000"),
        },
    )
    run("--organizations")
    serve_organizations(server, {"org_acme": memberships("org_acme", "user_0000")}, gone=["org_gone"])
    server.on("/v1/users/user_0001/organization_memberships", ok({"data": [], "total_count": 0}))
    assert "Memberships: created 0, updated 0, unchanged 1, removed 1." in run(
        "--organizations", "--prune", "--dry-run"
    )
    assert ClerkMembership.objects.active().count() == 3
    said = run("--organizations", "--prune")
    assert "Organizations: created 0, updated 0, unchanged 1, removed 1." in said
    assert "Memberships: created 0, updated 0, unchanged 1, removed 1." in said
    assert [membership.clerk_user.clerk_id for membership in ClerkMembership.objects.active()] == ["user_0000"]
    assert not ClerkOrganization.objects.active().filter(clerk_id="org_gone").exists()


def test_the_key_of_another_instance_prunes_no_organizations(server) -> None:
    serve_users(server, [])
    serve_organizations(server, {f"org_{number}": [] for number in range(12)})
    run("--organizations")
    gone = [f"org_{number}" for number in range(12)]
    serve_organizations(server, {f"org_other{number}": [] for number in range(80)}, gone=gone)
    for options in (("--dry-run",), (), ()):
        assert "Nothing was removed: 12 of " in fail("--organizations", "--prune", *options)
    assert not ClerkOrganization.objects.exclude(deleted_at=None).exists()


@override_settings(USE_TZ=False, TIME_ZONE="America/New_York")
def test_a_prune_in_a_project_without_time_zones(server) -> None:
    """The rows have naive times in UTC: local ones are hours behind them, or ahead."""
    serve_users(server, people(2))
    serve_organizations(server, {"org_acme": memberships("org_acme", "user_0000", "user_0001")})
    run("--organizations")
    serve_organizations(server, {"org_acme": memberships("org_acme", "user_0000")})
    server.on("/v1/users/user_0001/organization_memberships", ok({"data": [], "total_count": 0}))
    assert "Memberships: created 0, updated 0, unchanged 1, removed 1." in run("--organizations", "--prune")


def test_members_of_a_list_that_breaks_off_are_not_ended(server) -> None:
    serve_users(server, people(1))
    serve_organizations(server, {"org_acme": memberships("org_acme", "user_0000", "user_0001")})
    run("--organizations")
    server.on("/v1/organizations/org_acme/memberships", status(403))
    assert "Not finished" in fail("--organizations", "--prune")
    assert ClerkMembership.objects.active().count() == 2


@pytest.mark.parametrize("listed", ["nobody", "nobody readable"])
def test_members_whom_a_list_does_not_show_are_asked_for(listed: str, server) -> None:
    """An end is for ever, so that no list that is too short, or has a member in another form, may be the reason."""
    serve_users(server, people(2))
    whole = memberships("org_acme", "user_0000", "user_0001")
    serve_organizations(server, {"org_acme": whole})
    run("--organizations")
    unreadable = [{**item, "public_user_data": None} for item in whole]
    shown = [] if listed == "nobody" else unreadable
    server.on("/v1/organizations/org_acme/memberships", ok({"data": shown, "total_count": 2}))
    server.on("/v1/users/user_0000/organization_memberships", ok({"data": unreadable[:1], "total_count": 1}))
    server.on("/v1/users/user_0001/organization_memberships", status(404, data=NOT_FOUND))
    said = run("--organizations", "--prune") if not shown else fail("--organizations", "--prune")
    assert "Memberships: created 0, updated 0, unchanged 0, removed 1." in said
    assert [membership.clerk_user.clerk_id for membership in ClerkMembership.objects.active()] == ["user_0000"]


def test_a_membership_that_another_one_has_ended_is_told_of_by_a_prune(server) -> None:
    """Its role is not in force any more without one."""
    serve_users(server, people(1))
    serve_organizations(server, {"org_acme": memberships("org_acme", "user_0000", role="org:admin")})
    run("--organizations")
    again = clerk_membership("orgmem_again", user="user_0000", created_at=milliseconds(9), at=9)
    serve_organizations(server, {"org_acme": [again]})
    server.on("/v1/users/user_0000/organization_memberships", ok({"data": [again], "total_count": 1}))
    assert "Memberships: created 1, updated 0, unchanged 0, removed 0." in run("--organizations")
    assert not ClerkUser.objects.in_organization("acme", role="org:admin").exists()
    assert ClerkUser.objects.in_organization("acme", role="org:member").exists()
    with listening() as said:
        assert "Memberships: created 0, updated 0, unchanged 1, removed 1." in run("--organizations", "--prune")
        assert "Memberships: created 0, updated 0, unchanged 1, removed 0." in run("--organizations", "--prune")
    assert [name for name, _ in said] == ["membership_deleted"]


def test_members_who_cannot_be_asked_for_are_not_ended(server) -> None:
    serve_users(server, people(1))
    serve_organizations(server, {"org_acme": memberships("org_acme", "user_0000")})
    run("--organizations")
    serve_organizations(server, {"org_acme": []})
    server.on("/v1/users/user_0000/organization_memberships", status(403))
    assert "Not finished" in fail("--organizations", "--prune")
    assert ClerkMembership.objects.active().count() == 1


@pytest.mark.urls("tests.webhook_urls")
def test_what_a_list_says_of_a_member_counts_against_what_a_role_said_before(server, client) -> None:
    """A role was told of twice, and the second event was lost."""
    serve_users(server, people(1))
    (member,) = memberships("org_acme", "user_0000", permissions=["org:read"])
    deliver(client, "organizationMembership.created", member, timestamp=milliseconds(1))
    role = clerk_role(permissions=["org:read", "org:delete"], at=5)
    deliver(client, "role.updated", role, timestamp=milliseconds(5))
    assert ClerkMembership.objects.get().permissions == ["org:delete", "org:read"]
    serve_organizations(server, {"org_acme": [member]})
    assert "Memberships: created 0, updated 1, unchanged 0, removed 0." in run("--organizations")
    assert ClerkMembership.objects.get().permissions == ["org:read"]
    assert "Memberships: created 0, updated 0, unchanged 1, removed 0." in run("--organizations")


def test_what_a_role_allows_by_now(server) -> None:
    """The list of members still says what it said before: Clerk writes a membership anew when its role is another."""
    serve_users(server, people(1))
    members = memberships("org_acme", "user_0000", permissions=["org:read", "org:delete"])
    serve_organizations(server, {"org_acme": members}, roles=[clerk_role(permissions=["org:read", "org:delete"])])
    run("--organizations")
    serve_organizations(server, {"org_acme": []}, roles=[clerk_role(permissions=["org:read"], at=2_000)])
    assert "Roles: created 0, updated 1, unchanged 0, removed 0." in run("--organizations")
    assert ClerkMembership.objects.get().permissions == ["org:read"]


@pytest.mark.urls("tests.webhook_urls")
def test_who_joins_while_the_list_is_read_stays(server, client) -> None:
    """The webhook comes between the list and the prune."""
    serve_users(server, people(2))
    serve_organizations(server, {"org_acme": memberships("org_acme", "user_0000")})

    class Reading(ClerkClient):
        def memberships(self, organization_id: str, **options: Any) -> Iterator[list[Membership]]:
            yield from super().memberships(organization_id, **options)
            (joined,) = memberships("org_acme", "user_0001", at=2_000)
            assert deliver(client, "organizationMembership.created", joined).status_code == 200

    ended = Report()
    reconcile_organizations(Reading(KEY, base_url=server.url), Report(), ended, prune=True)
    assert ended.removed == 0
    assert ClerkMembership.objects.active().count() == 2


def test_organizations_go_on_where_they_were_interrupted(server) -> None:
    serve_users(server, people(2))
    serve_organizations(server, {f"org_{number}": memberships(f"org_{number}", "user_0000") for number in range(4)})
    working = server._modes["/v1/organizations/org_2/memberships"][0]
    server.on("/v1/organizations/org_2/memberships", status(403), working)
    assert "Memberships: created 2" in fail("--organizations")
    server.received.clear()
    assert "Memberships: created 2" in run("--organizations", "--resume")
    assert asked(server) == [
        "/v1/organization_roles",
        "/v1/organizations",
        "/v1/organizations/org_2/memberships",
        "/v1/organizations/org_3/memberships",
    ]


def test_a_new_run_that_is_interrupted_does_not_go_on_where_an_old_one_was(server) -> None:
    serve_users(server, people(600))
    serve_organizations(server, {f"org_{number}": memberships(f"org_{number}", "user_0000") for number in range(4)})
    server.on("/v1/organizations/org_3/memberships", status(403))
    fail("--organizations")
    everybody = ("user_0000", "user_0001")
    serve_organizations(server, {f"org_{number}": memberships(f"org_{number}", *everybody) for number in range(4)})
    listing = server._modes["/v1/users"][0]
    server.on("/v1/users", listing, status(403), listing)
    assert "created 0, updated 0, unchanged 500" in fail("--organizations")
    assert "Memberships: created 5, updated 0, unchanged 3" in run("--organizations", "--resume")


def test_a_complete_run_of_users_leaves_nothing_of_an_older_one_to_go_on_with(server) -> None:
    """Otherwise those who came since would be passed over, since the older run had read its users."""
    serve_users(server, people(2))
    serve_organizations(server, {f"org_{number}": [] for number in range(3)})
    working = server._modes["/v1/organizations/org_1/memberships"][0]
    server.on("/v1/organizations/org_1/memberships", status(403), working)
    fail("--organizations")
    run()
    serve_users(server, people(3))
    assert "Users: created 1, updated 0, unchanged 2" in run("--organizations", "--resume")


def test_an_organization_that_is_deleted_after_it_was_listed(server) -> None:
    serve_users(server, people(1))
    serve_organizations(server, {f"org_{number}": memberships(f"org_{number}", "user_0000") for number in range(3)})
    server.on("/v1/organizations/org_1/memberships", status(404, data=NOT_FOUND))
    assert "Memberships: created 2" in run("--organizations", "--prune")


def test_an_organization_that_is_gone_is_no_place_to_go_on(server) -> None:
    serve_users(server, [])
    serve_organizations(server, {f"org_{number}": memberships(f"org_{number}", "user_0000") for number in range(3)})
    server.on("/v1/organizations/org_2/memberships", status(403))
    fail("--organizations")
    serve_organizations(server, {f"org_{number}": memberships(f"org_{number}", "user_0000") for number in (0, 2)})
    said = io.StringIO()
    assert "Memberships: created 1, updated 0, unchanged 1" in run("--organizations", "--resume", stderr=said)
    assert "organizations are read from the beginning" in said.getvalue()


def test_one_user_with_their_memberships(server) -> None:
    serve_users(server, people(2))
    (membership,) = memberships("org_acme", "user_0001")
    server.on("/v1/users/user_0001/organization_memberships", ok({"data": [membership], "total_count": 1}))
    said = run("--user", "user_0001", "--organizations")
    assert "Memberships: created 1" in said
    assert ClerkMembership.objects.get().clerk_user.clerk_id == "user_0001"


@pytest.mark.urls("tests.webhook_urls")
@pytest.mark.parametrize("number", ["1e400", "9" * 5000], ids=["huge", "long"])
def test_no_number_in_metadata_keeps_a_ban_or_other_users_from_arriving(number: str, server, client) -> None:
    """Whoever is signed in writes unsafe metadata."""
    told = {at: clerk_user("user_0000", at=at, banned=True, unsafe_metadata={"n": "N"}) for at in (2, 3)}
    deliver(client, "user.created", clerk_user("user_0000", at=1))
    body = event_body("user.updated", told[2]).replace(b'"N"', number.encode())
    assert post(client, body, headers(body)).status_code == 200
    assert ClerkUser.objects.get().banned
    serve_users(server, people(2))
    page = json.dumps([told[3], clerk_user("user_0001")]).replace('"N"', number).encode()
    server.on("/v1/users", lambda handler: handler.answer(200, page))
    assert run() == "Users: created 1, updated 1, unchanged 0, removed 0."


@pytest.mark.urls("tests.webhook_urls")
def test_a_webhook_during_a_sync_is_not_overwritten_by_older_data(client) -> None:
    """The page was read before the user changed, and is written after it."""

    def pages() -> Iterator[list[Any]]:
        page = people(1, at=10)
        changed = clerk_user("user_0000", at=20, first_name="Grace")
        assert deliver(client, "user.updated", changed).status_code == 200
        yield page

    report = Report()
    reconcile_users(pages(), report)
    assert report.unchanged == 1
    assert ClerkUser.objects.get().first_name == "Grace"
