"""
Signatures that are almost right: the padding of PKCS #1 v1.5 (RFC 8017, 9.2) done wrong in every way, and signed with
the instance's own key, so that only a verifier that reads the padding strictly refuses them.
"""

from __future__ import annotations

import pytest

from tests.attacks.target import reasons
from tests.forge import HEADER, SHA256_DIGEST_INFO, digest, forge, raw_rsa, segment, sign
from tests.keys import PRIVATE_KEY
from tests.mint import claims

LENGTH = 256  #: bytes of the modulus
MODULUS = PRIVATE_KEY.public_key().public_numbers().n
OTHER_DIGEST_INFOS = {
    "md5": "3020300c06082a864886f70d020505000410",
    "sha1": "3021300906052b0e03021a05000414",
    "sha224": "302d300d06096086480165030402040500041c",
    "sha384": "3041300d060960864801650304020205000430",
    "sha512": "3051300d060960864801650304020305000440",
    "sha512_256": "3031300d060960864801650304020605000420",
    "sha3_256": "3031300d060960864801650304020805000420",
}


def padded(content: bytes, *, start: bytes = b"\0\1", fill: int = 0xFF, end: bytes = b"\0") -> bytes:
    return start + bytes([fill]) * (LENGTH - len(start) - len(end) - len(content)) + end + content


def blocks(text: str) -> dict[str, bytes]:
    """Return padded blocks for a signing input, by what is wrong with them."""
    hashed = digest(text)
    good = SHA256_DIGEST_INFO + hashed
    whole = padded(good)
    oid = bytes.fromhex("0609608648016503040201")

    def info(algorithm: bytes, value: bytes = b"\x04\x20" + hashed, *, length: bytes | None = None) -> bytes:
        inner = b"\x30" + bytes([len(algorithm)]) + algorithm + value
        return b"\x30" + (bytes([len(inner)]) if length is None else length) + inner

    wrong = {
        "block type 0": padded(good, start=b"\0\0", fill=0),
        "block type 0, filled": padded(good, start=b"\0\0"),
        "block type 2": padded(good, start=b"\0\2", fill=0xAA),
        "block type 1 for 2": padded(good, start=b"\0\2"),
        "no leading zero": padded(good, start=b"\1"),
        "no separator": padded(good, end=b""),
        "separator 1": padded(good, end=b"\1"),
        "separator ff": padded(good, end=b"\xff"),
        "two separators": padded(good, end=b"\0\0"),
        "fill fe": padded(good, fill=0xFE),
        "fill 0": padded(good, fill=0),
        "first of the fill wrong": whole[:2] + b"\xfe" + whole[3:],
        "last of the fill wrong": whole.replace(b"\xff\0\x30", b"\xfe\0\x30"),
        "zero in the fill": whole[:20] + b"\0" + whole[21:],
        "no fill, garbage behind": b"\0\1\0" + good + b"\xaa" * (LENGTH - 3 - len(good)),
        "eight of fill, garbage behind": b"\0\1" + b"\xff" * 8 + b"\0" + good + b"\xaa" * (LENGTH - 11 - len(good)),
        "eight of fill, zeros behind": b"\0\1" + b"\xff" * 8 + b"\0" + good + b"\0" * (LENGTH - 11 - len(good)),
        "one byte behind": padded(good + b"\0"),
        "garbage inside the digest info": padded(good[:19] + hashed + b"\xaa" * 16),
        "garbage between": padded(SHA256_DIGEST_INFO + b"\xaa" * 8 + hashed),
        "the hash alone": padded(hashed),
        "the hash alone, at the left": b"\0\1\0" + hashed + b"\0" * (LENGTH - 35),
        "nothing": padded(b""),
        "all fill": b"\0\1" + b"\xff" * (LENGTH - 2),
        "hash cut off": padded(SHA256_DIGEST_INFO + hashed[:31]),
        "hash too long": padded(SHA256_DIGEST_INFO + hashed + hashed[:1]),
        "hash of nothing": padded(SHA256_DIGEST_INFO + digest("")),
        "hash of the payload alone": padded(SHA256_DIGEST_INFO + digest(text.partition(".")[2])),
        "hash of another text": padded(SHA256_DIGEST_INFO + digest(text + ".")),
        "hash reversed": padded(SHA256_DIGEST_INFO + hashed[::-1]),
        "no NULL": padded(info(oid)),
        "NULL twice": padded(info(oid + b"\5\0\5\0")),
        "parameters not NULL": padded(info(oid + b"\4\0")),
        "NULL with content": padded(info(oid + b"\5\1\0")),
        "long parameters": padded(info(oid + b"\4\x20" + b"\xaa" * 32)),
        "length in the long form": padded(info(oid + b"\5\0", length=b"\x81\x31")),
        "length in the longer form": padded(info(oid + b"\5\0", length=b"\x82\x00\x31")),
        "indefinite length": padded(info(oid + b"\5\0", length=b"\x80") + b"\0\0"),
        "length too large": padded(info(oid + b"\5\0", length=b"\x32")),
        "length too small": padded(info(oid + b"\5\0", length=b"\x30")),
        "a set, not a sequence": padded(b"\x31" + good[1:]),
        "a bit string": padded(good[:17] + b"\x03\x20" + hashed),
        "constructed octet string": padded(info(oid + b"\5\0", b"\x24\x22\x04\x20" + hashed)),
        "tag in the long form": padded(info(oid + b"\5\0", b"\x1f\x04\x20" + hashed)),
        "OID with a zero before": padded(info(b"\x06\x0a\x80" + oid[2:] + b"\5\0")),
        "OID cut off": padded(info(oid[:1] + b"\x08" + oid[2:-1] + b"\5\0")),
        "digest info twice": padded(good + good),
        "the digest info as its own hash": padded(SHA256_DIGEST_INFO + digest(text)[:13] + SHA256_DIGEST_INFO),
        # One digest in 256 ends like that by itself.
        "PSS-like trailer": padded(good)[:-1] + (b"\xbc" if good[-1:] != b"\xbc" else b"\xbd"),
    }
    for name, prefix in OTHER_DIGEST_INFOS.items():
        wrong[f"{name} with its own name"] = padded(bytes.fromhex(prefix) + digest(text, name))
        wrong[f"{name} called SHA-256"] = padded(SHA256_DIGEST_INFO + digest(text, name))
        wrong[f"SHA-256 called {name}"] = padded(bytes.fromhex(prefix) + hashed)
    return wrong


