"""Which rows of a table, in SQL."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

_WITH_ID = "{} {} (SELECT value FROM json_each(?))"
_IDENTIFIED = """
id {} (SELECT user_id FROM identifiers WHERE kind = ? AND value IN (SELECT value FROM json_each(?)))
"""
_MEMBERS = """
id {} (SELECT user_id FROM memberships WHERE organization_id IN (SELECT value FROM json_each(?)))
"""


class Taken(Exception):
    """Another row has this, and it must be unique."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind  #: "email_address", "phone_number", "username", "external_id", "slug", "user_id"


@dataclass
class Selection:
    """Conditions joined by AND, and their arguments."""

    conditions: list[str] = field(default_factory=list)
    arguments: list[Any] = field(default_factory=list)

    def add(self, condition: str, *arguments: Any) -> None:
        self.conditions.append(condition)
        self.arguments += arguments

    def within(self, column: str, values: Sequence[str], *, negated: bool = False) -> None:
        """Narrow to the rows with (none of) these values in a column."""
        self.add(_WITH_ID.format(column, _in(negated)), json.dumps(values))

    def identified(self, kind: str, values: Sequence[str], *, negated: bool = False) -> None:
        """Narrow to users that (do not) have one of these identifiers."""
        self.add(_IDENTIFIED.format(_in(negated)), kind, json.dumps(values))

    def members_of(self, organization_ids: Sequence[str], *, negated: bool = False) -> None:
        """Narrow to users that are members of (none of) these organizations."""
        self.add(_MEMBERS.format(_in(negated)), json.dumps(organization_ids))

    @property
    def where(self) -> str:
        return f" WHERE {' AND '.join(self.conditions)}" if self.conditions else ""


def _in(negated: bool) -> str:
    return "NOT IN" if negated else "IN"
