"""The command, against a Backend API on loopback: what it reports, what it leaves alone, how it ends."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.db import IntegrityError

from django_clerk.api.pace import Pace
from django_clerk.models import ClerkUser, ClerkWebhookEvent
from django_clerk.signals import user_synced
from django_clerk.sync import delete_user
from django_clerk.wiring import get_client
from tests.backend_api import asked, serve_users
from tests.deliveries import clerk_user, deliver, listening, milliseconds
from tests.loopback import Handler, html, ok, raw, redirect, serve, status, truncated

pytestmark = pytest.mark.django_db

KEY = "sk_test_VeryUnlikelyToAppearByChance"


@pytest.fixture
def server(settings, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serve() as server:
        settings.CLERK_SECRET_KEY, settings.CLERK_API_URL = KEY, server.url
        yield server


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def run(*options: str, **more: Any) -> str:
    out = io.StringIO()
    call_command("sync_clerk_users", *options, stdout=out, **{"stderr": io.StringIO(), **more})
    return out.getvalue().strip()


def fail(*options: str) -> str:
    """Run the command, which must fail, and return what it says."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.raises(CommandError) as caught:
        call_command("sync_clerk_users", *options, stdout=out, stderr=err)
    said = str(caught.value)
    assert caught.value.returncode != 0
    assert out.getvalue() == ""
    for secret in (KEY, "sk_test", "@example.com"):
        assert secret not in said + err.getvalue()
    return said


def people(count: int, **changes: Any) -> list[dict[str, Any]]:
    return [clerk_user(f"user_{number:04d}", email=f"{number}@example.com", **changes) for number in range(count)]


def contents() -> str:
    """Return everything that the database says of users."""
    models = (ClerkUser, get_user_model(), ClerkWebhookEvent)
    return json.dumps([list(model.objects.order_by("pk").values()) for model in models], default=str)


# Figures


def test_created_updated_unchanged_removed(server) -> None:
    serve_users(server, people(6))
    assert run() == "Users: created 6, updated 0, unchanged 0, removed 0."
    changed = [*people(5)[1:], clerk_user("user_9999"), clerk_user("user_0000", at=5_000, first_name="Grace")]
    serve_users(server, changed, gone=["user_0005"])
    assert run() == "Users: created 1, updated 1, unchanged 4, removed 0."
    assert run("--prune") == "Users: created 0, updated 0, unchanged 6, removed 1."
    assert run("--prune") == "Users: created 0, updated 0, unchanged 6, removed 0."
    closed = ClerkUser.objects.get(clerk_id="user_0005")
    assert (closed.deleted_at is None, closed.user.is_active) == (False, False)


@pytest.mark.urls("tests.webhook_urls")
def test_what_changed_without_a_new_moment_is_repaired_and_stays(server, client) -> None:
    """Clerk does not move ``updated_at`` for everything; then what was told, or asked for, later counts."""
    deliver(client, "user.created", clerk_user())
    serve_users(server, [clerk_user(locked=True)])
    assert run() == "Users: created 0, updated 1, unchanged 0, removed 0."
    deliver(client, "user.updated", clerk_user(last_sign_in_at=milliseconds(1)))  # was told before, and comes late
    assert ClerkUser.objects.values_list("locked", "last_sign_in_at").get() == (True, None)


def test_the_second_run_changes_and_tells_nothing(server) -> None:
    serve_users(server, people(501))
    with listening() as said:
        assert run() == "Users: created 501, updated 0, unchanged 0, removed 0."
        before = contents()
        assert run() == "Users: created 0, updated 0, unchanged 501, removed 0."
    assert len(said) == 501
    assert contents() == before


@pytest.mark.parametrize(("users", "pages"), [(0, 1), (1, 1), (499, 1), (500, 2), (501, 2), (1_000, 3)])
def test_as_many_requests_as_pages(users: int, pages: int, server) -> None:
    serve_users(server, people(users))
    run()
    assert asked(server) == ["/v1/users/count"] + ["/v1/users"] * pages
    assert ClerkUser.objects.count() == users


