"""Clerk's list of users, served over HTTP on loopback as the Backend API pages it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from tests.deliveries import clerk_organization
from tests.loopback import Handler, Loopback, Mode, ok, status

NOT_FOUND = {"errors": [{"code": "resource_not_found", "message": "not found", "long_message": "not found"}]}


def serve_users(server: Loopback, users: Sequence[Any], *, gone: Iterable[str] = (), count: int | None = None) -> None:
    """Serve users from the list, oldest first, and each by its id. Those who are ``gone`` Clerk does not know."""

    def page(handler: Handler) -> None:
        assert handler.query["order_by"] == ["created_at"]
        ids = [user.get("id") if isinstance(user, dict) else None for user in users]
        start = ids.index(handler.query["starting_after"][0]) + 1 if "starting_after" in handler.query else 0
        chosen = users[start : start + int(handler.query["limit"][0])]
        handler.answer(200, json.dumps(list(chosen)).encode())

    server.on("/v1/users", page)
    server.on("/v1/users/count", ok({"object": "total_count", "total_count": len(users) if count is None else count}))
    for user in users:
        if isinstance(user, dict) and isinstance(user.get("id"), str):
            server.on(f"/v1/users/{user['id']}", ok(user))
    for clerk_id in gone:
        server.on(f"/v1/users/{clerk_id}", status(404, data=NOT_FOUND))


def asked(server: Loopback) -> list[str]:
    """Return the paths that were asked for, in order."""
    return [request.path for request in server.received]


def serve_organizations(
    server: Loopback, members: dict[str, Sequence[Any]], *, roles: Sequence[Any] = (), gone: Iterable[str] = ()
) -> None:
    """Serve organizations, each with its memberships, by offset. Those that are ``gone`` Clerk does not know."""
    organizations = [clerk_organization(clerk_id) for clerk_id in members]
    server.on("/v1/organization_roles", _by_offset(roles))
    server.on("/v1/organizations", _by_offset(organizations))
    for organization in organizations:
        path = f"/v1/organizations/{organization['id']}"
        server.on(path, ok(organization))
        server.on(f"{path}/memberships", _by_offset(members[organization["id"]]))
    for clerk_id in gone:
        server.on(f"/v1/organizations/{clerk_id}", status(404, data=NOT_FOUND))


def _by_offset(items: Sequence[Any]) -> Mode:
    def page(handler: Handler) -> None:
        start, limit = (int(handler.query[name][0]) for name in ("offset", "limit"))
        handler.answer(
            200, json.dumps({"data": list(items[start : start + limit]), "total_count": len(items)}).encode()
        )

    return page
