"""A compact JWS (RFC 7515), taken apart strictly. Nothing in here is proof of anything."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from django_clerk.exceptions import InvalidToken

from . import base64url, strictjson

#: Characters; Clerk's tokens fit a 4 KB cookie. Checked before anything is decoded.
LONGEST_TOKEN = 16 * 1024


class UnverifiedToken(NamedTuple):
    """What a token says of itself."""

    header: Mapping[str, Any]
    payload: Mapping[str, Any]
    signing_input: bytes
    signature: bytes


def parse(token: str) -> UnverifiedToken:
    """Take a token apart. Raises InvalidToken with reason "token-invalid" unless it has exactly one reading."""
    if len(token) > LONGEST_TOKEN:
        raise InvalidToken("token-invalid", f"The token is longer than {LONGEST_TOKEN} characters.")
    if token.count(".") != 2:
        raise InvalidToken("token-invalid", "Invalid JWT form. A JWT consists of three parts separated by dots.")
    try:
        signing_input, _, signature_part = token.encode("ascii").rpartition(b".")
        header_part, _, payload_part = signing_input.partition(b".")
        header = read_header(header_part)
        payload = strictjson.loads(base64url.decode(payload_part))
        signature = base64url.decode(signature_part)
    except ValueError as error:
        raise InvalidToken(
            "token-invalid", "Invalid JWT form. The header, payload, or signature could not be decoded."
        ) from error
    if not isinstance(header, dict):
        raise InvalidToken("token-invalid", "Invalid JWT form. The header must be a JSON object.")
    # A payload that is no object has no claims; that is said after the signature, as of every other.
    return UnverifiedToken(header, payload if isinstance(payload, dict) else {}, signing_input, signature)


@lru_cache(maxsize=64)
def read_header(part: bytes) -> Any:
    """Return what the first part of a token says. Raises ValueError. An instance's tokens all have the same one."""
    return strictjson.loads(base64url.decode(part))
