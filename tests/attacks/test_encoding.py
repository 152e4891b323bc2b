"""Tokens with more than one reading: base64 that is not canonical, JSON that is not strict, parts too many."""

from __future__ import annotations

import base64
import json
from typing import Any

from tests.attacks.target import Attack, reasons, table
from tests.forge import HEADER, forge, segment, sign
from tests.mint import claims, mint


def bent(part: int, change: Any) -> Attack:
    """A valid token of which one part is spelled otherwise. Where the spelling is signed, it is signed as sent."""

    def attack() -> str:
        parts = mint().split(".")
        parts[part] = change(parts[part])
        if part < 2:
            text = ".".join(parts[:2])
            parts[2] = segment(sign(text)) if text.isascii() else parts[2]
        return ".".join(parts)

    return attack


def spare_bits(text: str) -> str:
    """Return another spelling of the same bytes: the last character has bits that no byte needs."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return text[:-1] + letters[letters.index(text[-1]) ^ 1] if len(text) % 4 else text + "="


SPELLINGS: dict[str, Any] = {
    "padding": lambda text: text + "=" * (-len(text) % 4 or 1),
    "more padding": lambda text: text + "====",
    "padding in the middle": lambda text: f"{text[:8]}={text[8:]}",
    "spare bits": spare_bits,
    "a plus": lambda text: f"+{text[1:]}",
    "a slash": lambda text: f"/{text[1:]}",
    "a star": lambda text: f"{text[:4]}*{text[4:]}",
    "a line break": lambda text: f"{text[:4]}\n{text[4:]}",
    "a line break behind": lambda text: f"{text}\n",
    "CRLF": lambda text: f"{text[:64]}\r\n{text[64:]}",
    "a space": lambda text: f"{text[:4]} {text[4:]}",
    "a space before": lambda text: f" {text}",
    "a tab": lambda text: f"\t{text}",
    "NUL": lambda text: f"{text}\0",
    "percent": lambda text: f"%25{ord(text[0]):x}{text[1:]}",  # once is how cookies may be written
    "quotes": lambda text: f'"{text}"',
    "byte order mark": lambda text: f"\ufeff{text}",
    "zero width": lambda text: f"{text}\u200b",
    "fullwidth": lambda text: chr(ord(text[0]) + 0xFEE0) + text[1:],
    "surrogate": lambda text: f"{text}\ud800",
    "hexadecimal": lambda text: base64.urlsafe_b64decode(text + "==").hex(),
    "base32": lambda text: base64.b32encode(base64.urlsafe_b64decode(text + "==")).decode(),
    "encoded twice": lambda text: segment(text.encode()),
    "one character off": lambda text: text[:-1],
    "one character more": lambda text: f"{text}A",
    "empty": lambda text: "",
    "itself twice": lambda text: text + text,
    "comma": lambda text: f"{text},",
}

BENT = {f"{name} in the {('header', 'payload', 'signature')[part]}": bent(part, change)
        for name, change in SPELLINGS.items() for part in range(3)}  # fmt: skip


def json_of(text: str, **changes: Any) -> bytes:
    """Return the payload as JSON with something put before its last brace."""
    return (json.dumps(claims(**changes))[:-1] + text + "}").encode()


def signed(payload: bytes) -> Attack:
    return lambda: forge(payload=payload)


GOOD = json.dumps({**claims(), "exp": claims()["exp"] + 3600})
DOCUMENTS: dict[str, Attack] = {
    "subject twice": lambda: forge(payload=json_of(', "sub": "user_admin"')),
    "subject twice, the same": lambda: forge(payload=json_of(', "sub": "user_ada"')),
    "subject twice, escaped": lambda: forge(payload=json_of(', "\\u0073\\u0075\\u0062": "user_admin"')),
    "expiry twice": lambda: forge(payload=json_of(', "exp": 99999999999')),
    "organization twice": lambda: forge(payload=json_of(', "o": {}, "o": {"id": "org_1", "rol": "admin"}')),
    "role twice, below": lambda: forge(payload=json_of(', "o": {"id": "org_1", "rol": "member", "rol": "admin"}')),
    "unknown member twice": lambda: forge(payload=json_of(', "x": 1, "x": 1')),
    "header member twice": lambda: forge(json.dumps(HEADER)[:-1].encode() + b', "kid": "ins_tests"}'),
    "category twice": lambda: forge(b'{"cat": "cl_B7d4PD222AAA", ' + json.dumps(HEADER)[1:].encode()),
    "NaN anywhere": lambda: forge(payload=json_of(', "x": NaN')),
    "Infinity in a list": lambda: forge(payload=json_of(', "x": [1, -Infinity]')),
    "1e400 anywhere": lambda: forge(payload=json_of(', "x": 1e400')),
    "comment": lambda: forge(payload=json_of(" /* */ ")),
    "comma at the end": lambda: forge(payload=json_of(",")),
    "single quotes": signed(GOOD.replace('"', "'").encode()),
    "two documents": signed(f"{GOOD}{GOOD}".encode()),
    "garbage behind": signed(f"{GOOD}x".encode()),
    "NUL behind": signed(f"{GOOD}\0".encode()),
    "byte order mark": signed(b"\xef\xbb\xbf" + GOOD.encode()),
    "UTF-16": signed(GOOD.encode("utf-16")),
    "UTF-16 LE": signed(GOOD.encode("utf-16-le")),
    "UTF-32": signed(GOOD.encode("utf-32")),
    "UTF-7": signed(GOOD.replace("{", "+AHs-").encode()),
    "Latin-1": signed(GOOD.replace("}", ', "x": "é"}').encode("latin-1")),
    "overlong": signed(GOOD.replace("}", ', "x": "@"}').encode().replace(b"@", b"\xc1\x80")),
    "surrogates in UTF-8": signed(GOOD.replace("}", ', "x": "@"}').encode().replace(b"@", b"\xed\xa0\x80")),
    "control character": signed(GOOD.replace("}", ', "x": "\n"}').encode()),
    "list around": signed(f"[{GOOD}]".encode()),
    "text around": signed(json.dumps(GOOD).encode()),
    "a list of pairs": signed(json.dumps(list(json.loads(GOOD).items())).encode()),
    "null": signed(b"null"),
    "nothing": signed(b""),
    "1,000 levels": lambda: forge(payload=json_of(', "x": ' + "[" * 1000 + "]" * 1000)),
    "100 levels": lambda: forge(payload=json_of(', "x": ' + '{"x":' * 100 + "1" + "}" * 100)),
    "5,000 levels, unclosed": signed(b"[" * 5000),
    "5,000 levels in the header": lambda: forge(b'{"x":' * 1500 + b"1" + b"}" * 1500),
    "10,000 digits": lambda: forge(payload=json_of(f', "x": {"9" * 10_000}')),
    "10,000 digits of a fraction, large": lambda: forge(payload=json_of(f', "x": {"9" * 5_000}.{"9" * 5_000}')),
    "10,000 members": lambda: forge(payload=json_of("".join(f', "{n}": {n}' for n in range(10_000)))),
    "colliding members": lambda: forge(payload=json_of(', "x": 1' * 1_000)),
}

PARTS = ("protected", "payload", "signature")
FORMS: dict[str, Attack] = {
    "nothing": lambda: "",
    "a dot": lambda: ".",
    "two dots": lambda: "..",
    "three dots": lambda: "...",
    "two parts": lambda: mint().rpartition(".")[0],
    "four parts": lambda: f"{mint()}.AAAA",
    "five parts": lambda: f"{mint()}.AAAA.AAAA",
    "an empty part before": lambda: f".{mint()}",
    "an empty part behind": lambda: f"{mint()}.",
    "detached payload": lambda: "..".join(mint().split(".")[::2]),
    "a slash for a dot": lambda: mint().replace(".", "/"),
    "a fullwidth dot": lambda: mint().replace(".", "\uff0e"),
    "percent dots": lambda: mint().replace(".", "%2E%2E"),
    "Bearer twice": lambda: f"Bearer{mint()}",
    "quoted": lambda: f'"{mint()}"',
    "in brackets": lambda: f"<{mint()}>",
    "vertical tab before": lambda: f"\v{mint()}",
    "line break behind": lambda: f"{mint()}\n",
    "JSON serialization": lambda: json.dumps(dict(zip(PARTS, mint().split("."), strict=True))),
    "parts swapped": lambda: ".".join(mint().split(".")[i] for i in (1, 0, 2)),
    "text": lambda: "undefined",
    "null": lambda: "null",
    "a PEM": lambda: "-----BEGIN PUBLIC KEY-----",
    "a path": lambda: "../../../etc/passwd",
    "letters of many scripts": lambda: "ﷺ.𝔞.क",
    "bytes as text": lambda: "\x00\x01\x02.\x7f\x80.\xff",
}  # fmt: skip


@table(BENT)
def test_base64(attack: Attack) -> None:
    assert reasons(attack()) <= {
        "token-invalid",
        "token-invalid-signature",
        "token-type-mismatch",
        "token-invalid-algorithm",
    }


@table(DOCUMENTS)
def test_json(attack: Attack) -> None:
    # Valid JSON that is no object has no claims, and no subject; that is said after the signature.
    assert reasons(attack()) <= {"token-invalid", "token-verification-failed"}


@table(FORMS)
def test_form(attack: Attack) -> None:
    assert reasons(attack()) <= {"token-invalid", "token-invalid-algorithm"}
