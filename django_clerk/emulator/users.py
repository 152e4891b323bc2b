"""
What becomes of a user document: creation, changes, metadata. Pure functions from parameters to documents.

The parameters have passed ``bapi.parameters``. Every change moves ``updated_at`` forward, by a millisecond at least, so
that two states of a user can always be told apart by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .documents import Document, avatar, email_address, phone_number
from .exchange import Problem
from .identifiers import new_id

Parameters = Mapping[str, Any]

METADATA = ("public_metadata", "private_metadata", "unsafe_metadata")
_PLAIN = (
    "external_id",
    "first_name",
    "last_name",
    "locale",
    "banned",
    "locked",
    "delete_self_enabled",
    "create_organization_enabled",
    "create_organizations_limit",
    "bypass_client_trust",
    # what no API parameter sets, and a developer's test wants to
    "two_factor_enabled",
    "totp_enabled",
    "backup_code_enabled",
    "last_sign_in_at",
    "last_active_at",
)


def create(parameters: Parameters, *, now: int) -> Document:
    """Return a new user. ``now`` is in milliseconds, as all times in Clerk's documents."""
    user_id = new_id("user")
    created_at = parameters.get("created_at") or now
    document: Document = {
        "id": user_id,
        "object": "user",
        "external_id": None,
        "primary_email_address_id": None,
        "primary_phone_number_id": None,
        "primary_web3_wallet_id": None,
        "username": None,
        "first_name": None,
        "last_name": None,
        "locale": None,
        "profile_image_url": "",
        "image_url": "",
        "has_image": False,
        "public_metadata": {},
        "private_metadata": {},
        "unsafe_metadata": {},
        "email_addresses": [],
        "phone_numbers": [],
        "web3_wallets": [],
        "passkeys": [],
        "password_enabled": False,
        "two_factor_enabled": False,
        "totp_enabled": False,
        "backup_code_enabled": False,
        "mfa_enabled_at": None,
        "mfa_disabled_at": None,
        "password_last_updated_at": None,
        "external_accounts": [],
        "saml_accounts": [],
        "enterprise_accounts": [],
        "last_sign_in_at": None,
        "banned": False,
        "locked": False,
        "deprovisioned": False,
        "lockout_expires_in_seconds": None,
        "verification_attempts_remaining": None,
        "updated_at": max(now, created_at),
        "created_at": created_at,
        "delete_self_enabled": True,
        "create_organization_enabled": True,
        "create_organizations_limit": None,
        "last_active_at": None,
        "legal_accepted_at": None,
        "bypass_client_trust": False,
    }
    for name in METADATA:
        document[name] = merged({}, parameters.get(name) or {})
    _apply(document, parameters, now=now)
    return document


def updated(document: Document, parameters: Parameters, *, now: int) -> Document:
    """Return the user with the given attributes changed. Raises Problem when the change makes no sense."""
    changed = dict(document)
    _apply(changed, parameters, now=now)
    if parameters.get("created_at"):
        changed["created_at"] = parameters["created_at"]
    return touched(changed, now=now)


def with_metadata(document: Document, parameters: Parameters, *, replace: bool, now: int) -> Document:
    """Return the user with the given metadata fields merged in, or put in their place; others stay as they are."""
    changed = dict(document)
    for name in METADATA:
        if name in parameters:
            changed[name] = parameters[name] if replace else merged(document[name], parameters[name])
    return touched(changed, now=now)


def touched(document: Document, *, now: int) -> Document:
    """Return the user with a later ``updated_at`` than it had."""
    return {**document, "updated_at": max(now, document["updated_at"] + 1)}


def merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``old`` with ``new`` merged into it at every depth; None removes a key. Lists are replaced whole."""
    result = dict(old)
    for key, value in new.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict):
            before = result.get(key)
            result[key] = merged(before if isinstance(before, dict) else {}, value)
        else:
            result[key] = value
    return result


def identifiers(document: Document) -> list[tuple[str, str]]:
    """Return what must be unique in the instance, as (kind, value), in lower case where case does not count."""
    found = [("email_address", item["email_address"].lower()) for item in document["email_addresses"]]
    found += [("phone_number", item["phone_number"]) for item in document["phone_numbers"]]
    if document["username"]:
        found.append(("username", document["username"].lower()))
    if document["external_id"]:
        found.append(("external_id", document["external_id"]))
    return found


def primary_email(document: Document) -> str:
    """Return the primary e-mail address, or an empty string."""
    return _primary(document, "email_address")


def primary_phone(document: Document) -> str:
    return _primary(document, "phone_number")


def display_name(document: Document) -> str:
    """Return what a person is called on the pages."""
    name = " ".join(filter(None, (document["first_name"], document["last_name"])))
    return name or document["username"] or primary_email(document) or document["id"]


def _primary(document: Document, kind: str) -> str:
    wanted = document[f"primary_{kind}_id"]
    entries = document["email_addresses" if kind == "email_address" else "phone_numbers"]
    return next((item[kind] for item in entries if item["id"] == wanted), "")


def _apply(document: Document, parameters: Parameters, *, now: int) -> None:
    for name in _PLAIN:
        if name in parameters:
            document[name] = parameters[name]
    if "username" in parameters:
        document["username"] = parameters["username"] or None
    if parameters.get("legal_accepted_at"):
        document["legal_accepted_at"] = parameters["legal_accepted_at"]
    if parameters.get("password") or parameters.get("password_digest"):
        document["password_enabled"] = True
        document["password_last_updated_at"] = now
    for kind in ("email_address", "phone_number"):
        _apply_addresses(document, parameters, kind, now=now)
    if parameters.get("image_url"):
        document.update(image_url=parameters["image_url"], has_image=True)
    elif "image_url" in parameters:
        document["has_image"] = False
    if not document["has_image"]:
        names = (
            (document["first_name"], document["last_name"]) if document["first_name"] else (primary_email(document),)
        )
        document["image_url"] = avatar(document["id"], "".join(name[:1] for name in names if name))
    document["profile_image_url"] = document["image_url"]


def _apply_addresses(document: Document, parameters: Parameters, kind: str, *, now: int) -> None:
    plural, primary = ("email_addresses" if kind == "email_address" else "phone_numbers"), f"primary_{kind}_id"
    if kind in parameters:
        build = email_address if kind == "email_address" else phone_number
        values = parameters[kind]
        states = parameters.get(f"{kind}_identification_status") or ["verified"] * len(values)
        if len(states) != len(values):
            raise Problem.of(
                422,
                "form_param_value_invalid",
                "is invalid",
                f"{kind}_identification_status must have one item for each {kind}.",
                param=f"{kind}_identification_status",
            )
        strategy = parameters.get(f"{kind}_strategy", "admin")
        document[plural] = [
            build(value, reserved=state == "reserved", strategy=strategy, now=now)
            for value, state in zip(values, states, strict=True)
        ]
        document[primary] = document[plural][0]["id"] if document[plural] else None
    if parameters.get(primary) is not None:
        chosen = next((item for item in document[plural] if item["id"] == parameters[primary]), None)
        if chosen is None or chosen["verification"] is None:
            raise Problem.of(
                422,
                "form_param_value_invalid",
                "is invalid",
                f"{primary} must be the id of a verified {kind} of this user.",
                param=primary,
            )
        document[primary] = chosen["id"]
