from __future__ import annotations

import pytest

from django_clerk.core import base64url


@pytest.mark.parametrize("data", [b"", b"a", b"ab", b"abc", bytes(range(256)), b"\xff\xfe\xfd"])
def test_what_is_encoded_is_decoded(data: bytes) -> None:
    assert base64url.decode(base64url.encode(data)) == data


def test_the_alphabet_is_that_of_urls() -> None:
    assert base64url.encode(b"\xfb\xff") == "-_8"


@pytest.mark.parametrize(
    "text",
    [
        "YQ==",  # padding
        "YQ=",
        "=",
        "YR",  # spare bits that are not zero: the same byte as "YQ"
        "YWJ",
        "Y",  # no byte has six bits
        "YWJjZ",
        "-_8 ",
        " -_8",
        "-_\n8",
        "-_8\n",
        "+/8",  # the other alphabet
        "YW*j",
        "YW.j",
        "YW%3D",
        "YWÄj",
        "\N{FULLWIDTH LATIN CAPITAL LETTER Y}WJj",
        "YWJj\0",
    ],
)
def test_there_is_one_spelling(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        base64url.decode(text)
