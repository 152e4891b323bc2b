"""What a session token says besides whose it is: organization, plan, features, age of the proof, who is behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .configuration import Subscription
from .documents import Document
from .store import SessionFacts

_MINUTE = 60_000  # milliseconds


def session_claims(
    session: Document,
    facts: SessionFacts | None,
    *,
    membership: Document | None,
    user_has: Subscription,
    organization_has: Subscription,
    now: int,
) -> dict[str, Any]:
    """
    Return the claims of version 2. One that says nothing is None, which leaves it out of the token.

    ``membership`` is that of the session's user in its active organization.
    """
    organization, features = _organization(membership, organization_has.features)
    plans = [f"u:{user_has.plan}"] if user_has.plan else []
    if membership is not None and organization_has.plan:
        plans.append(f"o:{organization_has.plan}")
    return {
        "sts": session["status"],
        "fva": factor_ages(facts, now=now),
        "act": session["actor"],
        "o": organization,
        "pla": ",".join(plans) or None,
        "fea": ",".join(_scoped(features, user_has.features)) or None,
    }


def factor_ages(facts: SessionFacts | None, *, now: int) -> list[int]:
    """Return how many whole minutes ago the first and the second factor were proven, -1 for one there is not."""
    if facts is None:
        return [0, -1]
    return [
        -1 if proven_at is None else max(0, now - proven_at) // _MINUTE
        for proven_at in (facts.first_factor_at, facts.second_factor_at)
    ]


def _organization(membership: Document | None, subscribed: Sequence[str]) -> tuple[dict[str, Any] | None, list[str]]:
    """Return the claim ``o``, and the features of the organization in the order in which its masks count them."""
    if membership is None:
        return None, []
    # System permissions are in no token; custom ones are org:<feature>:<action>.
    granted = [key.split(":", 2)[1:] for key in membership["permissions"] or [] if not key.startswith("org:sys_")]
    features = list(dict.fromkeys([*(feature for feature, _ in granted), *subscribed]))
    actions = list(dict.fromkeys(action for _, action in granted))
    claim: dict[str, Any] = {
        "id": membership["organization"]["id"],
        "slg": membership["organization"]["slug"],
        "rol": membership["role"].removeprefix("org:"),
    }
    if actions:
        masks = [sum(1 << bit for bit, action in enumerate(actions) if [name, action] in granted) for name in features]
        claim |= {"per": ",".join(actions), "fpm": ",".join(map(str, masks))}
    return claim, features


def _scoped(of_organization: Sequence[str], of_user: Sequence[str]) -> list[str]:
    """Return the entries of ``fea``. The organization's come first, so that every reading of its masks agrees."""
    shared = set(of_organization) & set(of_user)
    entries = [f"{'uo' if name in shared else 'o'}:{name}" for name in of_organization]
    return entries + [f"u:{name}" for name in of_user if name not in shared]
