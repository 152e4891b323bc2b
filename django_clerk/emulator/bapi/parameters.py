"""
Which parameters the users endpoints take, and of what form.

The names and types are those of Clerk's specification of 2026-05-12, which allows no others; the error codes are
Clerk's. What the specification knows and the local Clerk cannot keep is named in ``NOT_EMULATED``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django_clerk.emulator.exchange import Error, Problem, error, not_emulated

Check = Callable[[str, Any], Any]

MAX_METADATA = 8 * 1024  # bytes of JSON
_EMAIL = re.compile(r"[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+\.[^@\s\x00-\x1f]+")
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_USERNAME = re.compile(r"[A-Za-z0-9_-]+")
_HASHERS = frozenset(
    [
        "argon2i",
        "argon2id",
        "bcrypt",
        "bcrypt_sha256_django",
        "ldap_ssha",
        "md5",
        "md5_phpass",
        "pbkdf2_sha1",
        "pbkdf2_sha256",
        "pbkdf2_sha256_django",
        "pbkdf2_sha512",
        "pbkdf2_sha512_hex",
        "phpass",
        "scrypt_firebase",
        "scrypt_werkzeug",
        "sha256",
        "sha512_symfony",
    ]
)


class Invalid(Exception):
    """A value is not of the form its parameter wants. Carries Clerk's error."""

    def __init__(self, code: str, message: str, long_message: str) -> None:
        super().__init__(long_message)
        self.code = code
        self.message = message
        self.long_message = long_message


def _wrong(name: str, wanted: str) -> Invalid:
    return Invalid("form_param_format_invalid", "is invalid", f"{name} must be {wanted}.")


