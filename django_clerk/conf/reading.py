"""A setting that Django does not have is looked up in the environment under the same name."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.functional import Promise

_TRUTH = {
    "true": True,
    "1": True,
    "yes": True,
    "on": True,
    "false": False,
    "0": False,
    "no": False,
    "off": False,
    "": False,
}


def _read(name: str) -> Any:
    if hasattr(settings, name):
        return getattr(settings, name)
    return os.environ.get(name)


def text(name: str) -> str | None:
    """Return a text, trimmed; None for one that is absent or blank."""
    value = _read(name)
    if value is None:
        return None
    if not isinstance(value, (str, Path, Promise)):  # a Promise is what reverse_lazy() returns
        raise ImproperlyConfigured(f"{name} must be a string, not {type(value).__name__}.")
    return str(value).strip() or None


def texts(name: str) -> tuple[str, ...]:
    """Return a list of texts, from the environment one separated by commas."""
    value = _read(name)
    return _listed(name, value.split(",") if isinstance(value, str) else value)


def lists(name: str, *, or_one: bool = False) -> dict[str, tuple[str, ...]]:
    """Return a dict of lists of texts, from the environment one in JSON. With ``or_one`` a text is a list as well."""
    value = _read(name)
    if isinstance(value, str):
        try:
            value = json.loads(value) if value.strip() else None
        except ValueError:
            raise ImproperlyConfigured(f"{name} in the environment must be an object in JSON.") from None
    if not isinstance(value, (Mapping, type(None))):
        raise ImproperlyConfigured(f"{name} must be a dict of lists, not {type(value).__name__}.")
    if not all(isinstance(key, str) and key.strip() for key in value or {}):
        raise ImproperlyConfigured(f"{name} must have non-empty strings as keys.")
    return {
        key.strip(): _listed(f'{name}["{key}"]', [items] if or_one and isinstance(items, str) else items)
        for key, items in (value or {}).items()
    }


def _listed(name: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, (Sequence, set, frozenset, type(None))) or isinstance(value, (str, bytes)):
        raise ImproperlyConfigured(f"{name} must be a list of strings, not {type(value).__name__}.")
    items = tuple(value or ())
    if not all(isinstance(item, str) for item in items):
        raise ImproperlyConfigured(f"{name} must hold strings only.")
    return tuple(item.strip() for item in items if item.strip())


def number(name: str, default: float, *, may_be_zero: bool = True) -> float:
    """Return a number that is not negative."""
    value = _read(name)
    if value is None:
        return default
    try:
        amount = float(value)
    except (TypeError, ValueError):
        amount = -1.0
    if isinstance(value, bool) or not 0 <= amount < float("inf") or (amount == 0 and not may_be_zero):
        raise ImproperlyConfigured(f"{name} must be a number, {'zero or more' if may_be_zero else 'above zero'}.")
    return amount


def flag(name: str) -> bool:
    """Return True or False, False where the setting is absent."""
    value = _read(name)
    if isinstance(value, str):
        value = _TRUTH.get(value.strip().lower(), value)
    if value is None or isinstance(value, bool):
        return bool(value)
    raise ImproperlyConfigured(f"{name} must be True or False.")


def choice(name: str, choices: tuple[str, ...]) -> str | None:
    """Return one of the choices, or None where the setting is absent."""
    value = text(name)
    if value is None or value in choices:
        return value
    raise ImproperlyConfigured(f"{name} must be one of {', '.join(map(repr, choices))}.")
