from __future__ import annotations

import pytest

from django_clerk.core import base64url
from django_clerk.core.jws import LONGEST_TOKEN, parse
from django_clerk.exceptions import InvalidToken
from tests.forge import HEADER, forge
from tests.mint import claims


def test_a_token_is_taken_apart() -> None:
    token = forge(payload=claims(sub="user_ada"))
    parsed = parse(token)
    assert parsed.header == HEADER
    assert parsed.payload["sub"] == "user_ada"
    assert parsed.signing_input == token.rpartition(".")[0].encode()
    assert base64url.encode(parsed.signature) == token.rpartition(".")[2]


@pytest.mark.parametrize("token", ["", ".", "..", "a", "a.b", "a.b.c.d", "e30.e30.YQ.", ".e30.e30.YQ", "e30.e30"])
def test_the_form_is_three_parts(token: str) -> None:
    with pytest.raises(InvalidToken) as caught:
        parse(token)
    assert caught.value.reason == "token-invalid"


@pytest.mark.parametrize("part", [b"[]", b'"text"', b"1", b"null", b"true"])
def test_the_header_is_an_object_and_another_payload_has_no_claims(part: bytes) -> None:
    with pytest.raises(InvalidToken, match="must be a JSON object"):
        parse(forge(header=part))
    assert parse(forge(payload=part)).payload == {}


def test_length_is_judged_before_anything_is_decoded() -> None:
    with pytest.raises(InvalidToken, match="longer than"):
        parse("." * (LONGEST_TOKEN + 1))
    with pytest.raises(InvalidToken, match="three parts"):
        parse("." * LONGEST_TOKEN)


def test_the_message_does_not_quote_the_token() -> None:
    with pytest.raises(InvalidToken) as caught:
        parse(forge(payload=b'{"email": "ada@example.com", '))
    assert "ada" not in str(caught.value)
