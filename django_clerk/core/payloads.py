"""
What may be kept of an event: never its secrets, and once it has been applied, no person.

Both rules go by the names of members, at any depth, so that they hold for types of the future as well. What is public
or unsafe metadata is the project's own, whatever it is called in there: it is kept until the event has been applied.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .profiles import clean_json, is_user_id

_DEEPEST = 31  #: levels of arrays and objects; more, MariaDB's JSON does not take
_METADATA = frozenset({"public_metadata", "unsafe_metadata"})

#: Whoever has one of these gets in: tokens, one-time codes, and the links of invitations, which carry a ticket.
_SECRET = re.compile(
    r"(.*_)?(backup_codes|code|digest|nonce|otp|password|secret|secret_key|ticket|token)"
    r"|url|action_url|external_verification_redirect_url"
)
_TICKET = "__clerk_ticket"
#: A message says the code or the link that signs its reader in.
_MESSAGES = ("email.", "sms.")
_SAID = frozenset({"body", "body_plain", "data", "message", "subject"})

_ID_NAME = re.compile(r"(?!.*external|provider)(id|.*_id|created_by)")
_ID = re.compile(r"[a-z]{2,}(_[a-z]+)*_[A-Za-z0-9]{1,200}")
_TIME_NAME = re.compile(r".*_at|timestamp|period_start|period_end|billing_date")
_WORD_NAME = re.compile(r"object|type|status|role|key|permissions|interval|strategy|enrollment_mode")
_WORD = re.compile(r"[A-Za-z0-9_:.-]{1,100}")
_FLAG_NAME = re.compile(r"banned|locked|deleted|deprovisioned|delivered_by_clerk|is_free_trial|.*_enabled")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,60}")
#: Of people and their devices, whatever is in there.
_PERSONAL = frozenset({"actor", "event_attributes", "latest_activity", *_METADATA})
#: Of somebody whom the event is not about: who forgets that person looks for the events about them.
_BYSTANDERS = frozenset({"public_inviter_data"})


def without_secrets(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return an envelope as the database may hold it until the event has been applied: all of it but the secrets."""
    cleaned: dict[str, Any] = _drop_secrets(clean_json(payload, _DEEPEST), in_metadata=False)
    data = cleaned.get("data")
    if str(cleaned.get("type")).startswith(_MESSAGES) and isinstance(data, dict):
        cleaned["data"] = {name: member for name, member in data.items() if name not in _SAID}
    return cleaned


def redacted(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is left of an envelope where nobody shall be recognised: ids, times, roles, states and types."""
    return {
        name: kept for name, member in payload.items() if (kept := _keep_harmless(str(name), member)) not in (None, {})
    }


def without_bystanders(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return an envelope with no more than ids of whoever else is named in it than the user whom it is about."""
    kept: dict[str, Any] = _redact_bystanders(payload)
    return kept


def subject_of(data: Mapping[str, Any]) -> str:
    """Return the id of the user whom an object is, belongs to or is paid by; "" where there is none."""
    nested = [data.get("public_user_data"), data.get("payer")]
    told = [data.get("user_id"), *(member.get("user_id") for member in nested if isinstance(member, Mapping))]
    return next((value for value in [data.get("id"), *told] if is_user_id(value)), "")


def _drop_secrets(value: Any, *, in_metadata: bool) -> Any:
    if isinstance(value, list):
        return [_drop_secrets(item, in_metadata=in_metadata) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        name: _drop_secrets(member, in_metadata=in_metadata or name in _METADATA)
        for name, member in value.items()
        if name != "private_metadata" and (in_metadata or not _is_secret(name, member))
    }


def _redact_bystanders(value: Any) -> Any:
    if isinstance(value, list):
        return [_redact_bystanders(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    return {
        name: _keep_harmless(name, member) if name in _BYSTANDERS else _redact_bystanders(member)
        for name, member in value.items()
    }


def _is_secret(name: str, member: Any) -> bool:
    if isinstance(member, bool):  # whether there is one is none
        return False
    return _SECRET.fullmatch(name) is not None or (isinstance(member, str) and _TICKET in member)


def _keep_harmless(name: str, member: Any) -> Any:
    """Return what may stay of a member, or None."""
    if name in _PERSONAL or not _NAME.fullmatch(name):
        return None
    if isinstance(member, Mapping):
        return redacted(member)
    if isinstance(member, list):
        kept = [redacted(item) if isinstance(item, Mapping) else _keep_harmless(name, item) for item in member]
        return [item for item in kept if item not in (None, {})]
    return member if _is_harmless(name, member) else None


def _is_harmless(name: str, value: Any) -> bool:
    if isinstance(value, bool):
        return _FLAG_NAME.fullmatch(name) is not None
    if isinstance(value, int):
        return _TIME_NAME.fullmatch(name) is not None
    if not isinstance(value, str):
        return False
    return bool(
        (_ID_NAME.fullmatch(name) and _ID.fullmatch(value)) or (_WORD_NAME.fullmatch(name) and _WORD.fullmatch(value))
    )
