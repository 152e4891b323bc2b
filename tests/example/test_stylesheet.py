"""The colours of the site can be read, by day and by night."""

from __future__ import annotations

import re

import pytest

from .project import ROOT

CSS = (ROOT / "example_project/posts/static/posts/site.css").read_text(encoding="utf-8")
READ = [
    ("ink", "paper"),
    ("ink", "card"),
    ("faint", "paper"),
    ("faint", "card"),
    ("accent", "paper"),
    ("accent", "card"),
    ("accent", "tint"),
    ("on-accent", "accent"),
    ("danger", "paper"),
    ("danger", "card"),
    ("ink", "line"),
    ("ink", "tint"),
]


def palette(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))


def luminance(color: str) -> float:
    """As WCAG 2.2 defines relative luminance."""
    channels = [int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


DAY, NIGHT = (palette(block) for block in re.findall(r":root \{(.*?)\}", CSS, re.DOTALL))


@pytest.mark.parametrize("colors", [DAY, NIGHT], ids=["day", "night"])
@pytest.mark.parametrize(("text", "ground"), READ)
def test_contrast_is_enough_for_text(colors, text, ground):
    lighter, darker = sorted((luminance(colors[text]), luminance(colors[ground])), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) >= 4.5


def test_nothing_is_loaded_from_elsewhere():
    assert "url(" not in CSS
    assert "@import" not in CSS
