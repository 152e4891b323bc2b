"""A browser's call of the Frontend API and what is said to it, without a web framework."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django_clerk.emulator.store import Client


@dataclass(frozen=True, kw_only=True)
class Visit:
    """A call, from a browser that is known or not."""

    method: str  #: the one that is meant, where a POST stands in for another
    path: str  #: without the mount point, such as "/v1/client"
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    form: Mapping[str, str] = field(default_factory=dict, repr=False)
    lists: Mapping[str, list[str]] = field(default_factory=dict, repr=False)  #: of the form, where a name comes often
    origin: str  #: of the page that calls
    client: Client | None = None

    def given(self, *names: str) -> dict[str, str]:
        """Return those fields of the form that were sent, empty ones too."""
        return {name: self.form[name] for name in names if name in self.form}


@dataclass(frozen=True)
class Reply:
    """The answer to a Visit, before it is put in Clerk's envelope."""

    resource: Any
    client: Client | None = None  #: as it is after the call; None where it was not needed
    tells_client: bool = True  #: whether the envelope brings the client along
    is_wrapped: bool = True  #: whether there is an envelope at all