def _text(name: str, value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise _wrong(name, "a string or null")
    if value is not None and any("\ud800" <= character <= "\udfff" for character in value):
        raise _wrong(name, "valid Unicode")
    return value


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _wrong(name, "true or false")
    return value


def _url(name: str, value: Any) -> str:
    return _text(name, value) or ""


def _integer(name: str, value: Any) -> int | None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        raise _wrong(name, "an integer or null")
    return value


def _texts(name: str, value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise _wrong(name, "a list of strings")
    return value


def _emails(name: str, value: Any) -> list[str]:
    if not all(_EMAIL.fullmatch(item) for item in _texts(name, value)):
        raise _wrong(name, "a valid email address")
    return [item.lower() for item in value]


def _phones(name: str, value: Any) -> list[str]:
    if not all(_PHONE.fullmatch(item) for item in _texts(name, value)):
        raise _wrong(name, "a valid phone number according to E.164 international standard")
    return list(value)


def _states(name: str, value: Any) -> list[str]:
    if not set(_texts(name, value)) <= {"verified", "reserved"}:
        raise _wrong(name, 'a list of "verified" and "reserved"')
    return list(value)


def _username(name: str, value: Any) -> str | None:
    if not _text(name, value):
        return None
    if not 4 <= len(value) <= 64:
        raise Invalid(
            "form_username_invalid_length", "is invalid", "Username must be between 4 and 64 characters long."
        )
    if not _USERNAME.fullmatch(value):
        raise Invalid(
            "form_username_invalid_character",
            "is invalid",
            "Username can only contain letters, numbers and underscores or hyphens.",
        )
    return str(value)


def _password(name: str, value: Any) -> str | None:
    if _text(name, value) is not None and len(value) < 8:
        raise Invalid("form_password_length_too_short", "is too short", "Passwords must be 8 characters or more.")
    return _text(name, value)


def _hasher(name: str, value: Any) -> str | None:
    if _text(name, value) is not None and value not in _HASHERS:
        raise _wrong(name, "one of the supported hashers")
    return _text(name, value)


def _moment(name: str, value: Any) -> int | None:
    """Return milliseconds for a date and time in RFC 3339's form."""
    if _text(name, value) is None:
        return None
    wanted = "a date and time such as 2012-10-20T07:15:20.902Z"
    try:
        moment = datetime.fromisoformat(value.replace("Z", "+00:00"))
    except ValueError:
        raise _wrong(name, wanted) from None
    if moment.tzinfo is None:
        raise _wrong(name, wanted)
    return int(moment.timestamp() * 1000)


def _metadata(name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _wrong(name, "a JSON object")
    if len(json.dumps(value, separators=(",", ":")).encode()) > MAX_METADATA:
        raise Invalid(
            "form_param_exceeds_allowed_size", "exceeds allowed size", f"{name} must not exceed {MAX_METADATA} bytes."
        )
    return value


METADATA: Mapping[str, Check] = {
    "public_metadata": _metadata,
    "private_metadata": _metadata,
    "unsafe_metadata": _metadata,
}
_COMMON: Mapping[str, Check] = {
    "external_id": _text,
    "first_name": _text,
    "last_name": _text,
    "locale": _text,
    "username": _username,
    "password": _password,
    "password_digest": _text,
    "password_hasher": _hasher,
    "skip_password_checks": _flag,
    "delete_self_enabled": _flag,
    "create_organization_enabled": _flag,
    "create_organizations_limit": _integer,
    "legal_accepted_at": _moment,
    "skip_legal_checks": _flag,
    "created_at": _moment,
    "bypass_client_trust": _flag,
}
_ADDRESSES: Mapping[str, Check] = {
    "email_address": _emails,
    "email_address_identification_status": _states,
    "phone_number": _phones,
    "phone_number_identification_status": _states,
    "banned": _flag,
    "locked": _flag,
}
CREATE: Mapping[str, Check] = {
    **_COMMON,
    **METADATA,
    **_ADDRESSES,
    "skip_password_requirement": _flag,
    "skip_user_requirement": _flag,
}
UPDATE: Mapping[str, Check] = {
    **_COMMON,
    "primary_email_address_id": _text,
    "primary_phone_number_id": _text,
    "notify_primary_email_address_changed": _flag,
    "sign_out_of_other_sessions": _flag,
}
#: What a test may set and no call of Clerk's can.
FACTS: Mapping[str, Check] = {
    **_ADDRESSES,
    "two_factor_enabled": _flag,
    "totp_enabled": _flag,
    "backup_code_enabled": _flag,
    "image_url": _url,
    "last_sign_in_at": _integer,
    "last_active_at": _integer,
}
NOT_EMULATED: Mapping[str, str] = {
    "web3_wallet": "web3 wallets",
    "primary_web3_wallet_id": "web3 wallets",
    "totp_secret": "authenticator apps",
    "backup_codes": "backup codes",
    "profile_image_id": "uploaded pictures",
}


def checked(body: Mapping[str, Any], allowed: Mapping[str, Check]) -> dict[str, Any]:
    """Return the parameters in the form ``users`` takes. Raises Problem with an error for each that is wrong."""
    values: dict[str, Any] = {}
    errors: list[Error] = []
    for name, value in body.items():
        if name in NOT_EMULATED:
            raise not_emulated(NOT_EMULATED[name])
        if name not in allowed:
            errors.append(
                error(
                    "form_param_unknown", "is unknown", f"{name} is not a valid parameter for this request.", param=name
                )
            )
            continue
        if value is None and allowed[name] is _flag:
            continue  # null stands for "as it is", not for false
        try:
            values[name] = allowed[name](name, value)
        except Invalid as invalid:
            errors.append(error(invalid.code, invalid.message, invalid.long_message, param=name))
    if bool(values.get("password_digest")) != bool(values.get("password_hasher")):
        missing = "password_hasher" if values.get("password_digest") else "password_digest"
        errors.append(error("form_param_missing", "is missing", f"{missing} must be included.", param=missing))
    if errors:
        raise Problem(422, errors)
    return values


def check_new_user(values: Mapping[str, Any]) -> None:
    """Raise Problem when a new user would have nothing to be known by."""
    known_by = ("email_address", "phone_number", "username")
    if not values.get("skip_user_requirement") and not any(values.get(name) for name in known_by):
        raise Problem(
            422,
            [
                error(
                    "form_data_missing",
                    "missing data",
                    "A new user needs an email_address, a phone_number or a username.",
                    param="email_address",
                )
            ],
        )
