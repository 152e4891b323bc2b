"""Other ways to write a path that servers, proxies and frameworks have been known to take for it."""

from __future__ import annotations

from collections.abc import Iterator

_FULL_WIDTH = str.maketrans({chr(n): chr(n + 0xFEE0) for n in range(0x21, 0x7F)})
_LOOK_ALIKES = str.maketrans(
    {"a": "а", "e": "е", "o": "о", "c": "с", "p": "р", "s": "ѕ", "/": "∕", "i": "ı", "k": "\N{KELVIN SIGN}"}
)
#: What may stand before a path, and what after it.
_BEFORE = [
    "/", "//", "/./", "/;", "/%2f", "/%5c", "/%2e/", "/../", "/;/", "/;a=b/", "/.//", "\\", "///", "/%2F",
    "/%2e%2e/", "/..;/", "/open/../", "/open/..;/", "/open//../", "/open/%2e%2e/", "/open/%2e%2e%2f", "/open/..%2f",
    "/open/..%5c", "/open%2f..%2f", "/open/%252e%252e/", "/open/;/../", "/%00/", "/%0a", "/%0d%0a", "/%20", "/%09",
    "/.;/", "/nowhere/../", "/%c0%af", "/%e0%80%af", "/%c0%ae%c0%ae/", "/%ef%bc%8f", "/%e2%88%95", "/%25",
    "/%u002f", "/?/", "/#/"
]  # fmt: skip
_AFTER = [
    "/", "//", ".", "..", "/.", "/..", "/./", "/%2e", "/..;/", ";", ";/", ";a=b", ";a=b/", ";.css", "?",
    "?x=/open/", "#", "#/open/", "%00", "%0a", "%20", "%2f", "%00.html", "%0d%0a", "%0a/", "%20/", "%09", "%23",
    "%3f", "%3fx", "%252f", "%5c", "\\", ".json", ".html", ".css", "~", "%7e", "*", "%c0%80", "%ff", "%a0",
    "%e2%80%8b", "%ef%bb%bf"
]  # fmt: skip
_BETWEEN = ["//", "/./", "\\", "%2f", "%5c", "%252f", "/x/../", ";/"]
_WITHIN = ["%00", "%0a", "%ad", "%e2%80%8b", "%08", "%7f", "%20", "\u200d"]


def spellings(target: str) -> list[str]:
    """Return distinct spellings of a path, the path itself first; it has a slash at both ends."""
    body = target.strip("/")
    found = [target, *_of_letters(body), *_of_slashes(body), *_of_forms(target)]
    found += [before + body + end for before in _BEFORE for end in ("", "/")]
    found += [f"/{body}{slash}{after}" for after in _AFTER for slash in ("", "/")]
    found += [before + body + after for before in _BEFORE[:11] for after in _AFTER[:22]]
    return list(dict.fromkeys(found))


def _of_letters(body: str) -> Iterator[str]:
    first, last = ord(body[0]), ord(body[-1])
    yield from (f"/{other}/" for other in (body.upper(), body.title(), body.swapcase()))
    yield from (f"/{_percent(body)}/", f"/{_percent(body).upper()}/", f"/{_percent(_percent(body))}/")
    yield from (f"/%{first:02x}{body[1:]}/", f"/{body[:-1]}%{last:02X}/", f"/%25{first:02x}{body[1:]}/")
    for other in (body.translate(_FULL_WIDTH), body.translate(_LOOK_ALIKES)):
        yield from (f"/{other}/", f"/{_percent(other)}/")
    yield from (f"/{body[:2]}{gap}{body[2:]}/" for gap in _WITHIN)
    # In two bytes each, where one is enough.
    yield "/" + "".join(f"%{0xC0 | ord(letter) >> 6:02x}%{0x80 | ord(letter) & 0x3F:02x}" for letter in body) + "/"


def _of_slashes(body: str) -> Iterator[str]:
    yield from (f"/{body}/".replace("/", slash) for slash in (*_BETWEEN, "%c0%af", "／"))
    yield from ("/" * 200 + body + "/", f"/{body}" + "/" * 200, "/./" * 100 + body + "/")
    yield from ("/" + "../" * 50 + body + "/", "/" + "%2e%2e%2f" * 50 + body + "/", f"/{body}/" + "a" * 4000)


def _of_forms(target: str) -> Iterator[str]:
    """Yield what a request line may hold instead of a path, or with it."""
    yield from (
        f"http://testserver{target}",
        f"http://evil.example{target}",
        f"https:{target}",
        f"//testserver{target}",
    )
    yield from (f"http://testserver/{target}", f"{target}?next=/open/", f"*{target}", f"@{target}", target.strip("/"))
    yield from (_percent(target), _percent(_percent(target)), target.translate(_FULL_WIDTH))


def _percent(text: str) -> str:
    return "".join(f"%{byte:02x}" for byte in text.encode())
