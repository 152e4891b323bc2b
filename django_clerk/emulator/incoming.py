"""JSON that comes from outside. What is refused here need not be feared where it is stored, shown and passed on."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

MAX_DEPTH = 100  # of objects and lists in one another; what works on them calls itself for each


def read_json(text: str | bytes) -> Any:
    """Return the value of a JSON text. Raises ValueError for what is none, as NaN and numbers beyond all bounds are."""
    try:
        return json.loads(text, parse_constant=_refuse, parse_float=_finite)
    except RecursionError as error:
        raise ValueError("The text is nested too deep.") from error


def flaw(value: Any) -> str | None:
    """Return what a value of JSON would have to be to be kept, such as "valid Unicode"; None where it is all right."""
    remaining = [(value, 0)]
    while remaining:
        item, depth = remaining.pop()
        if depth > MAX_DEPTH:
            return f"nested no deeper than {MAX_DEPTH} levels"
        if isinstance(item, str) and not is_unicode(item):
            return "valid Unicode"
        if isinstance(item, float) and not math.isfinite(item):
            return "without NaN and infinite numbers"
        if isinstance(item, dict):
            remaining += [(part, depth + 1) for pair in item.items() for part in pair]
        elif isinstance(item, (list, tuple)):
            remaining += [(part, depth + 1) for part in item]
    return None


def is_unicode(text: str) -> bool:
    """Tell whether a text can be written at all: half of a surrogate pair cannot, and JSON lets it be said."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON.")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"{digits} is beyond all bounds.")
    return number
