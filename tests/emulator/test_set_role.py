"""A role given from Django: in Clerk, in the row and for whoever asks, by one writer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from django_clerk.api import ClerkClient
from django_clerk.core.profiles import read_profile
from django_clerk.emulator.instance import Emulator
from django_clerk.exceptions import APIInvalid, APINotFound, APIRateLimited, APIUnavailable
from django_clerk.models import ClerkUser
from django_clerk.sync import Outcome, apply_profiles, delete_user
from django_clerk.wiring import get_client
from tests.asynchronous import in_this_thread
from tests.deliveries import listening

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _with_the_package() -> Iterator[None]:
    with override_settings(
        ROOT_URLCONF="tests.emulator.journey_urls",
        CLERK_EMULATOR_WEBHOOK_URL="/webhooks/clerk/",
        ALLOWED_HOSTS=["localhost"],
    ):
        yield


@pytest.fixture
def row(emulator: Emulator) -> ClerkUser:
    user = emulator.create_user(email_address="ada@example.com", public_metadata={"role": "member", "desk": {"no": 4}})
    return ClerkUser.objects.get(clerk_id=user["id"])


@pytest.fixture(params=[True, False], ids=["with webhooks", "without"])
def _webhooks(request: pytest.FixtureRequest, emulator: Emulator, row: ClerkUser) -> Iterator[None]:
    if request.param:
        yield
    else:
        with emulator.webhooks_paused():
            yield


@pytest.mark.usefixtures("_webhooks")
def test_clerk_and_the_row_have_it(emulator: Emulator, row: ClerkUser) -> None:
    with listening() as said:
        row.set_role("admin")
    assert emulator.user(row.clerk_id)["public_metadata"] == {"role": "admin", "desk": {"no": 4}}
    stored = ClerkUser.objects.get()
    assert (row.role, stored.role, stored.public_metadata["desk"]) == ("admin", "admin", {"no": 4})
    assert stored.updated_at == read_profile(emulator.user(row.clerk_id)).updated_at
    assert [name for name, _ in said].count("user_synced") == 1, "written once, whoever told first"


@pytest.mark.usefixtures("_webhooks")
def test_none_takes_it_away(emulator: Emulator, row: ClerkUser) -> None:
    row.set_role(None)
    assert emulator.user(row.clerk_id)["public_metadata"] == {"desk": {"no": 4}}
    assert (row.role, ClerkUser.objects.get().role) == ("", "")


@in_this_thread
async def test_from_a_coroutine(emulator: Emulator, row: ClerkUser) -> None:
    await row.aset_role("editor")
    assert row.role == (await ClerkUser.objects.aget()).role == "editor"


@pytest.mark.parametrize("claim", ["metadata.app.roles.main", "app.role", "role"])
def test_it_is_put_where_the_project_keeps_it(emulator: Emulator, row: ClerkUser, claim: str) -> None:
    with override_settings(CLERK_ROLE_CLAIM=claim):
        row.set_role("admin")
        assert row.role == "admin"
        row.set_role(None)
        assert row.role == ""
    assert emulator.user(row.clerk_id)["public_metadata"]["desk"] == {"no": 4}


@pytest.mark.parametrize("role", ["", "org:admin", " admin", "x" * 256, "ad\0min", "ad\ud800min"])
def test_what_can_be_no_role_is_not_asked_for(emulator: Emulator, row: ClerkUser, role: str) -> None:
    emulator.api.calls.clear()
    with pytest.raises(ValueError, match="An application role"):
        row.set_role(role)
    assert list(emulator.api.calls) == []


@pytest.mark.parametrize(("status", "error"), [(422, APIInvalid), (429, APIRateLimited), (500, APIUnavailable)])
def test_a_failure_changes_nothing(emulator: Emulator, row: ClerkUser, status: int, error: type[Exception]) -> None:
    before = ClerkUser.objects.values().get()
    emulator.fail_next(status=status, times=1, path="/v1/users")
    emulator.api.calls.clear()
    with pytest.raises(error):
        row.set_role("admin")
    assert len(emulator.api.calls) == 1, "somebody waits"
    assert ClerkUser.objects.values().get() == before
    assert row.role == "member"


def test_who_is_gone_gets_none(emulator: Emulator, row: ClerkUser) -> None:
    with emulator.webhooks_paused():
        emulator.delete_user(row.clerk_id)
    delete_user(row.clerk_id)
    with pytest.raises(APINotFound):
        row.set_role("admin")
    assert ClerkUser.objects.get().role == "member", "forgotten only where CLERK_ON_USER_DELETED says so"


def test_an_answer_older_than_the_row_is_not_applied(emulator: Emulator, row: ClerkUser) -> None:
    """A webhook that tells of something later may come while the call is under way."""
    client: ClerkClient = get_client()
    late = read_profile(client.update_user_metadata(row.clerk_id, public_metadata={"role": "editor"}))
    row.set_role("admin")
    assert apply_profiles([late]) == {row.clerk_id: Outcome.STALE}
    assert ClerkUser.objects.get().role == "admin"


def test_without_a_secret_key_there_is_nobody_to_ask(row: ClerkUser, settings: Any) -> None:
    settings.CLERK_SECRET_KEY = None
    with pytest.raises(ImproperlyConfigured, match="CLERK_SECRET_KEY"):
        row.set_role("admin")
    assert ClerkUser.objects.get().role == "member"
