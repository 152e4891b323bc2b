"""Every example of Clerk's own specification of its webhooks, posted as Clerk would."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.test import Client

from django_clerk.models import ClerkUser, ClerkWebhookEvent
from tests.deliveries import headers, listening, post

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.webhook_urls")]

SPECIFICATION = Path(__file__).parents[2] / "shared/openapi/webhooks-2025-04-15.yml"
TYPES = 45


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
    assert [name for name, _ in said if name == "webhook_received"] == ["webhook_received"]
    assert ClerkUser.objects.count() == kind.startswith("user.")
