"""The claims of a session token, versions 1 and 2, read into one frozen value."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

from .permissions import NOTHING, Scoped, read_permissions, read_scoped

logger = logging.getLogger("django_clerk")

_LONGEST_AGE = 2**53  #: minutes; beyond it JavaScript's numbers, and nobody's patience, end
_EMPTY: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    """The organization that was active when the token was made."""

    id: str
    slug: str | None = None
    role: str | None = None  #: prefixed, as in "org:admin", whichever token version said so
    permissions: tuple[str, ...] = ()  #: "org:<feature>:<permission>", without Clerk's own "org:sys_…"


@dataclass(frozen=True)
class SessionClaims:
    """
    Who a session token speaks of; all empty for nobody. What few ask for is read when somebody does.

    What is malformed grants nothing, and raises nothing.
    """

    payload: Mapping[str, Any] = field(default_factory=lambda: _EMPTY, repr=False, hash=False)
    session_status: str | None = None  #: "active", "pending", or None in tokens of version 1
    #: with unfinished tasks: the claims for views that let such a session in. All else here is nobody's then
    pending: SessionClaims | None = field(default=None, repr=False)

    @property
    def user_id(self) -> str | None:
        return _text(self.payload.get("sub"))

    @property
    def session_id(self) -> str | None:
        return _text(self.payload.get("sid"))

    @cached_property
    def org(self) -> Organization | None:
        return _read_organization(self.payload)

    @cached_property
    def features(self) -> Scoped:
        return _read_scoped(self.payload, "fea") or NOTHING

    @cached_property
    def plans(self) -> Scoped:
        return _read_scoped(self.payload, "pla") or NOTHING

    @cached_property
    def factor_ages(self) -> tuple[float, float] | None:
        """Minutes since the first and the second factor were verified; -1 for one that the user does not have."""
        return _read_factor_ages(self.payload.get("fva"))

    @cached_property
    def actor(self) -> Mapping[str, Any] | None:
        """Who really acts, when somebody impersonates the user."""
        return _read_actor(self.payload.get("act"))


NOBODY = SessionClaims()


def read_claims(payload: Mapping[str, Any]) -> SessionClaims:
    """
    Read verified claims.

    A session with unfinished tasks (``sts`` is "pending") belongs to nobody yet, as in Clerk's own SDKs. They give up
    on a token that has an organization and unreadable features or permissions, so it belongs to nobody here.
    """
    status = _text(payload.get("sts"))
    if status == "pending":
        return SessionClaims(session_status=status, pending=_read(payload, status))
    return _read(payload, status)


def _read(payload: Mapping[str, Any], status: str | None) -> SessionClaims:
    if payload.get("v") == 2 and payload.get("o") and not _is_readable(payload):
        return NOBODY
    return SessionClaims(MappingProxyType(payload), status)


def _read_organization(payload: Mapping[str, Any]) -> Organization | None:
    version = payload.get("v", 1)
    if isinstance(version, bool) or version not in (1, 2):
        return None  # a version to come may mean something else by the same names
    if version == 2:
        packed = payload.get("o")
        if not isinstance(packed, Mapping) or not (org_id := _text(packed.get("id"))):
            return None
        role = _text(packed.get("rol"))
        return Organization(
            id=org_id,
            slug=_text(packed.get("slg")),
            role=f"org:{role}" if role else None,
            permissions=read_permissions(payload.get("fea"), packed.get("per"), packed.get("fpm")),
        )
    if not (org_id := _text(payload.get("org_id"))):
        return None
    permissions = payload.get("org_permissions")
    listed = isinstance(permissions, list) and all(isinstance(item, str) for item in permissions)
    return Organization(
        id=org_id,
        slug=_text(payload.get("org_slug")),
        role=_text(payload.get("org_role")),
        permissions=tuple(permissions) if isinstance(permissions, list) and listed else (),
    )


def _is_readable(payload: Mapping[str, Any]) -> bool:
    packed = payload["o"]
    parts = (packed.get("per"), packed.get("fpm")) if isinstance(packed, Mapping) else ()
    return _read_scoped(payload, "fea") is not None and all(isinstance(part, str) or not part for part in parts)


def _read_scoped(payload: Mapping[str, Any], claim: str) -> Scoped | None:
    try:
        return read_scoped(payload.get(claim))
    except ValueError:
        logger.warning('The claim "%s" of a session token is malformed and grants nothing.', claim)
        return None


def _read_factor_ages(claim: object) -> tuple[float, float] | None:
    if not isinstance(claim, list) or len(claim) != 2:
        return None
    if not all(type(age) in (int, float) and (age == -1 or 0 <= age < _LONGEST_AGE) for age in claim):
        return None
    return claim[0], claim[1]


def _read_actor(claim: object) -> Mapping[str, Any] | None:
    if claim is None:
        return None
    # Something is there, so somebody impersonates; who, is not to be had from a claim of another form.
    return MappingProxyType(dict(claim) if isinstance(claim, Mapping) else {"sub": None})


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