def test_a_dry_run_says_the_same_and_writes_nothing(server) -> None:
    serve_users(server, people(6))
    run()
    changed = [*people(5)[1:], clerk_user("user_9999"), clerk_user("user_0000", at=5_000, first_name="Grace")]
    serve_users(server, changed, gone=["user_0005"])
    before = contents()
    with listening() as said:
        counts = run("--dry-run", "--prune")
    assert counts == "Dry run, nothing was written. Users: created 1, updated 1, unchanged 4, removed 1."
    assert (contents(), said) == (before, [])
    assert run("--prune") == "Users: created 1, updated 1, unchanged 4, removed 1."


def test_rows_that_are_newer_or_closed_are_as_they_should_be(server) -> None:
    serve_users(server, people(2, at=9))
    run()
    serve_users(server, people(2, at=1))
    assert run() == "Users: created 0, updated 0, unchanged 2, removed 0."


def test_a_bar_on_a_terminal_only(server) -> None:
    serve_users(server, people(600))
    seen, unseen, quiet = Terminal(), io.StringIO(), Terminal()
    run(stderr=seen)
    run(stderr=unseen)
    run(stderr=quiet, verbosity=0)
    assert "\r[#########################.....] 500/600 users" in seen.getvalue()
    assert "\r[##############################] 600/600 users" in seen.getvalue()
    assert seen.getvalue().endswith(" \r")
    assert unseen.getvalue() == quiet.getvalue() == ""


def test_a_count_that_is_wrong_only_bends_the_bar(server) -> None:
    for count in (0, 1, 10_000):
        serve_users(server, people(3), count=count)
        assert "3, removed" in run(stderr=Terminal()) or count == 0
    assert ClerkUser.objects.count() == 3


# Prune


def test_who_is_not_listed_but_lives_is_left_alone(server) -> None:
    """They signed up while the list was read."""
    serve_users(server, people(4))
    run()
    serve_users(server, people(3))
    server.on("/v1/users/user_0003", ok(people(4)[3]))
    assert run("--prune") == "Users: created 0, updated 0, unchanged 3, removed 0."


@pytest.mark.parametrize(
    ("known", "kept", "refused"),
    [(60, 47, True), (60, 48, False), (11, 0, True), (11, 1, False), (2, 0, True), (1, 0, False)],
)
def test_many_are_pruned_by_force_only(known: int, kept: int, refused: bool, server) -> None:
    serve_users(server, people(known))
    run()
    gone = [user["id"] for user in people(known)[kept:]]
    serve_users(server, people(kept), gone=gone)
    before = contents()
    if refused:
        said = fail("--prune")
        assert "Nothing was removed" in said
        assert "CLERK_SECRET_KEY" in said
        assert "--force" in said
        assert contents() == before
    assert run("--prune", "--force").endswith(f"removed {known - kept}.")
    assert ClerkUser.objects.filter(deleted_at=None).count() == kept


def test_whoever_is_not_listed_is_asked_for_no_faster_than_clerk_allows(server) -> None:
    serve_users(server, people(40))
    run()
    serve_users(server, people(34), gone=[user["id"] for user in people(40)[34:]])
    waits: list[float] = []
    get_client().pace = Pace(3, sleep=waits.append)
    assert run("--prune").endswith("removed 6.")
    assert len(waits) == 4  # of seven calls, all but the three that may begin at once


@pytest.mark.parametrize(("ours", "theirs"), [(50, 300), (10, 1), (2, 60)])
def test_the_key_of_another_instance_prunes_nobody(ours: int, theirs: int, server) -> None:
    """Whom the run itself has brought in says nothing about the key."""
    serve_users(server, people(ours))
    run()
    strangers = [clerk_user(f"user_other{number}") for number in range(theirs)]
    serve_users(server, strangers, gone=[user["id"] for user in people(ours)])
    for options in (("--prune", "--dry-run"), ("--prune",)):
        assert f"Nothing was removed: {ours} of {ours} Clerk users" in fail(*options)
    assert not ClerkUser.objects.exclude(deleted_at=None).exists()


def test_nor_does_it_when_it_is_run_every_night(server) -> None:
    """From the second night on the others are known, and many. They came later than ours."""
    serve_users(server, people(50))
    run()
    strangers = [clerk_user(f"user_other{number:04d}") for number in range(300)]
    serve_users(server, strangers, gone=[user["id"] for user in people(50)])
    run()
    for options in (("--prune", "--dry-run"), ("--prune",), ("--prune",)):
        assert "Nothing was removed: 50 of the oldest 50 Clerk users" in fail(*options)
    assert not ClerkUser.objects.exclude(deleted_at=None).exists()


