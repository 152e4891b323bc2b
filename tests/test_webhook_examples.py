"""Every example of Clerk's own specification of its webhooks, posted as Clerk would."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.test import Client

from django_clerk.models import ClerkMembership, ClerkOrganization, ClerkRole, ClerkUser, ClerkWebhookEvent
from tests.deliveries import headers, listening, post

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.webhook_urls")]

SPECIFICATION = Path(__file__).parents[2] / "shared/openapi/webhooks-2025-04-15.yml"
TYPES = 45
USERS, ORGANIZATIONS, MEMBERSHIPS, ROLES = ClerkUser, ClerkOrganization, ClerkMembership, ClerkRole

#: Of the types that something is kept of: the tables that get a row, and the signals that are sent, in order.
EFFECTS: dict[str, tuple[set[type], list[str]]] = {
    **dict.fromkeys(("user.created", "user.updated"), ({USERS}, ["user_synced"])),
    "user.deleted": ({USERS}, ["user_deleted"]),
    **dict.fromkeys(("organization.created", "organization.updated"), ({ORGANIZATIONS}, ["organization_synced"])),
    "organization.deleted": ({ORGANIZATIONS}, ["organization_deleted"]),
    **dict.fromkeys(
        ("organizationMembership.created", "organizationMembership.updated"),
        ({USERS, ORGANIZATIONS, MEMBERSHIPS}, ["organization_synced", "membership_synced"]),
    ),
    "organizationMembership.deleted": (
        {USERS, ORGANIZATIONS, MEMBERSHIPS},
        ["organization_synced", "membership_deleted"],
    ),
    **dict.fromkeys(("role.created", "role.updated", "role.deleted"), ({ROLES}, [])),
    **dict.fromkeys(("session.created", "session.pending"), (set(), ["session_started"])),
    **dict.fromkeys(("session.ended", "session.removed", "session.revoked"), (set(), ["session_ended"])),
}


def read_examples() -> dict[str, Any]:
    """Return the example of each event type."""
    if not SPECIFICATION.exists():
        return {}
    specification = yaml.safe_load(SPECIFICATION.read_text(encoding="utf-8"))
    examples = {}
    for kind, webhook in specification["x-webhooks"].items():
        content = webhook["post"]["requestBody"]["content"]["application/json"]
        example = content.get("example") or next(iter(content["examples"].values()))
        if "$ref" in example:
            example = specification["components"]["examples"][example["$ref"].rpartition("/")[2]]["value"]
        examples[kind] = example
    return examples


EXAMPLES = read_examples()


@pytest.mark.skipif(not EXAMPLES, reason=f"there is no {SPECIFICATION} beside this checkout")
def test_there_is_one_for_each_type() -> None:
    assert len(EXAMPLES) == TYPES
    assert all(example["type"] == kind for kind, example in EXAMPLES.items())


@pytest.mark.parametrize("kind", EXAMPLES)
def test_example(kind: str, client: Client) -> None:
    body = json.dumps(EXAMPLES[kind]).encode()
    with listening() as said:
        assert post(client, body, headers(body)).status_code == 200
    event = ClerkWebhookEvent.objects.get()
    assert (event.type, event.object_id) == (kind, EXAMPLES[kind]["data"].get("id", ""))
    assert event.occurred_at is not None
    assert event.occurred_at.year in range(2023, 2027)  # whether the sample has seconds or milliseconds
    tables, signals = EFFECTS.get(kind, (set(), []))
    names = [name for name, _ in said]
    assert sorted(names) == sorted(["webhook_received", *signals])
    assert [name for name in names if name in signals] == signals
    assert all(arguments["event"].svix_id == event.svix_id for _, arguments in said)
    for model in (USERS, ORGANIZATIONS, MEMBERSHIPS, ROLES):
        assert model._default_manager.count() == (model in tables), model
    is_deletion = kind.endswith(".deleted")
    for model in tables & {told_of(kind)}:
        row = model._default_manager.get(clerk_id=EXAMPLES[kind]["data"]["id"])
        assert (row.deleted_at is not None) is is_deletion
        assert (row.updated_at is None) is is_deletion


def told_of(kind: str) -> type | None:
    """Return the model of the object that an event is about."""
    names = {"user": USERS, "organization": ORGANIZATIONS, "organizationMembership": MEMBERSHIPS, "role": ROLES}
    return names.get(kind.partition(".")[0])


@pytest.mark.parametrize("kind", EXAMPLES)
def test_example_again(kind: str, client: Client) -> None:
    """From another endpoint: it is recorded, and nobody hears of rows that say so already."""
    body = json.dumps(EXAMPLES[kind]).encode()
    post(client, body, headers(body))
    before = contents()
    with listening() as said:
        assert post(client, body, headers(body)).status_code == 200
    assert {name for name, _ in said} <= {"webhook_received", "session_started", "session_ended"}
    assert contents() == before
    assert ClerkWebhookEvent.objects.count() == 2


def contents() -> list[Any]:
    return [list(model._default_manager.values()) for model in (USERS, ORGANIZATIONS, MEMBERSHIPS, ROLES)]
