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


_decoder = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant, parse_float=_float)


def loads(data: bytes) -> Any:
    """
    Parse UTF-8 JSON. Raises ValueError for anything two parsers could read differently.

    Refused: other encodings, repeated members, NaN and Infinity, numbers too large for Python, more than 64 levels.
    """
    text = data.decode("utf-8").strip(" \t\n\r")
    try:
        value, end = _decoder.raw_decode(text)
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