@pytest.mark.urls("tests.webhook_urls")
def test_who_comes_while_the_list_is_read_is_neither_known_nor_missing(server, client) -> None:
    serve_users(server, people(2))
    run()
    serve_users(server, people(3))

    def others_come(clerk_user: ClerkUser, **kwargs: Any) -> None:
        if clerk_user.clerk_id == "user_0002":
            for number in range(20):
                deliver(client, "user.created", {**people(1)[0], "id": f"user_new{number}"})

    user_synced.connect(others_come)
    try:
        assert run("--prune") == "Users: created 1, updated 0, unchanged 2, removed 0."
    finally:
        user_synced.disconnect(others_come)
    assert ClerkUser.objects.filter(deleted_at=None).count() == 23


@pytest.mark.parametrize("choice", ["deactivate", "anonymize", "delete"])
def test_who_was_closed_by_mistake_is_counted_and_can_be_opened_again(choice: str, server, settings) -> None:
    """As docs/sync.rst says."""
    settings.CLERK_ON_USER_DELETED = choice
    serve_users(server, people(3))
    run()
    before = dict(ClerkUser.objects.values_list("clerk_id", "user"))
    serve_users(server, [], gone=before)
    run("--prune", "--force")
    serve_users(server, people(3))
    assert run() == "Users: created 0, updated 0, unchanged 0, removed 0, closed here although Clerk lists them: 3."
    assert json.loads(run("--json"))["users"]["gone"] == 3
    ClerkUser.objects.filter(clerk_id="user_0001").update(deleted_at=None)
    get_user_model().objects.filter(clerk__clerk_id="user_0001").update(is_active=True)
    assert "closed here although Clerk lists them: 2" in run()
    (opened,) = ClerkUser.objects.filter(deleted_at=None)
    assert (opened.clerk_id, opened.email, opened.first_name) == ("user_0001", "1@example.com", "Ada")
    assert opened.user is not None
    assert (opened.user.is_active, opened.user.email) == (True, "1@example.com")
    assert choice == "delete" or opened.user_id == before["user_0001"]
    assert "closed" not in run("--user", "user_0001")


def test_who_was_closed_and_whose_row_is_deleted_comes_back_as_another_django_user(server) -> None:
    serve_users(server, people(1))
    run()
    before = ClerkUser.objects.get()
    delete_user("user_0000")
    ClerkUser.objects.all().delete()
    assert run() == "Users: created 1, updated 0, unchanged 0, removed 0."
    assert ClerkUser.objects.get().user != before.user
    assert not get_user_model().objects.get(pk=before.user_id).is_active


@pytest.mark.parametrize("failure", [status(500), status(403), html(404), html(200), truncated({}), raw(b"{}"), ok([])])
def test_an_answer_that_does_not_say_gone_closes_nobody(failure, server) -> None:
    serve_users(server, people(4))
    run()
    serve_users(server, people(3))
    server.on("/v1/users/user_0003", failure)
    said = fail("--prune")
    assert "Not finished" in said
    assert not ClerkUser.objects.exclude(deleted_at=None).exists()


@pytest.mark.parametrize(
    "failure", [status(401), status(422), html(200), redirect("/"), raw(b"null"), ok({"data": []})]
)
def test_a_listing_that_breaks_off_prunes_nobody(failure, server) -> None:
    serve_users(server, people(501))
    run()
    server.received.clear()
    listing = server._modes["/v1/users"][0]
    server.on("/v1/users", listing, failure)
    said = fail("--prune")
    assert said.startswith("Not finished. Users: created 0, updated 0, unchanged 500, removed 0.")
    assert said.endswith("Run the command again: what is done stays done.")
    assert not ClerkUser.objects.exclude(deleted_at=None).exists()
    assert asked(server)[:3] == ["/v1/users/count", "/v1/users", "/v1/users"]


# Trouble