def encodings(signature: bytes) -> dict[str, bytes]:
    """Return spellings of a good signature that are not its 256 bytes."""
    number = int.from_bytes(signature, "big")
    return {
        "zero before": b"\0" + signature,
        "zeros before": b"\0" * 256 + signature,
        "zero behind": signature + b"\0",
        "behind itself": signature * 2,
        "first byte off": signature[1:],
        "last byte off": signature[:-1],
        "one byte": signature[:1],
        "first bit turned": bytes([signature[0] ^ 0x80]) + signature[1:],
        "last bit turned": signature[:-1] + bytes([signature[-1] ^ 1]),
        "middle bit turned": signature[:128] + bytes([signature[128] ^ 8]) + signature[129:],
        "reversed": signature[::-1],
        "plus the modulus": (number + MODULUS).to_bytes(257, "big"),
        "plus twice the modulus": (number + 2 * MODULUS).to_bytes(257, "big"),
        "the modulus minus it": (MODULUS - number).to_bytes(256, "big"),
        "the modulus": MODULUS.to_bytes(256, "big"),
        "the modulus minus one": (MODULUS - 1).to_bytes(256, "big"),
        "the modulus plus one": (MODULUS + 1).to_bytes(256, "big"),
        "zero": b"\0" * 256,
        "one": b"\0" * 255 + b"\1",
        "two": b"\0" * 255 + b"\2",
        "the largest": b"\xff" * 256,
        "hexadecimal": signature.hex().encode(),
        "DER integer": b"\x02\x82\x01\x00" + signature,
        "DER octet string": b"\x04\x82\x01\x00" + signature,
        "PEM": b"-----BEGIN SIGNATURE-----\n" + signature,
    }


def signing_input() -> str:
    return f"{segment(HEADER)}.{segment(claims())}"


def test_the_forger_can_make_a_good_one() -> None:
    """Otherwise the attacks below would be refused for being badly made."""
    text = signing_input()
    assert raw_rsa(padded(SHA256_DIGEST_INFO + digest(text))) == sign(text)


@pytest.mark.parametrize("name", blocks("a.b"))
def test_padding(name: str) -> None:
    text = signing_input()
    block = blocks(text)[name]
    assert len(block) in (255, 256)
    assert reasons(f"{text}.{segment(raw_rsa(block))}") == {"token-invalid-signature"}


@pytest.mark.parametrize("name", encodings(sign("a.b")))
def test_encoding(name: str) -> None:
    text = signing_input()
    assert reasons(f"{text}.{segment(encodings(sign(text))[name])}") == {"token-invalid-signature"}


@pytest.mark.parametrize("part", [0, 1])
def test_the_signature_is_of_both_parts(part: int) -> None:
    parts = forge().split(".")
    parts[part] = segment({**HEADER, "x": 1} if part == 0 else claims(sub="user_admin"))
    assert reasons(".".join(parts)) == {"token-invalid-signature"}
