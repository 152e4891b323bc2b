"""JSON for documents that decide who someone is: one reading, or none."""

from __future__ import annotations

import json
from typing import Any

#: Levels of arrays and objects. The reader would take more, but who copies or prints such a value afterwards would not.
_DEEPEST = 64


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("A JSON object names a member twice.")
    return members


def _constant(text: str) -> Any:
    raise ValueError(f"{text} is not JSON.")


def _float(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError("A JSON number is out of range.")
    return number


def whole(text: str) -> int | None:
    """Return a whole number, or None for one of more digits than Python reads."""
    try:
        return int(text)
    except ValueError:
        return None


_decoder = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant, parse_float=_float)
_of_users = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant, parse_int=whole)


def loads(data: bytes, *, of_users: bool = False) -> Any:
    """
    Parse UTF-8 JSON. Raises ValueError for anything two parsers could read differently.

    Refused: other encodings, repeated members, NaN and Infinity, numbers too large for Python, more than 64 levels.
    With ``of_users``, for what Clerk says and users have written into, such a number is None or infinite: nobody keeps
    Clerk's word from arriving by a number in their metadata.
    """
    text = data.decode("utf-8").strip(" \t\n\r")
    try:
        value, end = (_of_users if of_users else _decoder).raw_decode(text)
    except RecursionError:
        raise ValueError("The JSON is nested too deeply.") from None
    if end != len(text):
        raise ValueError("Something follows the JSON.")
    if data.count(b"{") + data.count(b"[") > _DEEPEST and _is_deep(value):
        raise ValueError("The JSON is nested too deeply.")
    return value


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(_DEEPEST):
        containers = [item for item in level if isinstance(item, (dict, list))]
        level = [item for found in containers for item in (found.values() if isinstance(found, dict) else found)]
    return any(isinstance(item, (dict, list)) for item in level)
