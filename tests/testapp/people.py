"""Django users for tests, whichever user model the settings choose."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model


def create_user(name: str = "ada", **fields: Any) -> Any:
    """Return a new user: ``ada`` where users have usernames, ``ada@example.com`` where they sign in by e-mail."""
    model = get_user_model()
    if model.USERNAME_FIELD == "email":
        return model._default_manager.create_user(f"{name}@example.com", **fields)
    return model._default_manager.create_user(name, f"{name}@example.com", **fields)
