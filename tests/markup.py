"""HTML as a browser reads it: elements with their attributes, and the data in scripts."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any


class Markup(HTMLParser):
    """The elements of a page, in order, and its text; what a script element holds is kept apart."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, data: str) -> None:
        if self.elements and self.lasttag == "script" and self.cdata_elem == "script":
            self.scripts[-1] += data
        else:
            self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def options(self) -> Any:
        """Return the options of the one component on the page."""
        [component] = [given for _, given in self.elements if "data-clerk-component" in given]
        return json.loads(component["data-clerk-options"] or "")

    def data(self, number: int = 0) -> Any:
        """Return what one of the data blocks says."""
        blocks = [text for text, script in zip(self.scripts, self.all("script"), strict=True) if "src" not in script]
        return json.loads(blocks[number])
