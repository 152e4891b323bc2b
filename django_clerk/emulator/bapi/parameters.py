"""
Which parameters the endpoints take, and of what form.

The names and types are those of Clerk's specification of 2026-05-12, which allows no others; the error codes are
Clerk's. What the specification knows and the local Clerk cannot keep is named in ``NOT_EMULATED``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django_clerk.emulator.exchange import Error, Problem, error, not_emulated

from . import checks
from .checks import Check as Check
from .checks import Invalid

METADATA: Mapping[str, Check] = {
    "public_metadata": checks.metadata,
    "private_metadata": checks.metadata,
    "unsafe_metadata": checks.metadata,
}
_COMMON: Mapping[str, Check] = {
    "external_id": checks.text,
    "first_name": checks.text,
    "last_name": checks.text,
    "locale": checks.text,
    "username": checks.username,
    "password": checks.password,
    "password_digest": checks.text,
    "password_hasher": checks.hasher,
    "skip_password_checks": checks.flag,
    "delete_self_enabled": checks.flag,
    "create_organization_enabled": checks.flag,
    "create_organizations_limit": checks.integer,
    "legal_accepted_at": checks.moment,
    "skip_legal_checks": checks.flag,
    "created_at": checks.moment,
    "bypass_client_trust": checks.flag,
}
_ADDRESSES: Mapping[str, Check] = {
    "email_address": checks.emails,
    "email_address_identification_status": checks.states,
    "phone_number": checks.phones,
    "phone_number_identification_status": checks.states,
    "banned": checks.flag,
    "locked": checks.flag,
}
CREATE: Mapping[str, Check] = {
    **_COMMON,
    **METADATA,
    **_ADDRESSES,
    "skip_password_requirement": checks.flag,
    "skip_user_requirement": checks.flag,
}
UPDATE: Mapping[str, Check] = {
    **_COMMON,
    "primary_email_address_id": checks.text,
    "primary_phone_number_id": checks.text,
    "notify_primary_email_address_changed": checks.flag,
    "sign_out_of_other_sessions": checks.flag,
}
#: What a test may set and no call of Clerk's can.
FACTS: Mapping[str, Check] = {
    **_ADDRESSES,
    "two_factor_enabled": checks.flag,
    "totp_enabled": checks.flag,
    "backup_code_enabled": checks.flag,
    "image_url": checks.url,
    "last_sign_in_at": checks.integer,
    "last_active_at": checks.integer,
}
_SHARED_METADATA: Mapping[str, Check] = {
    "public_metadata": checks.metadata,
    "private_metadata": checks.metadata,
}
_NULL_METADATA: Mapping[str, Check] = {name: checks.or_null(check) for name, check in _SHARED_METADATA.items()}
_ORGANIZATION: Mapping[str, Check] = {
    "slug": checks.slug,
    "max_allowed_memberships": checks.between(0, 1_000_000),
    "created_at": checks.moment,
    "role_set_key": checks.text,
}
CREATE_ORGANIZATION: Mapping[str, Check] = {
    **_ORGANIZATION,
    **_NULL_METADATA,
    "name": checks.title,
    "created_by": checks.text,
}
UPDATE_ORGANIZATION: Mapping[str, Check] = {
    **_ORGANIZATION,
    "name": checks.or_null(checks.title),
    "admin_delete_enabled": checks.flag,
}
ORGANIZATION_METADATA = MEMBERSHIP_METADATA = _SHARED_METADATA
CREATE_MEMBERSHIP: Mapping[str, Check] = {**_NULL_METADATA, "user_id": checks.text, "role": checks.text}
UPDATE_MEMBERSHIP: Mapping[str, Check] = {"role": checks.text}
_INVITATION: Mapping[str, Check] = {
    "email_address": checks.email,
    "redirect_url": checks.text,
    "notify": checks.flag,
    "expires_in_days": checks.between(1, 365),
}
CREATE_INVITATION: Mapping[str, Check] = {
    **_INVITATION,
    "public_metadata": checks.metadata,
    "ignore_existing": checks.flag,
    "template_slug": checks.text,
}
CREATE_ORGANIZATION_INVITATION: Mapping[str, Check] = {
    **_INVITATION,
    **_NULL_METADATA,
    "role": checks.text,
    "inviter_user_id": checks.text,
}
REVOKE_ORGANIZATION_INVITATION: Mapping[str, Check] = {"requesting_user_id": checks.text}
CREATE_SIGN_IN_TOKEN: Mapping[str, Check] = {
    "user_id": checks.text,
    "org_id": checks.text,
    "expires_in_seconds": checks.between(1, 315_360_000),
}
CREATE_ACTOR_TOKEN: Mapping[str, Check] = {
    "user_id": checks.text,
    "actor": checks.actor,
    "expires_in_seconds": checks.between(1, 315_360_000),
    "session_max_duration_in_seconds": checks.between(1, 315_360_000),
}
NOT_EMULATED: Mapping[str, str] = {
    "web3_wallet": "web3 wallets",
    "primary_web3_wallet_id": "web3 wallets",
    "totp_secret": "authenticator apps",
    "backup_codes": "backup codes",
    "profile_image_id": "uploaded pictures",
}


def checked(body: Mapping[str, Any], allowed: Mapping[str, Check], *, required: Collection[str] = ()) -> dict[str, Any]:
    """Return the parameters in the form they are kept in. Raises Problem with an error for each that is wrong."""
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
        if value is None and allowed[name] is checks.flag:
            continue  # null stands for "as it is", not for false
        try:
            values[name] = allowed[name](name, value)
        except Invalid as invalid:
            errors.append(error(invalid.code, invalid.message, invalid.long_message, param=name))
    errors += [_missing(name) for name in required if body.get(name) in (None, "")]
    if bool(values.get("password_digest")) != bool(values.get("password_hasher")):
        missing = "password_hasher" if values.get("password_digest") else "password_digest"
        errors.append(_missing(missing))
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


def _missing(name: str) -> Error:
    return error("form_param_missing", "is missing", f"{name} must be included.", param=name)
