"""Base64url as RFC 7515 writes it: no padding, and one spelling for each value."""

from __future__ import annotations

import base64
import binascii

#: The decoder knows the other alphabet. What would be a letter there, and is none here, becomes none.
_TRANSLATION = bytes.maketrans(b"-_+/=", b"+/!!!")


def encode(data: bytes) -> str:
    """Return ``data`` in base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decode(text: str | bytes) -> bytes:
    """
    Return the bytes that ``text`` spells. Raises ValueError for anything but the canonical spelling.

    Python's decoder skips characters it does not know and ignores spare bits, so one signature would have many
    spellings. Encoding the result again leaves exactly one.
    """
    encoded = text.encode("ascii") if isinstance(text, str) else text  # UnicodeEncodeError is a ValueError
    padded = encoded.translate(_TRANSLATION) + b"=" * (-len(encoded) % 4)
    data = binascii.a2b_base64(padded)
    if binascii.b2a_base64(data, newline=False) != padded:
        raise ValueError("Not canonical base64url.")
    return data
