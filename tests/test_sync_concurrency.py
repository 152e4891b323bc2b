"""Many callers at once: first sights of one user, syncs beside webhooks, transactions that a database gives up."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import OperationalError, connection, transaction

from django_clerk import transactions
from django_clerk.backends import provision
from django_clerk.core.profiles import read_profile
from django_clerk.models import ClerkUser
from django_clerk.sync import Outcome, adopt, apply_profiles
from tests.deliveries import clerk_user, listening, milliseconds
from tests.processes import finish, start
from tests.test_webhook_concurrency import at_once
from tests.testapp.people import create_user

pytestmark = pytest.mark.django_db(transaction=True)

several_writers = pytest.mark.skipif(
    connection.vendor == "sqlite", reason="NOT TESTED: SQLite has one writer. Set TEST_DATABASE."
)

FIRST_SIGHTS = """
import threading
from django_clerk.backends import provision
def call():
    at(float(sys.argv[2]))
    try:
        provision("user_ada")
        print("seen", flush=True)
    finally:
        connections.close_all()
threads = [threading.Thread(target=call) for _ in range(int(sys.argv[3]))]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
"""


@several_writers
def test_fifty_first_sights_of_one_user() -> None:
    with listening() as said:
        at_once(*[lambda: provision("user_ada")] * 50)
    assert len(said) == 1
    assert ClerkUser.objects.count() == get_user_model().objects.count() == 1


@several_writers
@pytest.mark.slow
def test_fifty_first_sights_in_five_processes() -> None:
    moment = time.time() + 6
    processes = [start(FIRST_SIGHTS, moment, 10) for _ in range(5)]
    assert [finish(process).count("seen") for process in processes] == [10] * 5
    assert ClerkUser.objects.count() == get_user_model().objects.count() == 1


@several_writers
def test_an_adoption_beside_the_webhooks_of_the_same_user() -> None:
    """Whoever comes first, the row has the user who was there before, and nobody is left over."""
    users = get_user_model()._default_manager
    for number in range(10):
        ada = create_user(f"ada{number}")
        told = read_profile(clerk_user(f"user_ada{number}", email=ada.email))
        at_once(*[lambda told=told: apply_profiles([told])] * 4, lambda told=told, ada=ada: adopt(told, ada))
        assert ClerkUser.objects.get(clerk_id=told.clerk_id).user == ada
    assert users.count() == ClerkUser.objects.count() == 10


@several_writers
def test_who_is_disabled_by_an_administrator_while_a_ban_arrives_stays_so() -> None:
    """Whoever came second waits, and then sees what the first has done."""
    apply_profiles([read_profile(clerk_user(at=1))])
    ban = read_profile(clerk_user(at=2, banned=True))
    is_disabled = threading.Event()

    def disable() -> None:
        with transaction.atomic():
            get_user_model().objects.update(is_active=False)
            is_disabled.set()
            time.sleep(0.5)  # for the ban to come as far as it can

    def arrive() -> None:
        is_disabled.wait(10)
        apply_profiles([ban])

    at_once(disable, arrive)
    assert not ClerkUser.objects.get().disabled_by_sync
    apply_profiles([read_profile(clerk_user(at=3))])
    assert not ClerkUser.objects.get().user.is_active


@several_writers
@pytest.mark.slow
def test_bans_and_links_beside_administrators_come_to_an_end(settings) -> None:
    """All lock the event's row, then ours, then Django's users, each by one order: nobody waits for ever."""
    settings.CLERK_LINK_VERIFIED_EMAIL = True
    people = [create_user(f"person{number}") for number in range(30)]
    told = [clerk_user(f"user_{30 - number:02}", email=user.email) for number, user in enumerate(people)]

    def page(at: int) -> Callable[[], Any]:
        changes = {"updated_at": milliseconds(at), "banned": at % 2 == 0}
        profiles = [read_profile({**data, **changes}) for data in told[:: (-1) ** at]]
        return lambda: apply_profiles(profiles)

    def disable() -> None:
        for user in people:
            get_user_model().objects.filter(pk=user.pk).update(is_active=False)

    at_once(page(1), page(2), page(3))
    at_once(*[page(at) for at in range(4, 9)], disable, disable)
    assert ClerkUser.objects.exclude(user=None).count() == get_user_model().objects.count() == 30
    assert set(ClerkUser.objects.values_list("banned", "user__is_active")) == {(True, False)}


ON_A_FILE = (
    """
