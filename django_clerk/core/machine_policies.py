"""Rules about machines: the credential that one presents, and what it is good for. They combine with all the others."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any, Final

from .machines import TokenType
from .policies import Policy, Subject

#: A scope, as RFC 6749 (3.3) has it.
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")

#: A machine, whether it acts for a user or for nobody.
is_machine: Final = Policy("is_machine", lambda subject, obj: subject.auth.machine is not None, for_machines=True)


def has_scope(*scopes: str) -> Policy:
    """Pass a machine's credential that has all of ``scopes``. A session has none, and does not pass."""
    _require_scopes(scopes)
    if not scopes:
        raise ValueError("has_scope() needs at least one scope.")

    def test(subject: Subject, obj: Any) -> bool:
        machine = subject.auth.machine
        return machine is not None and machine.has_scopes(scopes)

    return Policy(f"has_scope({', '.join(scopes)})", test, for_machines=True)


def accepted(types: Collection[TokenType], scopes: tuple[str, ...] = ()) -> Policy:
    """Pass a verified credential of one of ``types``; if it is a machine's, it must have all of ``scopes``."""
    _require_scopes(scopes)

    def test(subject: Subject, obj: Any) -> bool:
        machine = subject.auth.machine
        return subject.auth.token_type in types and (machine is None or not scopes or machine.has_scopes(scopes))

    return Policy(f"accepted({', '.join(types)})", test, for_machines=True)


def _require_scopes(scopes: tuple[object, ...]) -> None:
    if not all(isinstance(scope, str) and _SCOPE.fullmatch(scope) for scope in scopes):
        raise ValueError("A scope is a non-empty string without spaces, quotes and backslashes.")
