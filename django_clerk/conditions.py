"""Rules by name, as a template writes them: ``role="admin"``. The policies behind them are those of the views."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import reduce
from operator import and_
from typing import Any, Final

from django.core.exceptions import SynchronousOnlyOperation
from django.http import HttpRequest

from .callers import subject_of
from .core import policies
from .core.policies import Answer, Policy
from .ownership import is_owner

logger = logging.getLogger("django_clerk")

_NEEDS_QUERY = (
    "A template asked who the user is, or who owns an object, which takes a query. In an async view, await "
    "request.auser() and load what the rule is about before rendering, or return a TemplateResponse: Django renders it "
    "in a thread."
)


def is_allowed(request: HttpRequest, **conditions: Any) -> bool:
    """
    Tell whether the caller fulfils every condition; with none, whether somebody is signed in whom Django lets in.

    The names are those of CONDITIONS. ``owner`` is the object that the caller must own, at ``owner_field``. A value
    that cannot be right, None for example, allows nobody. Raises TypeError for a name that there is not.
    """
    require_names(conditions)
    try:
        policy = _policy_of(conditions)
    except ValueError:
        logger.warning("A template asks for %s with an unusable value. It allows nobody.", " and ".join(conditions))
        return False
    try:
        return policy.decide(subject_of(request), conditions.get("owner")).answer is Answer.ALLOW
    except SynchronousOnlyOperation as error:
        raise SynchronousOnlyOperation(_NEEDS_QUERY) from error


def require_names(names: Mapping[str, Any]) -> None:
    """Raise TypeError for a condition that there is not, and for ``owner_field`` without ``owner``."""
    if unknown := sorted(names.keys() - CONDITIONS.keys()):
        raise TypeError(f"{', '.join(unknown)}: there is no such condition. There are {', '.join(CONDITIONS)}.")
    if "owner_field" in names and "owner" not in names:
        raise TypeError("owner_field says where the owner of an object is: pass the object as owner.")


def require_usable(name: str, value: object) -> None:
    """Raise ValueError for a value of a condition that could allow nobody."""
    CONDITIONS[name](value)


def _policy_of(conditions: Mapping[str, Any]) -> Policy:
    rules = [CONDITIONS[name](value) for name, value in conditions.items() if name != "owner"]
    if "owner" in conditions and "owner_field" not in conditions:
        rules.append(is_owner("owner"))
    return reduce(and_, rules, policies.signed_in)


def _organization(value: object) -> Policy:
    if value is True:
        return policies.in_organization()
    return policies.in_organization(_text(value))


def _owner_field(value: object) -> Policy:
    return is_owner(_text(value))


def _text(value: object) -> str:
    """None would otherwise mean that nothing in particular is asked for."""
    if not isinstance(value, str):
        raise ValueError("A condition needs a non-empty string.")
    return value


def _texts(value: object) -> tuple[str, ...]:
    return tuple(value) if isinstance(value, (list, tuple)) else (_text(value),)


#: Each condition and the policy of its value. ``role`` takes several of which one is enough, ``permission`` several of
#: which all are needed, ``organization`` an id, a slug or True for any.
CONDITIONS: Final[Mapping[str, Callable[[Any], Policy]]] = {
    "role": lambda value: policies.has_role(*_texts(value)),
    "permission": lambda value: policies.has_permission(*_texts(value)),
    "feature": policies.has_feature,
    "plan": policies.has_plan,
    "organization": _organization,
    "reverification": policies.reverified,
    "owner": lambda value: is_owner("owner"),
    "owner_field": _owner_field,
}
