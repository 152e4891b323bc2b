"""``request.clerk``: what Clerk says of the caller."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Literal

from .claims import NOBODY, Organization, SessionClaims
from .machines import SESSION, Machine, TokenType
from .permissions import Scoped
from .reverification import Reverification, is_fresh

Source = Literal["header", "cookie"]


class _Unset:
    """A parameter that was not given. None is one that was, and it never passes."""


_UNSET: Final = _Unset()


@dataclass(frozen=True, slots=True)
class Auth:
    """
    The verified identity of one request, or nobody and the reason.

    It holds what the token says and nothing from the database: a user whom Django or an administrator shuts out is
    still signed in here. Doors should ask a guard, or ``request.user``, which know both.
    """

    session: SessionClaims = field(default=NOBODY, repr=False)
    token: str | None = field(default=None, repr=False)  #: as it was sent; templates print nothing for it
    #: where the credential was found. A cookie travels by itself: only a header may skip CSRF
    source: Source | None = None
    reason: str | None = None  #: why signed out, in Clerk's words
    role_claim: str = field(default="metadata.role", repr=False, compare=False)
    synced_role: Callable[[], str | None] | None = field(default=None, repr=False, compare=False)
    #: what was presented; when signed out, what was asked for, or None where several types would have done
    token_type: TokenType | None = SESSION
    machine: Machine | None = field(default=None, repr=False)  #: at views that accept machine tokens
    is_unavailable: bool = False  #: True when the credential could not be judged at all: the answer is 503, not 401

    @property
    def is_signed_in(self) -> bool:
        """True for a session, and for a machine's credential at a view that accepts it."""
        return self.session.user_id is not None or self.machine is not None

    @property
    def user_id(self) -> str | None:
        """Clerk's id of the user, or of the user whom a machine acts for; None for a machine that acts for itself."""
        return self.machine.user_id if self.machine is not None else self.session.user_id

    @property
    def subject(self) -> str | None:
        """Who the token speaks of: a user, an organization or a machine."""
        return self.machine.subject if self.machine is not None else self.session.user_id

    @property
    def scopes(self) -> tuple[str, ...]:
        """What a machine's credential may be used for; empty for a session."""
        return self.machine.scopes if self.machine is not None else ()

    @property
    def session_id(self) -> str | None:
        return self.session.session_id

    @property
    def session_status(self) -> str | None:
        return self.session.session_status

    @property
    def org(self) -> Organization | None:
        return self.session.org

    @property
    def permissions(self) -> tuple[str, ...]:
        """The active organization's permissions of this user."""
        return self.session.org.permissions if self.session.org is not None else ()

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the features of the user and of the active organization. ``has(feature=…)`` tells them apart."""
        return self.session.features.names

    @property
    def plans(self) -> tuple[str, ...]:
        return self.session.plans.names

    @property
    def factor_ages(self) -> tuple[float, float] | None:
        return self.session.factor_ages

    @property
    def actor(self) -> Mapping[str, Any] | None:
        """Who really acts, when somebody impersonates the user. A copy, as ``claims`` is."""
        return _copied(self.session.actor) if self.session.actor is not None else None

    @property
    def claims(self) -> Mapping[str, Any]:
        """Every claim of the token. A copy: the token is shared by the requests that carry it."""
        return _copied((self.machine.claims or {}) if self.machine is not None else self.session.payload)

    @property
    def role(self) -> str | None:
        """
        The application role, from the user's public metadata.

        It is read at CLERK_ROLE_CLAIM. A token without that claim says nothing of roles, and then the synced
        ``ClerkUser.role`` counts, at the price of the query that loads ``request.user``. A token that does carry the
        metadata speaks for it: a role missing there, or one that is not a string, is no role.
        """
        if self.session.user_id is None:
            return None
        *parents, name = self.role_claim.split(".")
        value: Any = self.session.payload
        for parent in parents:
            value = value.get(parent, _UNSET) if isinstance(value, Mapping) else None
            if value is _UNSET:
                break
        if isinstance(value, Mapping) and (parents or name in value):
            value = value.get(name)
        elif value is _UNSET or not parents:
            value = self.synced_role() if self.synced_role is not None else None
        else:
            value = None
        return value if isinstance(value, str) and value else None

    def has(
        self,
        *,
        role: object = _UNSET,
        permission: object = _UNSET,
        feature: object = _UNSET,
        plan: object = _UNSET,
        reverification: Reverification | object = _UNSET,
    ) -> bool:
        """
        Answer as ``has()`` of Clerk's SDKs does: True when everything asked for is there, False when nothing is asked.
        A machine has nothing of all this.

        ``role`` and ``permission`` are those of the active organization, with or without "org:". ``feature`` and
        ``plan`` may carry a scope, "org:" or "user:". ``reverification`` is "strict_mfa", "strict", "moderate", "lax"
        or {"level": …, "afterMinutes": …}. What is malformed, here or in the token, is False.
        """
        answers = []
        if role is not _UNSET:
            answers.append(self._has_role(role))
        if permission is not _UNSET:
            answers.append(isinstance(permission, str) and _prefixed(permission) in self.permissions)
        if feature is not _UNSET:
            answers.append(_includes(self.session.features, feature))
        if plan is not _UNSET:
            answers.append(_includes(self.session.plans, plan))
        if reverification is not _UNSET:
            answers.append(is_fresh(self.session.factor_ages, reverification))
        return self.session.user_id is not None and bool(answers) and all(answers)

    def __bool__(self) -> bool:
        """``{% if request.clerk %}`` must not mean everybody."""
        return self.is_signed_in

    def __copy__(self) -> Auth:
        return self

    def __deepcopy__(self, memo: object) -> Auth:
        return self

    def __reduce__(self) -> tuple[type[Auth], tuple[()]]:
        """Pickle as nobody: a user who lies in a cache must not keep the token, nor what a past session allowed."""
        return Auth, ()

    def _has_role(self, role: object) -> bool:
        held = self.session.org.role if self.session.org is not None else None
        return isinstance(role, str) and role != "" and held is not None and _prefixed(role) == _prefixed(held)


def _copied(claim: Mapping[str, Any]) -> Mapping[str, Any]:
    return MappingProxyType(copy.deepcopy(dict(claim)))


def _prefixed(key: str) -> str:
    while key.startswith("org:"):
        key = key[len("org:") :]
    return f"org:{key}"


def _includes(scoped: Scoped, wanted: object) -> bool:
    if not isinstance(wanted, str) or not wanted:
        return False
    scope, colon, rest = wanted.partition(":")
    if not colon:
        return wanted in scoped.organization or wanted in scoped.user
    name = rest.partition(":")[0] or scope  # Clerk looks at the first two pieces, and at the scope when a name is empty
    if scope in ("o", "org", "organization"):
        return name in scoped.organization
    if scope in ("u", "user"):
        return name in scoped.user
    return False
