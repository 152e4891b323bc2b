from __future__ import annotations

from typing import Any

import pytest

from django_clerk.core.jwks import read_key_set
from tests.jwks import OTHER_KEY, document, jwk
from tests.keys import PRIVATE_KEY


def test_keys_are_found_by_id() -> None:
    keys = read_key_set(document(jwk("ins_1"), jwk("ins_2", OTHER_KEY)))
    assert keys == {"ins_1": PRIVATE_KEY.public_key(), "ins_2": OTHER_KEY.public_key()}


@pytest.mark.parametrize(
    "changes", [{"use": None}, {"alg": None}, {"key_ops": ["verify"]}, {"x5c": ["MIIC"]}, {"x": {}}]
)
def test_members_that_may_be_missing_or_more(changes: dict[str, Any]) -> None:
    assert list(read_key_set(document(jwk(**changes)))) == ["ins_tests"]


def test_keys_for_something_else_are_left_out() -> None:
    others = [
        {"kty": "oct", "k": "c2VjcmV0", "kid": "ins_oct"},
        {"kty": "EC", "crv": "P-256", "x": "eA", "y": "eQ", "kid": "ins_ec", "use": "sig"},
        jwk("ins_enc", use="enc"),
        jwk("ins_ps", alg="PS256"),
    ]
    assert list(read_key_set(document(*others, jwk()))) == ["ins_tests"]


def test_the_number_of_keys_is_bounded() -> None:
    assert len(read_key_set(document(*(jwk(f"ins_{number}") for number in range(64))))) == 64
    with pytest.raises(ValueError, match="no list of keys"):
        read_key_set(document(*(jwk(f"ins_{number}") for number in range(65))))
