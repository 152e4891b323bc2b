"""The forms that values of parameters have. A check returns the value as it is kept, or raises Invalid."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django_clerk.emulator.incoming import flaw, is_unicode

Check = Callable[[str, Any], Any]

MAX_METADATA = 8 * 1024  # bytes of JSON
_EMAIL = re.compile(r"[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+\.[^@\s\x00-\x1f]+")
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_USERNAME = re.compile(r"[A-Za-z0-9_-]+")
_SLUG = re.compile(r"[a-z0-9-]{1,100}")
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


def wrong(name: str, wanted: str) -> Invalid:
    return Invalid("form_param_format_invalid", "is invalid", f"{name} must be {wanted}.")


def text(name: str, value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise wrong(name, "a string or null")
    if value is not None and not is_unicode(value):
        raise wrong(name, "valid Unicode")
    return value


def flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise wrong(name, "true or false")
    return value


def url(name: str, value: Any) -> str:
    return text(name, value) or ""


def integer(name: str, value: Any) -> int | None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        raise wrong(name, "an integer or null")
    return value


def between(least: int, most: int) -> Check:
    """Return the check of an integer, or null, within bounds."""

    def check(name: str, value: Any) -> int | None:
        if integer(name, value) is not None and not least <= value <= most:
            raise wrong(name, f"an integer from {least} to {most}")
        return integer(name, value)

    return check


def or_null(check: Check) -> Check:
    """Return a check that lets null pass as well."""
    return lambda name, value: None if value is None else check(name, value)


def texts(name: str, value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise wrong(name, "a list of strings")
    return [str(text(name, item)) for item in value]


def emails(name: str, value: Any) -> list[str]:
    if not all(_EMAIL.fullmatch(item) for item in texts(name, value)):
        raise wrong(name, "a valid email address")
    return [item.lower() for item in value]


def email(name: str, value: Any) -> str:
    return emails(name, [value])[0]


def title(name: str, value: Any) -> str:
    """Return what an organization is called."""
    if not isinstance(value, str) or not 1 <= len(value.strip()) <= 256 or "<" in value or "://" in value:
        raise wrong(name, "a text of 1 to 256 characters, without HTML and URLs")
    return str(text(name, value.strip()))


def slug(name: str, value: Any) -> str | None:
    if text(name, value) and not _SLUG.fullmatch(value):
        raise wrong(name, "of lower-case letters, digits and hyphens")
    return text(name, value)


def phones(name: str, value: Any) -> list[str]:
    if not all(_PHONE.fullmatch(item) for item in texts(name, value)):
        raise wrong(name, "a valid phone number according to E.164 international standard")
    return list(value)


def states(name: str, value: Any) -> list[str]:
    if not set(texts(name, value)) <= {"verified", "reserved"}:
        raise wrong(name, 'a list of "verified" and "reserved"')
    return list(value)


def username(name: str, value: Any) -> str | None:
    if not text(name, value):
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


def password(name: str, value: Any) -> str | None:
    if text(name, value) is not None and len(value) < 8:
        raise Invalid("form_password_length_too_short", "is too short", "Passwords must be 8 characters or more.")
    return text(name, value)


def hasher(name: str, value: Any) -> str | None:
    if text(name, value) is not None and value not in _HASHERS:
        raise wrong(name, "one of the supported hashers")
    return text(name, value)


def moment(name: str, value: Any) -> int | None:
    """Return milliseconds for a date and time in RFC 3339's form."""
    if text(name, value) is None:
        return None
    wanted = "a date and time such as 2012-10-20T07:15:20.902Z"
    try:
        read = datetime.fromisoformat(value.replace("Z", "+00:00"))
    except ValueError:
        raise wrong(name, wanted) from None
    if read.tzinfo is None:
        raise wrong(name, wanted)
    return int(read.timestamp() * 1000)


def metadata(name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise wrong(name, "a JSON object")
    if wanted := flaw(value):
        raise wrong(name, wanted)
    if len(json.dumps(value, separators=(",", ":")).encode()) > MAX_METADATA:
        raise Invalid(
            "form_param_exceeds_allowed_size", "exceeds allowed size", f"{name} must not exceed {MAX_METADATA} bytes."
        )
    return value


def actor(name: str, value: Any) -> dict[str, Any]:
    """Return who acts for somebody: an object whose ``sub`` is the id of a user."""
    if not isinstance(value, dict) or not isinstance(value.get("sub"), str) or not value["sub"]:
        raise wrong(name, "an object with a sub")
    if wanted := flaw(value):
        raise wrong(name, wanted)
    return value
