"""The objects of the Frontend API: what a browser is shown of what the Backend API knows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django_clerk.emulator.bapi import listing
from django_clerk.emulator.clients import Clients
from django_clerk.emulator.directory import Directory
from django_clerk.emulator.documents import Document
from django_clerk.emulator.organizations.directory import Organizations
from django_clerk.emulator.store import Client, Selection
from django_clerk.emulator.users import primary_email, primary_phone

from .attempts import Attempts
from .visits import Visit

#: Of a user, what its own browser may see. Private metadata is not among it.
_USER = (
    "id",
    "object",
    "username",
    "first_name",
    "last_name",
    "image_url",
    "has_image",
    "primary_email_address_id",
    "primary_phone_number_id",
    "primary_web3_wallet_id",
    "password_enabled",
    "two_factor_enabled",
    "totp_enabled",
    "backup_code_enabled",
    "email_addresses",
    "phone_numbers",
    "web3_wallets",
    "passkeys",
    "external_accounts",
    "saml_accounts",
    "enterprise_accounts",
    "password_last_updated_at",
    "public_metadata",
    "unsafe_metadata",
    "external_id",
    "last_sign_in_at",
    "banned",
    "locked",
    "deprovisioned",
    "lockout_expires_in_seconds",
    "verification_attempts_remaining",
    "created_at",
    "updated_at",
    "delete_self_enabled",
    "create_organization_enabled",
    "last_active_at",
    "mfa_enabled_at",
    "mfa_disabled_at",
    "legal_accepted_at",
    "profile_image_url",
)
_SESSION = (
    "object",
    "id",
    "status",
    "expire_at",
    "abandon_at",
    "last_active_at",
    "actor",
    "last_active_organization_id",
    "created_at",
    "updated_at",
)


_ORGANIZATION = (
    "id",
    "object",
    "name",
    "slug",
    "image_url",
    "has_image",
    "max_allowed_memberships",
    "admin_delete_enabled",
    "public_metadata",
    "created_at",
    "updated_at",
)
_MEMBERSHIP = ("id", "object", "public_metadata", "role", "role_name", "public_user_data", "created_at", "updated_at")


class Resources:
    def __init__(
        self, directory: Directory, organizations: Organizations, clients: Clients, attempts: Attempts
    ) -> None:
        self._directory = directory
        self._organizations = organizations
        self._clients = clients
        self._attempts = attempts

    def client(self, client: Client, *, azp: str) -> Document:
        """Return a browser with everyone who is signed in in it, with a fresh token for each."""
        active = self._clients.session(client)
        return {
            "object": "client",
            "id": client.id,
            "sessions": [self.session(session, azp=azp) for session in self._clients.sessions(client)],
            "sign_in": None if client.sign_in is None else self._attempts.sign_in(client.sign_in),
            "sign_up": None if client.sign_up is None else self._attempts.sign_up(client.sign_up),
            "last_active_session_id": None if active is None else active["id"],
            "last_authentication_strategy": client.strategy,
            "cookie_expires_at": None,
            "captcha_bypass": False,
            "created_at": client.created_at,
            "updated_at": client.changed_at,
        }

    def session(self, session: Document, *, azp: str) -> Document:
        """Return a session with its user and a fresh token."""
        user = self._directory.user(session["user_id"])
        return {
            **self.session_base(session),
            "last_active_token": {"object": "token", "jwt": self._clients.token(session, azp=azp)},
            "last_active_organization_id": self._clients.organization_id(session),
            "factor_verification_age": self._clients.factor_ages(session["id"]),
            "public_user_data": public_user_data(user),
            "created_at": session["created_at"],
            "updated_at": session["updated_at"],
            "user": self.user(user),
        }

    def session_base(self, session: Document) -> Document:
        return {**pick(session, _SESSION), "tasks": session.get("tasks")}

    def user(self, user: Document) -> Document:
        memberships = map(self.membership, self._organizations.memberships_of(user["id"]))
        document = {**pick(user, _USER), "organization_memberships": list(memberships)}
        if user["create_organizations_limit"] is not None:
            document["create_organizations_limit"] = user["create_organizations_limit"]
        return document

    def membership(self, membership: Document) -> Document:
        """Return a membership with the permissions that its role has here, custom ones included."""
        return {
            **pick(membership, _MEMBERSHIP),
            "permissions": self._clients.permissions(membership),
            "organization": self.organization(membership["organization"]),
        }

    def organization(self, organization: Document) -> Document:
        [counted] = self._organizations.organizations(Selection(["id = ?"], [organization["id"]]))
        counts = pick(counted, ("members_count", "pending_invitations_count"))
        return {**pick(organization, _ORGANIZATION), **counts}


def public_user_data(user: Document) -> Document:
    """Return what others may see of a user."""
    return {
        "first_name": user["first_name"],
        "last_name": user["last_name"],
        "image_url": user["image_url"],
        "has_image": user["has_image"],
        "identifier": primary_email(user) or user["username"] or primary_phone(user) or user["id"],
        "profile_image_url": user["profile_image_url"],
        "user_id": user["id"],
    }


def page(visit: Visit, found: Iterable[Document]) -> Document:
    """Return the part of a list that a call asks for. Raises Problem (422) where its paging is none."""
    documents = list(found)
    wanted = listing.page(
        [(name, visit.query[name]) for name in ("limit", "offset") if name in visit.query], orders={"created_at": ""}
    )
    return {"data": documents[wanted.offset : wanted.offset + wanted.limit], "total_count": len(documents)}


def pick(document: Mapping[str, Any], names: tuple[str, ...]) -> Document:
    return {name: document[name] for name in names}