import tempfile
from django.core.management import call_command
connection.settings_dict.update(NAME=tempfile.mkdtemp() + "/db.sqlite3")
call_command("migrate", verbosity=0)
"""
    + FIRST_SIGHTS
    + """
from django_clerk.models import ClerkUser
print("rows", ClerkUser.objects.exclude(user=None).count())
"""
)


@pytest.mark.slow
@pytest.mark.skipif(connection.vendor != "sqlite", reason="for SQLite")
def test_twenty_first_sights_on_sqlite() -> None:
    """A transaction that reads and then writes fails at once when another has written meanwhile."""
    said = finish(start(ON_A_FILE, 0, 20)).split("rows")
    assert (said[0].count("seen"), said[1].strip()) == (20, "1")


@several_writers
def test_syncs_and_webhooks_of_the_same_new_users() -> None:
    page = [read_profile(clerk_user(f"user_{number}", at=1)) for number in range(60)]
    newer = [read_profile(clerk_user(f"user_{number}", at=2, first_name="Grace")) for number in range(0, 60, 10)]
    for _ in range(3):
        ClerkUser.objects.all().delete()
        get_user_model().objects.all().delete()
        with listening() as said:
            syncs: list[Callable[[], Any]] = [lambda: apply_profiles(page)] * 3
            at_once(*syncs, *[lambda profile=profile: apply_profiles([profile]) for profile in newer])
        assert ClerkUser.objects.exclude(user=None).count() == get_user_model().objects.count() == 60
        assert ClerkUser.objects.filter(first_name="Grace").count() == 6
        assert sum(arguments["created"] for _, arguments in said) == 60


# Transactions


@several_writers
@pytest.mark.slow
def test_a_deadlock_is_tried_again() -> None:
    apply_profiles([read_profile(clerk_user(f"user_{name}")) for name in "ab"])
    first_locks = threading.Barrier(2)
    tries: list[str] = []

    def lock(*names: str) -> Callable[[], Any]:
        def work() -> None:
            tries.append(names[0])
            for name in names:
                ClerkUser.objects.select_for_update().get(clerk_id=f"user_{name}")
                if len(tries) <= 2 and name == names[0]:
                    first_locks.wait(10)

        return lambda: transactions.run(work, using="default")

    at_once(lock("a", "b"), lock("b", "a"))
    assert 3 <= len(tries) <= 5  # once more, or twice when the second try ran into the other's


@pytest.mark.parametrize("code", [1213, 1020], ids=["deadlock", "row changed since"])
def test_no_more_than_five_times(code: int) -> None:
    tries = []

    def work() -> None:
        tries.append(1)
        raise OperationalError(code, "…; try restarting transaction")

    with pytest.raises(OperationalError):
        transactions.run(work, using="default")
    assert len(tries) == 5
    with pytest.raises(OperationalError), transaction.atomic():
        transactions.run(work, using="default")
    assert len(tries) == 6  # inside another transaction there is nothing to begin again


@pytest.mark.parametrize(
    "arguments", [(), ("database is locked",), (2006, "Server has gone away"), (1205, "Lock wait")]
)
def test_other_errors_are_not_tried_again(arguments: tuple[Any, ...]) -> None:
    tries = []

    def work() -> None:
        tries.append(1)
        raise OperationalError(*arguments)

    with pytest.raises(OperationalError):
        transactions.run(work, using="default")
    assert len(tries) == 1


def test_work_is_undone_before_it_is_tried_again() -> None:
    tries = []

    def work() -> int:
        tries.append(1)
        ClerkUser.objects.create(clerk_id="user_ada")
        if len(tries) < 3:
            raise OperationalError(1213, "Deadlock found when trying to get lock")
        return ClerkUser.objects.count()

    assert transactions.run(work, using="default") == 1
    assert apply_profiles([read_profile(clerk_user())]) == {"user_ada": Outcome.CREATED}
