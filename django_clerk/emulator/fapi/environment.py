"""What Clerk's JavaScript is told of the instance before anything else: which fields, factors and pages there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django_clerk.emulator.configuration import Configuration
from django_clerk.emulator.documents import Document

from .pages import Pages

_SWITCHED_OFF = {"enabled": False}
_RESTRICTIONS = (
    "allowlist",
    "blocklist",
    "allowlist_blocklist_disabled_on_sign_in",
    "block_email_subaddresses",
    "block_disposable_email_domains",
)
#: Of the display configuration, what needs files or other services.
_NOTHING = (
    "logo_image_url",
    "favicon_image_url",
    "support_email",
    "clerk_js_version",
    "google_one_tap_client_id",
    "help_url",
    "privacy_policy_url",
    "terms_url",
    "logo_url",
    "favicon_url",
    "logo_image",
    "favicon_image",
    "captcha_public_key",
    "captcha_widget_type",
    "captcha_public_key_invisible",
    "captcha_provider",
)


def environment(configuration: Configuration, pages: Pages) -> Document:
    """Return the environment of an instance with addresses, passwords and codes, and without other services."""
    return {
        "auth_config": _auth_config(configuration),
        "display_config": _display_config(configuration, pages),
        "user_settings": _user_settings(),
        "organization_settings": {
            "enabled": configuration.organizations,
            "max_allowed_memberships": 0,
            "actions": {"admin_delete": True},
            "domains": {"enabled": False, "enrollment_modes": [], "default_role": "org:member"},
            "slug": {"disabled": False},
            "creator_role": "org:admin",
            # Not in Clerk's specification, but what its JavaScript looks for: told only where it is so.
            **({"force_organization_selection": True} if configuration.force_organization_selection else {}),
        },
        "fraud_settings": {"object": "fraud_settings", "native": {"device_attestation_mode": "disabled"}},
        "commerce_settings": {
            "billing": {
                "stripe_publishable_key": None,
                "free_trial_requires_payment_method": False,
                "user": {"enabled": False, "has_paid_plans": False},
                "organization": {"enabled": False, "has_paid_plans": False},
            }
        },
        "api_keys_settings": {"enabled": False, "user_api_keys_enabled": False, "orgs_api_keys_enabled": False},
        "protect_config": {"loaders": []},
        "client_debug_mode": False,
        "partitioned_cookies": False,
        "maintenance_mode": False,
    }


def _auth_config(configuration: Configuration) -> Document:
    return {
        "object": "auth_config",
        "id": "aconf_local",
        "first_name": "on",
        "last_name": "on",
        "email_address": "required",
        "phone_number": "off",
        "username": "on",
        "password": "required",
        "identification_requirements": [["email_address"], ["username"]],
        "identification_strategies": ["email_address", "username"],
        "first_factors": ["email_code", "password", "ticket"],
        "second_factors": [],
        "email_address_verification_strategies": ["email_code"],
        "single_session_mode": configuration.single_session_mode,
        "enhanced_email_deliverability": False,
        "test_mode": True,
        "cookieless_dev": True,
        "url_based_session_syncing": True,
        "claimed_at": None,
        "reverification": True,
        "native_settings": {
            "object": "native_settings",
            "api_enabled": False,
            "trusted_device_sign_in_enabled": False,
            "trusted_device_enrollment_prompt_after_sign_in_enabled": False,
            "trusted_device_enrollment_prompt_after_sign_up_enabled": False,
        },
    }


def _display_config(configuration: Configuration, pages: Pages) -> Document:
    return {
        "object": "display_config",
        "id": "display_config_local",
        "instance_environment_type": "development",
        "application_name": configuration.application_name,
        "theme": {},
        "preferred_sign_in_strategy": "password",
        "home_url": pages.home,
        "sign_in_url": pages.sign_in,
        "sign_up_url": pages.sign_up,
        "user_profile_url": pages.home,
        "waitlist_url": pages.sign_up,
        "oauth_consent_url": pages.home,
        "after_sign_in_url": pages.after_sign_in,
        "after_sign_up_url": pages.after_sign_up,
        "after_sign_out_one_url": pages.home,
        "after_sign_out_all_url": pages.home,
        "after_switch_session_url": pages.after_sign_in,
        "after_join_waitlist_url": pages.home,
        "organization_profile_url": pages.home,
        "create_organization_url": pages.home,
        "after_leave_organization_url": pages.home,
        "after_create_organization_url": pages.home,
        "logo_link_url": pages.home,
        "branded": False,
        "experimental_force_oauth_first": False,
        "show_devmode_warning": False,
        "captcha_oauth_bypass": [],
        "captcha_heartbeat": False,
        **dict.fromkeys(_NOTHING),
    }


def _user_settings() -> Document:
    return {
        "attributes": _attributes(),
        "social": {},
        "saml": _SWITCHED_OFF,
        "enterprise_sso": {**_SWITCHED_OFF, "self_serve_sso": False},
        "sign_in": {"second_factor": {"required": False}},
        "sign_up": {
            "captcha_enabled": False,
            "captcha_widget_type": "smart",
            "custom_action_required": False,
            "progressive": True,
            "mode": "public",
            "legal_consent_enabled": False,
        },
        "restrictions": dict.fromkeys(_RESTRICTIONS, _SWITCHED_OFF),
        "password_settings": {
            "disable_hibp": True,
            "disable_password_reverification": False,
            "min_length": 8,
            "max_length": 72,
            "require_special_char": False,
            "require_numbers": False,
            "require_uppercase": False,
            "require_lowercase": False,
            "show_zxcvbn": False,
            "min_zxcvbn_strength": 0,
            "enforce_hibp_on_sign_in": False,
            "allowed_special_characters": "!\"#$%&'()*+,-./:;<=>?@[]^_`{|}~",
        },
        "username_settings": {
            "min_length": 4,
            "max_length": 64,
            "allow_extended_special_characters": False,
            "allow_numeric_usernames": True,
        },
        "actions": {"delete_self": True, "create_organization": True, "create_organizations_limit": None},
        "attack_protection": {
            "user_lockout": {"enabled": False, "max_attempts": 100, "duration_in_minutes": 60},
            "pii": {"enabled": True},
            "email_link": {"require_same_client": False},
            "enumeration_protection": _SWITCHED_OFF,
        },
        "passkey_settings": {
            "allow_autofill": False,
            "show_sign_in_button": False,
            "satisfies_second_factor": False,
        },
    }


def _attributes() -> Document:
    off = ("phone_number", "web3_wallet", "authenticator_app", "backup_code", "passkey")
    return {
        **{name: _attribute(enabled=False) for name in off},
        "email_address": _attribute(
            required=True, first_factors=["email_code"], verifications=["email_code"], verify_at_sign_up=True
        ),
        "username": _attribute(used_for_first_factor=True),
        "first_name": _attribute(),
        "last_name": _attribute(),
        "password": _attribute(required=True),
        "ticket": _attribute(first_factors=["ticket"]),
    }


def _attribute(*, enabled: bool = True, first_factors: Sequence[str] = (), **facts: Any) -> Document:
    return {
        "enabled": enabled,
        "required": False,
        "used_for_first_factor": bool(first_factors),
        "first_factors": list(first_factors),
        "used_for_second_factor": False,
        "second_factors": [],
        "verifications": [],
        "verify_at_sign_up": False,
        "immutable": False,
        **facts,
    }
