"""Step-up: was a factor verified recently enough? Source: Clerk's ``packages/shared/src/authorization.ts``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal, TypeAlias

Preset = Literal["strict_mfa", "strict", "moderate", "lax"]
Reverification: TypeAlias = Preset | Mapping[str, Any]

#: Preset to level and minutes.
PRESETS: Final[Mapping[str, tuple[str, float]]] = {
    "strict_mfa": ("multi_factor", 10),
    "strict": ("second_factor", 10),
    "moderate": ("second_factor", 60),
    "lax": ("second_factor", 1440),
}
_LEVELS = ("first_factor", "second_factor", "multi_factor")


def read_requirement(wanted: object) -> tuple[str, float] | None:
    """Return level and minutes of a preset or of ``{"level": …, "afterMinutes": …}``, or None when it is neither."""
    if isinstance(wanted, str):
        return PRESETS.get(wanted)
    if not isinstance(wanted, Mapping):
        return None
    level, minutes = wanted.get("level"), wanted.get("afterMinutes")
    if not isinstance(level, str) or level not in _LEVELS or isinstance(minutes, bool):
        return None
    return (level, minutes) if isinstance(minutes, (int, float)) and 0 < minutes < float("inf") else None


def is_fresh(factor_ages: tuple[float, float] | None, wanted: object) -> bool:
    """Tell whether the factors that ``wanted`` asks for are fresh. Who has no second factor shows the first."""
    requirement = read_requirement(wanted)
    if requirement is None or factor_ages is None:
        return False
    level, minutes = requirement
    first, second = factor_ages
    first_is_fresh = first != -1 and first < minutes
    second_is_fresh = second != -1 and second < minutes
    if second == -1:
        return first_is_fresh
    if level == "second_factor":
        return second_is_fresh
    if level == "first_factor":
        return first_is_fresh
    return first_is_fresh and second_is_fresh
