"""Sign-ins and sign-ups that are under way, as a browser sees them."""

from __future__ import annotations

from typing import Any

from django_clerk.emulator.directory import Directory
from django_clerk.emulator.documents import Document
from django_clerk.emulator.email_addresses import is_verified
from django_clerk.emulator.email_codes import EmailCodes
from django_clerk.emulator.exchange import Problem

REQUIRED = ("email_address", "password")
OPTIONAL = ("first_name", "last_name", "username")
_USER_DATA = ("first_name", "last_name", "image_url", "has_image")
_VERIFICATION = {"attempts": None, "expire_at": None}


class Attempts:
    def __init__(self, directory: Directory, codes: EmailCodes) -> None:
        self._directory = directory
        self._codes = codes

    def sign_in(self, attempt: dict[str, Any]) -> Document:
        user = self._user(attempt)
        return {
            "object": "sign_in_attempt",
            "id": attempt["id"],
            "status": "needs_identifier" if user is None else attempt["status"],
            "supported_identifiers": ["email_address", "username"],
            "supported_first_factors": None if user is None else first_factors(user),
            "supported_second_factors": None,
            "first_factor_verification": self.verification(attempt),
            "second_factor_verification": None,
            "identifier": attempt["identifier"],
            "user_data": None if user is None else {name: user[name] for name in _USER_DATA},
            "created_session_id": attempt["created_session_id"],
            "abandon_at": attempt["abandon_at"],
        }

    def sign_up(self, attempt: dict[str, Any]) -> Document:
        fields = attempt["fields"]
        is_verified = attempt["verified"]
        verification = self._codes.verification(code_subject(attempt))
        return {
            "object": "sign_up_attempt",
            "id": attempt["id"],
            "status": attempt["status"],
            "required_fields": list(REQUIRED),
            "optional_fields": list(OPTIONAL),
            "missing_fields": missing_fields(attempt),
            "unverified_fields": ["email_address"] if fields.get("email_address") and not is_verified else [],
            "verifications": {
                # Null until a code was sent: Clerk's JavaScript takes "unverified" for sent, and would not ask for one.
                "email_address": verification
                and {
                    **verification,
                    "next_action": "" if is_verified else "needs_attempt",
                    "supported_strategies": ["email_code"],
                },
                "phone_number": None,
                "web3_wallet": None,
                "external_account": None,
            },
            "username": fields.get("username"),
            "email_address": fields.get("email_address"),
            "phone_number": None,
            "web3_wallet": None,
            "password_enabled": bool(fields.get("password_digest")),
            "first_name": fields.get("first_name"),
            "last_name": fields.get("last_name"),
            "unsafe_metadata": fields.get("unsafe_metadata", {}),
            "public_metadata": {},
            "custom_action": False,
            "external_id": None,
            "created_session_id": attempt["created_session_id"],
            "created_user_id": attempt["created_user_id"],
            "abandon_at": attempt["abandon_at"],
            "legal_accepted_at": None,
        }

    def verification(self, attempt: dict[str, Any]) -> Document | None:
        """Return the state of the factor that was tried last, in Clerk's shape."""
        strategy = attempt["strategy"]
        if strategy == "email_code":
            return self._codes.verification(attempt["id"])
        if strategy is None:
            return None
        status = "verified" if attempt["status"] == "complete" else "unverified"
        return {"object": f"verification_{strategy}", "status": status, "strategy": strategy, **_VERIFICATION}

    def _user(self, attempt: dict[str, Any]) -> Document | None:
        if attempt["user_id"] is None:
            return None
        try:
            return self._directory.user(attempt["user_id"])
        except Problem:  # deleted while the box was open
            return None


def first_factors(user: Document) -> list[Document]:
    """Return how a user can prove who they are."""
    factors: list[Document] = [{"strategy": "password"}] if user["password_enabled"] else []
    factors += [
        {
            "strategy": "email_code",
            "email_address_id": item["id"],
            "safe_identifier": item["email_address"],
            "primary": item["id"] == user["primary_email_address_id"],
        }
        for item in user["email_addresses"]
        if is_verified(item)
    ]
    return factors


def code_subject(attempt: dict[str, Any]) -> str:
    """Return what a sign-up's code is for: this address in this attempt. With another address it proves nothing."""
    return f"{attempt['id']} {attempt['fields'].get('email_address')}"


def missing_fields(attempt: dict[str, Any]) -> list[str]:
    """Return what a sign-up still needs."""
    fields = attempt["fields"]
    return [name for name in REQUIRED if not fields.get("password_digest" if name == "password" else name)]
