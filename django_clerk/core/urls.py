"""URLs as a browser reads and writes them. Source: the WHATWG URL standard, as far as http and https go."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, quote, quote_plus, urlsplit, urlunsplit

#: Left alone in a path. Everything else that is not a letter or a digit is percent-encoded.
_PATH_SAFE = "%/:@!$&'()*+,;=-._~|[]"
_QUERY_SAFE = "%/:@!$&()*+,;=-._~|[]?{}^`\\"
_ONE_DOT, _TWO_DOTS = {".", "%2e"}, {"..", ".%2e", "%2e.", "%2e%2e"}
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}
_AUTHORITY = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Url:
    """An absolute URL without user and fragment."""

    origin: str  #: scheme, host and port, as in "https://app.example.com"
    path: str  #: percent-encoded, dots resolved
    query: str  #: without the question mark

    def __str__(self) -> str:
        return f"{self.origin}{self.path}{'?' if self.query else ''}{self.query}"

    def get(self, name: str) -> str | None:
        """Return the first value of a query parameter; None without one."""
        if name not in self.query and "%" not in self.query:
            return None
        return next((value for key, value in read_query(self.query) if key == name), None)

    def without(self, *names: str) -> Url:
        """Return the URL without some parameters. The others are written anew, as a browser does then."""
        return replace(self, query=write_query(pair for pair in read_query(self.query) if pair[0] not in names))

    def having(self, name: str, value: str) -> Url:
        """Return the URL with one value of a parameter: where its first stood, or at the end."""
        pairs = read_query(self.query)
        first = next((index for index, pair in enumerate(pairs) if pair[0] == name), len(pairs))
        kept = [pair for pair in pairs[first:] if pair[0] != name]
        return replace(self, query=write_query([*pairs[:first], (name, value), *kept]))


def make_url(scheme: str, host: str, path: str, query: str) -> Url:
    """Put a URL together. ``path`` and ``query`` are text, percent-encoded as far as the sender did."""
    scheme, host = scheme.lower(), host.lower()
    host = host.removesuffix(_DEFAULT_PORTS.get(scheme, " "))
    return Url(f"{scheme}://{host}", _write_path(path), quote(query, safe=_QUERY_SAFE, errors="replace"))


def read_url(text: str) -> Url:
    """Read an absolute http or https URL, its fragment left out. Raises ValueError for anything else."""
    text = text.strip()
    end = next((index for index, character in enumerate(text) if character in "?#"), len(text))
    parts = urlsplit(text[:end].replace("\\", "/") + text[end:])
    if parts.scheme.lower() not in _DEFAULT_PORTS or not _AUTHORITY.fullmatch(parts.netloc):
        raise ValueError("Not an absolute http or https URL.")
    return make_url(parts.scheme, parts.netloc, parts.path, parts.query)


def is_absolute(text: str) -> bool:
    """Tell whether a text begins with a scheme and two slashes."""
    return _SCHEME.match(text) is not None


def read_query(query: str) -> list[tuple[str, str]]:
    """Return the parameters of a query."""
    return parse_qsl(query, keep_blank_values=True)


def write_query(pairs: Iterable[tuple[str, str]]) -> str:
    """Write parameters the way a form does: unlike urlencode(), ``*`` stays and ``~`` does not."""
    return "&".join(f"{_encode(name)}={_encode(value)}" for name, value in pairs)


def with_parameter(url: str, name: str, value: str) -> str:
    """Return any URL with one value of a query parameter, at the end. Its fragment stays."""
    parts = urlsplit(url)
    pairs = [pair for pair in read_query(parts.query) if pair[0] != name]
    return urlunsplit(parts._replace(query=write_query([*pairs, (name, value)])))


def _encode(text: str) -> str:
    return quote_plus(text, safe="*", errors="replace").replace("~", "%7E")


def _write_path(path: str) -> str:
    segments: list[str] = []
    pieces = path.replace("\\", "/").removeprefix("/").split("/")
    for index, piece in enumerate(pieces):
        lowered, is_last = piece.lower(), index == len(pieces) - 1
        if lowered in _TWO_DOTS:
            segments = segments[:-1]
        elif lowered not in _ONE_DOT:
            segments.append(quote(piece, safe=_PATH_SAFE, errors="replace"))
            continue
        if is_last:
            segments.append("")
    return "/" + "/".join(segments)
