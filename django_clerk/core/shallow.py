"""
JSON that is nested deeper than parsers go.

Clerk's users may nest their unsafe metadata a thousand levels deep, from the browser. That must not keep anybody from
hearing that they were banned.
"""

from __future__ import annotations

import re

_MARK = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]', re.DOTALL)


def cut(text: bytes, *, levels: int) -> bytes:
    """Return JSON with null in place of every array and object below so many levels; what is none, as it is."""
    if text.count(b"{") + text.count(b"[") <= levels:
        return text
    kept, depth, end = [], 0, 0
    for mark in _MARK.finditer(text):
        if mark[0] in (b"{", b"["):
            depth += 1
            if depth == levels + 1:
                kept += [text[end : mark.start()], b"null"]
        elif mark[0] in (b"}", b"]"):
            if depth == levels + 1:
                end = mark.end()
            depth -= 1
    return b"".join([*kept, text[end:]]) if depth == 0 else text
