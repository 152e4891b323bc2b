"""The many ways to spell one path, for whoever decides by a path and not by what it has been resolved to."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import unquote

#: Empty segments, dots and spaces at the end of one, and what some program takes for another character or for nothing.
_ODD = re.compile(r"//|[ .](?=/|\Z)|[\\;%\x00-\x1f\x7f-\x9f]")
_PARAMETERS = re.compile(r";[^/]*")
_NOTHING = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_DEEPEST = 8  #: times that a path is decoded; deeper than any chain of servers


def is_plain(path: str) -> bool:
    """Tell whether a decoded path can be read in one way only."""
    return _ODD.search(path) is None and (path.isascii() or unicodedata.normalize("NFKC", path) == path)


def plain(path: str) -> str:
    """Return the path that the most lenient of servers, file systems and views would take this one for."""
    for _ in range(_DEEPEST):
        decoded = unicodedata.normalize("NFKC", unquote(path))
        if decoded == path:
            break
        path = decoded
    path = _NOTHING.sub("", _PARAMETERS.sub("", path.replace("\\", "/")))
    segments: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del segments[-1:]
        elif name := segment.rstrip(" ."):
            segments.append(name)
    end = "/" if segments and path.endswith(("/", "/.", "/..")) else ""
    return f"/{'/'.join(segments)}{end}"
