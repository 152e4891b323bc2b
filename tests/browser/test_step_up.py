"""Deleting asks for a factor that was verified in the last ten minutes."""

from __future__ import annotations

from typing import Any

import pytest

from django_clerk.emulator.instance import Emulator

from .conftest import PASSWORD
from .visitor import Visitor

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def post(visitor: Visitor, emulator: Emulator, grace: dict[str, Any]) -> str:
    """A new post of Grace's, who signed in eleven minutes ago. Returns the address that deletes it."""
    visitor.signed_in(emulator, grace)
    visitor.open("/dashboard/")
    visitor.has_clerk()
    post = "{ method: 'POST', body: new URLSearchParams({ title: 'Gone', body: 'Text' }) }"
    made = visitor.run(f"await (await clerkFetch('/api/posts/', {post})).json()")
    emulator.clients.verified(visitor.run("Clerk.session.id"), minutes_ago=11)
    assert "ey" in visitor.run("await Clerk.session.getToken({ skipCache: true })")
    return f"/posts/{made['id']}/delete/"


def verify(visitor: Visitor) -> None:
    visitor.fill("password", PASSWORD)
    visitor.press("Continue")


def test_on_a_page(visitor: Visitor, post: str, allowed: list[str]) -> None:
    allowed.append(f"{post} - Failed to load resource: the server responded with a status of 403")
    visitor.open(post)
    visitor.reads("Is it still you?")
    visitor.press("Verify now")
    verify(visitor)
    visitor.reads("It is gone for everybody")
    visitor.press("Delete")
    visitor.arrives("/dashboard/")
    visitor.reads("The post is deleted.")


def test_by_script(visitor: Visitor, post: str, allowed: list[str]) -> None:
    allowed.append(f"{post} - Failed to load resource: the server responded with a status of 403")
    visitor.driver.execute_script(
        "clerkFetch(arguments[0], { method: 'POST' }).then((answer) => { window.answer = answer.status; })", post
    )
    verify(visitor)
    assert visitor.until("return window.answer") == 200
    assert visitor.run(f"(await fetch('{post}')).status") == 404
    allowed.append("status of 404")


def test_who_thinks_better_of_it_gets_the_first_answer(visitor: Visitor, post: str, allowed: list[str]) -> None:
    allowed.append(f"{post} - Failed to load resource: the server responded with a status of 403")
    visitor.driver.execute_script(
        "clerkFetch(arguments[0], { method: 'POST' }).then((answer) => { window.answer = answer.status; })", post
    )
    visitor.press("Close modal")
    assert visitor.until("return window.answer") == 403