def test_what_was_done_before_a_failure_stays_done(server) -> None:
    serve_users(server, people(501))
    listing = server._modes["/v1/users"][0]
    server.on("/v1/users", listing, status(403), listing)
    assert "created 500" in fail()
    assert ClerkUser.objects.count() == 500
    assert run() == "Users: created 1, updated 0, unchanged 500, removed 0."


def test_a_pause_that_clerk_asks_for(server) -> None:
    serve_users(server, people(600))
    listing = server._modes["/v1/users"][0]
    server.on("/v1/users", listing, status(429, {"Retry-After": "1"}), listing)
    assert run() == "Users: created 600, updated 0, unchanged 0, removed 0."
    _, refused, second = [request.at for request in server.received if request.path == "/v1/users"]
    assert second - refused >= 1.0


@pytest.mark.parametrize(
    ("answer", "advice"),
    [(status(401), "CLERK_SECRET_KEY"), (html(200), "CLERK_API_URL"), (html(404), "CLERK_API_URL")],
)
def test_the_message_says_what_to_do(answer, advice: str, server) -> None:
    server.on("/v1/users/count", answer)
    assert advice in fail()


@pytest.mark.parametrize("key", [None, "sk test"])
def test_without_a_key(key: str | None, server, settings) -> None:
    settings.CLERK_SECRET_KEY = key
    assert "CLERK_SECRET_KEY" in fail()
    assert asked(server) == []


MALFORMED: list[Any] = [None, 7, "user_x", [], {}, {"id": None}, {"id": "../jwks"}, {"id": "org_1"}, {"id": "\ud800\n"}]


@pytest.mark.parametrize(("bad", "others"), [(None, 499), *[(bad, 9) for bad in MALFORMED]], ids=ascii)
def test_one_malformed_user_among_others(bad: Any, others: int, server) -> None:
    users = people(others)
    users.insert(others // 2, bad)
    serve_users(server, users)
    said = fail("--prune")
    assert said.startswith(f"Users: created {others}, updated 0, unchanged 0, removed 0. 1 could not be stored: ")
    name = bad.get("id") if isinstance(bad, dict) else None
    assert (ascii(name) if name is not None else "number ") in said
    assert "\n" not in said
    assert ClerkUser.objects.count() == others


def test_many_malformed_users_are_not_all_named(server) -> None:
    serve_users(server, [*people(2), *[{"id": f"bad {number}"} for number in range(50)]])
    said = fail()
    assert "50 could not be stored" in said
    assert said.count("bad") == 20


def test_a_user_whom_the_database_refuses(server, caplog) -> None:
    """The page is stored one by one, and the one is named; what MySQL says of it would hold the address."""

    def receiver(clerk_user: ClerkUser, **kwargs: Any) -> None:
        if clerk_user.clerk_id == "user_0007":
            raise IntegrityError(1062, f"Duplicate entry '{clerk_user.email}' for key 'email'")

    user_synced.connect(receiver)
    serve_users(server, people(20))
    try:
        said = fail()
    finally:
        user_synced.disconnect(receiver)
    assert said.endswith("created 19, updated 0, unchanged 0, removed 0. 1 could not be stored: user_0007.")
    assert ClerkUser.objects.count() == 19
    assert "User user_0007 could not be stored: IntegrityError." in caplog.text
    assert "@example.com" not in caplog.text


@pytest.mark.parametrize("options", [(), ("--user", "user_0000")])
def test_what_a_receiver_raises_is_not_taken_for_a_wrong_option(options: tuple[str, ...], server) -> None:
    """It would be printed, and there may be an address in it."""

    def receiver(clerk_user: ClerkUser, **kwargs: Any) -> None:
        int(clerk_user.email)

    user_synced.connect(receiver)
    serve_users(server, people(1))
    try:
        with pytest.raises(ValueError, match="invalid literal"):
            run(*options)
    finally:
        user_synced.disconnect(receiver)


def test_metadata_deeper_than_parsers_go(server) -> None:
    deep = '{"a":' * 900 + "1" + "}" * 900

    def page(handler: Handler) -> None:
        users = json.dumps([clerk_user("user_deep", unsafe_metadata="DEEP"), clerk_user("user_ada")])
        handler.answer(200, users.replace('"DEEP"', deep).encode())

    serve_users(server, people(2))
    server.on("/v1/users", page)
    assert run() == "Users: created 2, updated 0, unchanged 0, removed 0."
