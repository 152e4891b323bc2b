"""The organization that is chosen in the browser is the one that the server sees."""

from __future__ import annotations

from typing import Any

import pytest

from django_clerk.emulator.instance import Emulator

from .visitor import Visitor

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def organizations(emulator: Emulator, grace: dict[str, Any], ada: dict[str, Any]) -> None:
    """Grace runs one organization, and is a member of Ada's."""
    for name, creator in (("Harbour", grace), ("Engines", ada)):
        slug = name.lower()
        if slug not in [organization["slug"] for organization in emulator.organizations.organizations()]:
            emulator.organizations.create({"name": name, "slug": slug, "created_by": creator["id"]})
    engines = emulator.organizations.organization("engines")["id"]
    if grace["id"] not in [member["public_user_data"]["user_id"] for member in emulator.organizations.members(engines)]:
        emulator.organizations.add_member(engines, {"user_id": grace["id"], "role": "org:member"})


@pytest.mark.usefixtures("organizations")
def test_switching_is_seen_by_the_server(
    visitor: Visitor, emulator: Emulator, grace: dict[str, Any], allowed: list[str]
) -> None:
    allowed.append("/organization/books/ - Failed to load resource: the server responded with a status of 403")
    visitor.signed_in(emulator, grace)
    visitor.open("/organization/")
    visitor.reads("On your own")
    visitor.choose_organization("Harbour")
    visitor.reads("org:admin")  # the page has loaded itself anew
    visitor.fill("text", "High tide at six")
    visitor.press("Put it up")
    visitor.reads("The notice is up.")
    visitor.press("The books, for its admins")
    visitor.reads("The books of harbour")
    visitor.choose_organization("Engines")
    visitor.reads("not yours to open")
    visitor.open("/organization/")
    visitor.reads("org:member")
    assert "High tide" not in visitor.text
    assert "Put it up" not in visitor.text
    assert visitor.asks("/api/me/")["organization"] == "engines"
