"""Who may pass: rules written once, asked by every door."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final

from .auth import Auth
from .reverification import Reverification, read_requirement


class Answer(enum.Enum):
    """What a door is told."""

    ALLOW = "allow"
    SIGN_IN = "sign-in"  #: nobody is signed in, or nobody whom Django lets in
    FORBID = "forbid"  #: signed in, and not allowed
    REVERIFY = "reverify"  #: allowed once a factor has been verified again
    UNAVAILABLE = "unavailable"  #: Clerk's keys cannot be had, so nobody can tell


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer of a policy, and the rule that refused."""

    answer: Answer
    rule: str = ""
    reverification: Reverification | None = None  #: what to ask of the caller, with REVERIFY


ALLOW: Final = Decision(Answer.ALLOW)


class Subject:
    """
    The caller: what Clerk says, and the user Django lets in.

    ``load_user`` returns the active user or None. It is called at most once, and only for somebody Clerk knows.
    """

    def __init__(self, auth: Auth, load_user: Callable[[], Any]) -> None:
        self.auth = auth
        self._load_user = load_user

    @cached_property
    def user(self) -> Any:
        """The Django user, or None when nobody is signed in or the user is shut out."""
        return self._load_user() if self.auth.is_signed_in else None

    @property
    def is_somebody(self) -> bool:
        """True for a user, and for a machine that acts for none; False for a machine whose user is shut out."""
        machine = self.auth.machine
        return self.user is not None or (machine is not None and machine.user_id is None)


class Policy:
    """
    A rule with a name. Rules combine with ``&``, ``|`` and ``~``, and each combination knows its own name.

    Every rule, a negated one too, is about somebody: nobody never passes. A machine that acts for no user passes only
    where the rule is ``for_machines``; and no machine passes because it lacks something, since nobody knows what of
    its user's it has.
    """

    def __init__(
        self,
        name: str,
        test: Callable[[Subject, Any], bool],
        *,
        reverification: Reverification | None = None,
        for_machines: bool = False,
    ) -> None:
        self.name = name
        self._test = test
        self._reverification = reverification
        self._for_machines = for_machines

    def decide(self, subject: Subject, obj: Any = None) -> Decision:
        """Decide about a subject and, for rules of ownership, an object."""
        if subject.auth.is_unavailable:
            return Decision(Answer.UNAVAILABLE, self.name)
        if not subject.is_somebody:
            return Decision(Answer.SIGN_IN, self.name)
        return self.refusal(subject, obj) or ALLOW

    def refusal(self, subject: Subject, obj: Any) -> Decision | None:
        """Return why somebody who is signed in is refused, or None."""
        if (subject.user is not None or self._for_machines) and self._test(subject, obj) is True:
            return None
        if self._reverification is None or subject.auth.machine is not None:  # a machine has no factor to verify
            return Decision(Answer.FORBID, self.name)
        return Decision(Answer.REVERIFY, self.name, self._reverification)

    def __and__(self, other: object) -> Policy:
        return _All(self, other) if isinstance(other, Policy) else NotImplemented

    def __or__(self, other: object) -> Policy:
        return _Any(self, other) if isinstance(other, Policy) else NotImplemented

    def __invert__(self) -> Policy:
        return Policy(
            f"~{self.name}",
            lambda subject, obj: subject.auth.machine is None and self.refusal(subject, obj) is not None,
        )

    def __bool__(self) -> bool:
        """``a and b`` would be ``b`` alone, and nobody would notice."""
        raise TypeError("Policies combine with & and | and ~, not with and, or and not.")

    def __repr__(self) -> str:
        return f"<Policy {self.name}>"


class _All(Policy):
    def __init__(self, *parts: Policy) -> None:
        self.name = f"({' & '.join(part.name for part in parts)})"
        self._parts = parts

    def refusal(self, subject: Subject, obj: Any) -> Decision | None:
        asked: Decision | None = None
        for part in self._parts:
            refusal = part.refusal(subject, obj)
            if refusal is not None and refusal.answer is Answer.FORBID:
                return refusal  # whoever lacks something else as well is not asked to verify a factor for nothing
            asked = asked or refusal
        return asked


