"""The pages can be used by everybody: with a screen reader, in the dark, on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from django_clerk.emulator.instance import Emulator

from .conftest import NODE_MODULES
from .visitor import Visitor

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

PAGES = [
    "/",
    "/dashboard/",
    "/organization/",
    "/admin-area/",
    "/admin-area/refusals/",
    "/inbox/",
    "/account/delete/",
    "/posts/1/",
    "/posts/1/edit/",
    "/posts/1/delete/",
]
AXE = NODE_MODULES / "axe-core" / "axe.min.js"


@pytest.fixture(params=["light", "dark"])
def in_this_light(request: Any, visitor: Visitor) -> Iterator[Visitor]:
    if not AXE.exists():
        pytest.skip("axe is not installed: npm ci --ignore-scripts in example_project")
    features = [{"name": "prefers-color-scheme", "value": request.param}]
    visitor.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    yield visitor
    visitor.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def violations(visitor: Visitor) -> list[str]:
    """Return what axe objects to, in what it calls serious words."""
    visitor.driver.execute_script(AXE.read_text(encoding="utf-8"))
    found = visitor.run("(await axe.run()).violations")
    return [f"{item['id']}: {node['html'][:200]}" for item in found for node in item["nodes"]]


def test_axe_has_no_objection(in_this_light: Visitor, emulator: Emulator, ada: dict[str, Any]) -> None:
    visitor = in_this_light
    visitor.open("/sign-in/")
    visitor.until("return [...document.getElementsByName('identifier')].find(seen)")
    found = {"/sign-in/": violations(visitor)}
    visitor.signed_in(emulator, ada)
    for path in PAGES:
        visitor.open(path)
        visitor.until("return document.querySelector('.cl-userButtonTrigger')")
        found[path] = violations(visitor)
    assert {path: objections for path, objections in found.items() if objections} == {}


def test_a_phone_shows_every_page_whole(visitor: Visitor, emulator: Emulator, ada: dict[str, Any]) -> None:
    phone = {"width": 360, "height": 740, "deviceScaleFactor": 1, "mobile": True}
    visitor.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    try:
        visitor.open("/sign-in/")
        visitor.until("return [...document.getElementsByName('identifier')].find(seen)")
        widths = {"/sign-in/": visitor.run("document.documentElement.scrollWidth")}
        visitor.signed_in(emulator, ada)
        for path in PAGES:
            visitor.open(path)
            visitor.until("return document.querySelector('.cl-userButtonTrigger')")
            widths[path] = visitor.run("document.documentElement.scrollWidth")
        assert set(widths.values()) == {360}, widths
    finally:
        visitor.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
