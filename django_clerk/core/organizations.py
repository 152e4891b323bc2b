"""
Which organization a URL is about, for handshakes that make it the active one.

Source: Clerk's ``organizationMatcher.ts`` and version 6 of path-to-regexp, of whose patterns this reads what those
options use: text, ``:slug`` and ``:id``, and groups such as ``(.*)``, each with an optional "?".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_TOKEN = re.compile(
    r"(?P<prefix>[./]?)(?::(?P<name>\w+)(?P<own>\([^()]+\))?|(?P<group>\([^()?:][^()]*\)))(?P<mark>[?]?)"
)
_SPECIAL = re.compile(r"[:(){}?*+\\]")
_SEGMENT = r"[^/#?]+?"


@dataclass(frozen=True, slots=True)
class UrlOrganization:
    """What a URL asks to be active: an organization by id or by slug, or the personal account when both are None."""

    id: str | None = None
    slug: str | None = None

    @property
    def parameter(self) -> str:
        """The value of ``organization_id`` in a handshake; empty for the personal account."""
        return self.id or self.slug or ""


class OrganizationPatterns:
    """The patterns of one project. Raises ValueError, naming the pattern, for one that cannot be read."""

    def __init__(self, organization: Sequence[str] = (), personal_account: Sequence[str] = ()) -> None:
        self._organization = [_compile(pattern) for pattern in organization]
        self._personal_account = [_compile(pattern) for pattern in personal_account]

    def __bool__(self) -> bool:
        return bool(self._organization or self._personal_account)

    def match(self, path: str) -> UrlOrganization | None:
        """Return what the path of a URL, percent-encoded, asks to be active; None when it asks for nothing."""
        for pattern in self._organization:
            if (found := pattern.match(path)) is not None:
                named = found.groupdict()
                if named.get("id"):
                    return UrlOrganization(id=named["id"])
                if named.get("slug"):
                    return UrlOrganization(slug=named["slug"])
                break
        if any(pattern.match(path) for pattern in self._personal_account):
            return UrlOrganization()
        return None


def _compile(pattern: str) -> re.Pattern[str]:
    source, position = "", 0
    while position < len(pattern):
        token = _TOKEN.match(pattern, position)
        if token is not None:
            inner = (token["own"] or token["group"] or f"({_SEGMENT})")[1:-1]
            capture = f"(?P<{token['name']}>{inner})" if token["name"] else f"({inner})"
            prefix = re.escape(token["prefix"])
            source += f"(?:{prefix}{capture}){token['mark']}" if token["mark"] else f"{prefix}{capture}"
            position = token.end()
            continue
        if _SPECIAL.match(pattern[position]):
            raise ValueError(f'Invalid pattern "{pattern}": use text, :slug, :id and (.*).')
        source += re.escape(pattern[position])
        position += 1
    try:
        return re.compile(f"^{source}[/#?]?$", re.IGNORECASE)
    except re.error as error:
        raise ValueError(f'Invalid pattern "{pattern}": {error}.') from error