class _Any(Policy):
    def __init__(self, *parts: Policy) -> None:
        self.name = f"({' | '.join(part.name for part in parts)})"
        self._parts = parts

    def refusal(self, subject: Subject, obj: Any) -> Decision | None:
        refusals = []
        for part in self._parts:
            refusal = part.refusal(subject, obj)
            if refusal is None:
                return None
            refusals.append(refusal)
        return next((r for r in refusals if r.answer is Answer.REVERIFY), refusals[0])


#: A user, by a session or by a machine that acts for the user.
signed_in: Final = Policy("signed_in", lambda subject, obj: True)
#: A user, or a machine that acts for none.
known: Final = Policy("known", lambda subject, obj: True, for_machines=True)

#: A user who acts for themselves. Of a machine nobody knows who made it, and for whom.
not_impersonated: Final = Policy(
    "not_impersonated", lambda subject, obj: subject.auth.machine is None and subject.auth.session.actor is None
)


def has_role(*roles: str) -> Policy:
    """
    Pass who has one of ``roles``.

    "org:admin" is the role in the active organization; "admin" is the application role, from public metadata.
    """
    _require_names("has_role", roles)

    def test(subject: Subject, obj: Any) -> bool:
        return any(
            subject.auth.has(role=role) if role.startswith("org:") else subject.auth.role == role for role in roles
        )

    return Policy(f"has_role({', '.join(roles)})", test)


def has_permission(*permissions: str) -> Policy:
    """Pass who has all of ``permissions`` in the active organization, such as "org:invoices:create"."""
    _require_names("has_permission", permissions)
    return Policy(
        f"has_permission({', '.join(permissions)})",
        lambda subject, obj: all(subject.auth.has(permission=permission) for permission in permissions),
    )


def has_feature(feature: str) -> Policy:
    """Pass who has the feature, or whose active organization has it; "user:x" and "org:x" say which."""
    _require_names("has_feature", (feature,))
    return Policy(f"has_feature({feature})", lambda subject, obj: subject.auth.has(feature=feature))


def has_plan(plan: str) -> Policy:
    """Pass who is on the plan, or whose active organization is; "user:x" and "org:x" say which."""
    _require_names("has_plan", (plan,))
    return Policy(f"has_plan({plan})", lambda subject, obj: subject.auth.has(plan=plan))


def in_organization(organization: str | None = None) -> Policy:
    """Pass who has an active organization: any, or the one with this id or slug."""
    if organization is None:
        return Policy("in_organization", lambda subject, obj: subject.auth.org is not None)
    _require_names("in_organization", (organization,))
    return in_organization_named(organization)


def in_organization_named(name: object) -> Policy:
    """
    Pass whose active organization has this id or slug.

    For names that come with a request: whatever it is, nothing is raised, and the policy's own name says nothing of it.
    """

    def test(subject: Subject, obj: Any) -> bool:
        active = subject.auth.org
        if active is None or not isinstance(name, str):
            return False
        # Slugs are chosen by people: one that looks like another organization's id must not pass for it.
        return name == (active.id if name.startswith("org_") else active.slug)

    return Policy("in_organization_named", test)


def reverified(requirement: Reverification) -> Policy:
    """Pass who has verified a factor recently: "strict_mfa", "strict", "moderate", "lax", or level and afterMinutes."""
    if read_requirement(requirement) is None:
        raise ValueError(
            f"reverified() takes strict_mfa, strict, moderate, lax or a level with afterMinutes: {requirement!r}"
        )
    wanted = requirement if isinstance(requirement, str) else MappingProxyType(dict(requirement))
    return Policy(
        f"reverified({requirement})",
        lambda subject, obj: subject.auth.has(reverification=wanted),
        reverification=wanted,
    )


def _require_names(rule: str, names: tuple[object, ...]) -> None:
    """An empty requirement would pass everybody or nobody; neither was meant."""
    if not names or not all(isinstance(name, str) and name.rpartition(":")[2].strip() for name in names):
        raise ValueError(f"{rule}() needs at least one name, and each must be a non-empty string.")
