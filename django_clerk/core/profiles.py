"""Clerk's user object, cleaned on the way in: what is valid is kept, the rest never reaches the database."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any, TypeGuard, cast

USER_ID = re.compile(r"user_[A-Za-z0-9_-]{1,200}")
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_LATEST = 253_402_128_000_000  #: two days before datetime ends, so that every time zone can show it
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_REPLACED = "\ufffd"
_EMAIL = re.compile(r"[^\s@\x00-\x1f\x7f-\x9f]+@[^\s@\x00-\x1f\x7f-\x9f]+")
_DEEPEST = 28  #: levels of metadata; MariaDB's JSON ends at 32, and the inbox has them three levels down
_LONGEST_NAME = 512  #: letters of a name in metadata; MySQL's JSON ends at 64 KB


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A Clerk user as we keep one. ``is_complete`` is False when all that is known is the id, from a session token."""

    clerk_id: str
    is_complete: bool = True
    email: str = ""  #: the primary address
    email_verified: bool = False
    username: str = ""
    first_name: str = ""
    last_name: str = ""
    image_url: str = ""
    external_id: str = ""
    public_metadata: Mapping[str, Any] = field(default_factory=dict)
    unsafe_metadata: Mapping[str, Any] = field(default_factory=dict)  #: written by the browser; decides nothing
    two_factor_enabled: bool = False
    banned: bool = False
    locked: bool = False
    last_sign_in_at: datetime | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    #: when the event occurred that told of this, or Clerk was asked; of two states of one moment the later told is kept
    told_at: datetime | None = None


def read_profile(data: object, *, told_at: datetime | None = None) -> Profile:
    """
    Read a user of the event that occurred, or of the Backend API that was asked, at ``told_at``.

    Raises ValueError without a usable id. Private metadata is not read: it is the server's secret and has no place in
    another database.
    """
    if not isinstance(data, Mapping) or not is_user_id(data.get("id")):
        raise ValueError("This is not a Clerk user: it has no id of the form user_….")
    email, verified = _primary_email(data)
    return Profile(
        clerk_id=data["id"],
        email=email,
        email_verified=verified,
        username=clean_text(data.get("username"), 255),
        first_name=clean_text(data.get("first_name"), 255),
        last_name=clean_text(data.get("last_name"), 255),
        image_url=read_image_url(data.get("image_url")),
        external_id=whole_text(data.get("external_id"), 255),
        public_metadata=read_metadata(data.get("public_metadata")),
        unsafe_metadata=read_metadata(data.get("unsafe_metadata")),
        two_factor_enabled=data.get("two_factor_enabled") is True,
        banned=data.get("banned") is True,
        locked=data.get("locked") is True,
        last_sign_in_at=read_milliseconds(data.get("last_sign_in_at")),
        created_at=read_milliseconds(data.get("created_at")),
        updated_at=read_milliseconds(data.get("updated_at")),
        told_at=told_at,
    )


def is_user_id(value: object) -> TypeGuard[str]:
    """Tell whether a value has the form of Clerk's user ids, which may be put into paths and keys."""
    return isinstance(value, str) and USER_ID.fullmatch(value) is not None


def read_path(metadata: Mapping[str, Any], path: str) -> Any:
    """Return what lies at a dotted path, or None."""
    value: Any = metadata
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def metadata_path(claim: str) -> str:
    """Return where CLERK_ROLE_CLAIM is in public metadata: without the claim that holds it, "metadata" as a rule."""
    return claim.partition(".")[2] or claim


def role_metadata(claim: str, role: str | None) -> dict[str, Any]:
    """Return what public metadata is merged with to have a role in it, or, with None, to have none."""
    merged: Any = role
    for name in reversed(metadata_path(claim).split(".")):
        merged = {name: merged}
    return cast("dict[str, Any]", merged)


def read_role(public_metadata: Mapping[str, Any], path: str) -> str:
    """Return the application role in cleaned public metadata, or ""; only a whole role, half could be another."""
    role = whole_text(read_path(public_metadata, path), 255)
    return "" if _REPLACED in role else role


def read_milliseconds(value: object) -> datetime | None:
    """Return the moment of a Clerk timestamp (milliseconds since 1970), or None for what is none."""
    if type(value) is not int or not 0 <= value <= _LATEST:
        return None
    return _EPOCH + timedelta(milliseconds=value)


def clean_text(value: object, longest: int) -> str:
    """
    Return a text that every database takes, trimmed and not too long; "" for other types.

    What none takes, NUL and half characters, is replaced and not left out: "ad\\0min" must not become "admin".
    """
    return _storable(value).strip()[:longest] if isinstance(value, str) else ""


def _storable(value: str) -> str:
    return _UNSTORABLE.sub(_REPLACED, value)


def whole_text(value: object, longest: int) -> str:
    """Return a text that names somebody: the whole of it, or nothing, since half a name is somebody else's."""
    text = clean_text(value, longest)
    return text if text == value else ""


def _primary_email(data: Mapping[str, Any]) -> tuple[str, bool]:
    addresses = data.get("email_addresses")
    wanted = data.get("primary_email_address_id")
    if not isinstance(addresses, Sequence) or not isinstance(wanted, str):
        return "", False
    for address in addresses:
        if isinstance(address, Mapping) and address.get("id") == wanted:
            email, verification = whole_text(address.get("email_address"), 254), address.get("verification")
            if not _EMAIL.fullmatch(email):
                return "", False
            return email, isinstance(verification, Mapping) and verification.get("status") == "verified"
    return "", False


def read_image_url(value: object) -> str:
    """Return the address of an image, or "" for what is none."""
    text = whole_text(value, 2048)
    return text if text.startswith(("https://", "http://", "data:image/")) else ""


def read_metadata(value: object) -> dict[str, Any]:
    """Return metadata as every database takes it; {} for other types."""
    cleaned = clean_json(value, _DEEPEST) if isinstance(value, Mapping) else {}
    return cleaned if isinstance(cleaned, dict) else {}


def clean_json(value: Any, depth: int) -> Any:
    """Return a JSON value that every database takes, with None for what lies below so many arrays and objects."""
    if isinstance(value, str):
        return _storable(value)
    if isinstance(value, float):
        return _number(value)
    if value is None or isinstance(value, (bool, int)):
        return value
    if depth == 0:
        return None
    if isinstance(value, Mapping):
        return {_storable(name): clean_json(member, depth - 1) for name, member in value.items() if _is_name(name)}
    if isinstance(value, Sequence):
        return [clean_json(item, depth - 1) for item in value]
    return None


def _number(value: float) -> float | int | None:
    """PostgreSQL gives 1e23 back with all its digits: keep what is equal to what comes back."""
    if not math.isfinite(value):
        return None
    return int(value) if abs(value) >= 2**53 else value


def _is_name(value: object) -> bool:
    return isinstance(value, str) and len(value) <= _LONGEST_NAME
